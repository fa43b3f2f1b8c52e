"""What a search varies: points, Gaussians, or the hidden picture between two synthesis blocks."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from loft_jax.attacks.parts import losses
from loft_jax.attacks.parts.projections import FREE, L1Ball, Projection
from loft_jax.attacks.parts.public import PublicFacts
from loft_jax.priors import ImagePrior

Variables = dict[str, Array]
"""What a phase varies, each [n ...]."""
Labels = Int[Array, " n"]
Keys = Key[Array, " n"]


@runtime_checkable
class Space(Protocol):
    """What is varied: points, or a distribution for each row; hashable.

    Attributes:
        draws: pictures of each row in one step.
        distribution: whether a row is a distribution, from which any number can be drawn.
    """

    distribution: ClassVar[bool]

    @property
    def draws(self) -> int:
        """See above."""
        ...

    def begin(self, prior: ImagePrior, variables: Variables, labels: Labels) -> Variables:
        """The variables before the first step, from those of the phase before."""
        ...

    def pictures(
        self,
        prior: ImagePrior,
        variables: Variables,
        labels: Labels,
        keys: Keys,
        draws: int,
    ) -> "Pictures":
        """`draws` pictures of each row; `keys` draw the noise."""
        ...

    def penalty(self, prior: ImagePrior, variables: Variables, keys: Keys) -> Float[Array, " n"]:
        """What a row costs beside its pictures."""
        ...

    def project(self, variables: Variables, centre: Variables, public: PublicFacts) -> Variables:
        """Where the rows go after a step."""
        ...


class Pictures(NamedTuple):
    """Latents and pictures of the rows, `s` of each, row by row."""

    latents: Float[Array, "m z"]
    images: Float[Array, "m h w ch"]


@dataclass(frozen=True)
class Points:
    """One latent vector a row.

    Attributes:
        projection: the set that it stays in.
        draws: 1.
        origin: the number that all its coordinates begin at; None begins at the row's candidate.
    """

    projection: Projection = FREE
    draws: int = 1
    origin: float | None = None
    distribution: ClassVar[bool] = False

    def begin(self, prior: ImagePrior, variables: Variables, labels: Labels) -> Variables:
        """The latents as they are, or all at the origin."""
        latents = variables["latents"]
        if self.origin is not None:
            latents = jnp.full_like(latents, self.origin)
        return {"latents": latents}

    def pictures(
        self,
        prior: ImagePrior,
        variables: Variables,
        labels: Labels,
        keys: Keys,
        draws: int,
    ) -> Pictures:
        """The prior's pictures."""
        return Pictures(variables["latents"], prior.decode(variables["latents"], labels))

    def penalty(self, prior: ImagePrior, variables: Variables, keys: Keys) -> Float[Array, " n"]:
        """Nothing."""
        return jnp.zeros(len(variables["latents"]))

    def project(self, variables: Variables, centre: Variables, public: PublicFacts) -> Variables:
        """Into the set."""
        return {"latents": self.projection(variables["latents"], centre["latents"], public)}


@dataclass(frozen=True)
class Gaussians:
    """A diagonal Gaussian a row, z = m + s * noise; its mean loss is estimated by `draws` samples.

    Sources: Chen et al. 2021 (KED-MI), section 3.3; Wang et al. 2021 (VMI), eq. 5.

    Attributes:
        kl: weight of KL(Gaussian || N(0, I)).
        draws: samples of each Gaussian in one step.
        log_variance: where the search begins; 0 is the prior's own law.
    """

    kl: float = 0.0
    draws: int = 1
    log_variance: float = 0.0
    distribution: ClassVar[bool] = True

    def begin(self, prior: ImagePrior, variables: Variables, labels: Labels) -> Variables:
        """Mean 0."""
        mean = jnp.zeros_like(variables["latents"])
        return {"mean": mean, "log_variance": jnp.full_like(mean, self.log_variance)}

    def pictures(
        self,
        prior: ImagePrior,
        variables: Variables,
        labels: Labels,
        keys: Keys,
        draws: int,
    ) -> Pictures:
        """Pictures of `draws` samples of each Gaussian."""
        mean, deviation = variables["mean"], jnp.exp(variables["log_variance"] / 2)
        shape = (draws, mean.shape[1])
        noise = jax.vmap(lambda key: jax.random.normal(key, shape))(keys)
        latents = (mean[:, None] + deviation[:, None] * noise).reshape(-1, mean.shape[1])
        return Pictures(latents, prior.decode(latents, jnp.repeat(labels, draws)))

    def penalty(self, prior: ImagePrior, variables: Variables, keys: Keys) -> Float[Array, " n"]:
        """The divergence from the prior's law."""
        return self.kl * losses.kl_to_normal(variables["mean"], variables["log_variance"])

    def project(self, variables: Variables, centre: Variables, public: PublicFacts) -> Variables:
        """As they are."""
        return variables


@dataclass(frozen=True)
class Hidden:
    """The picture that enters synthesis block `block`, together with the latents.

    Both stay in L1 balls around what the phase before left.

    Source: Qiu et al. 2024 (IF-GMI), section 3.3.
    """

    block: int
    reach: float
    draws: int = 1
    distribution: ClassVar[bool] = False

    def begin(self, prior: ImagePrior, variables: Variables, labels: Labels) -> Variables:
        """The blocks up to this one, applied to where the phase before stopped."""
        latents = variables["latents"]
        if "hidden" in variables:
            hidden, first = variables["hidden"], self.block - 1
        else:
            hidden, first = prior.start(latents, labels), 0
        for index in range(first, self.block):
            hidden = prior.block(index, hidden, latents, labels)
        return {"latents": latents, "hidden": hidden}

    def pictures(
        self,
        prior: ImagePrior,
        variables: Variables,
        labels: Labels,
        keys: Keys,
        draws: int,
    ) -> Pictures:
        """The remaining blocks' pictures."""
        latents, hidden = variables["latents"], variables["hidden"]
        for index in range(self.block, prior.blocks):
            hidden = prior.block(index, hidden, latents, labels)
        return Pictures(latents, prior.to_image(hidden))

    def penalty(self, prior: ImagePrior, variables: Variables, keys: Keys) -> Float[Array, " n"]:
        """Nothing."""
        return jnp.zeros(len(variables["latents"]))

    def project(self, variables: Variables, centre: Variables, public: PublicFacts) -> Variables:
        """Each into its ball."""
        ball = L1Ball(self.reach)
        return {name: ball(variables[name], centre[name], public) for name in variables}
