"""What a search varies: points, Gaussians, or the hidden picture between two synthesis blocks."""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from loft_jax.attacks.parts import losses
from loft_jax.attacks.parts.projections import FREE, L1Ball, Projection
from loft_jax.attacks.parts.public import PublicFacts
from loft_jax.priors import ImagePrior

Variables = dict[str, Array]
"""What a phase varies, each [n ...]; `latents` or, of a distribution, `mean` is always there."""

Labels = Int[Array, " n"]
Keys = Key[Array, " n"]


class Pictures(NamedTuple):
    """Latents and pictures of the rows, `s` of each, row by row."""

    latents: Float[Array, "m z"]
    images: Float[Array, "m h w ch"]


@dataclass(frozen=True)
class Points:
    """One latent vector a row."""

    projection: Projection = FREE
    draws: int = 1

    def begin(self, prior: ImagePrior, variables: Variables, labels: Labels) -> Variables:
        """The latents as they are."""
        return {"latents": variables["latents"]}

    def pictures(
        self, prior: ImagePrior, variables: Variables, labels: Labels, keys: Keys, draws: int
    ) -> Pictures:
        """The prior's pictures."""
        return Pictures(variables["latents"], prior.decode(variables["latents"], labels))

    def penalty(self, variables: Variables) -> Float[Array, " n"]:
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
    """

    kl: float = 0.0
    draws: int = 1

    def begin(self, prior: ImagePrior, variables: Variables, labels: Labels) -> Variables:
        """Mean 0 and variance 1, the prior's own law."""
        zero = jnp.zeros_like(variables["latents"])
        return {"mean": zero, "log_variance": zero}

    def pictures(
        self, prior: ImagePrior, variables: Variables, labels: Labels, keys: Keys, draws: int
    ) -> Pictures:
        """Pictures of `draws` samples of each Gaussian."""
        mean, deviation = variables["mean"], jnp.exp(variables["log_variance"] / 2)
        shape = (draws, mean.shape[1])
        noise = jax.vmap(lambda key: jax.random.normal(key, shape))(keys)
        latents = (mean[:, None] + deviation[:, None] * noise).reshape(-1, mean.shape[1])
        return Pictures(latents, prior.decode(latents, jnp.repeat(labels, draws)))

    def penalty(self, variables: Variables) -> Float[Array, " n"]:
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
        self, prior: ImagePrior, variables: Variables, labels: Labels, keys: Keys, draws: int
    ) -> Pictures:
        """The remaining blocks' pictures."""
        latents, hidden = variables["latents"], variables["hidden"]
        for index in range(self.block, prior.blocks):
            hidden = prior.block(index, hidden, latents, labels)
        return Pictures(latents, prior.to_image(hidden))

    def penalty(self, variables: Variables) -> Float[Array, " n"]:
        """Nothing."""
        return jnp.zeros(len(variables["latents"]))

    def project(self, variables: Variables, centre: Variables, public: PublicFacts) -> Variables:
        """Each into its ball."""
        ball = L1Ball(self.reach)
        return {name: ball(variables[name], centre[name], public) for name in variables}


Space = Points | Gaussians | Hidden
"""What is varied: `begin`, `pictures`, `penalty`, `project`; `draws` pictures a step."""
