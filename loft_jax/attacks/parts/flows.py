"""What VMI varies: a normalising flow of latents for each class."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from loft_jax.attacks.parts.public import PublicFacts
from loft_jax.attacks.parts.spaces import Pictures, Variables
from loft_jax.priors import ImagePrior


@dataclass(frozen=True)
class Flows:
    """A flow a row, z = f(u) with u ~ N(0, I); its mean loss is estimated by `draws` samples.

    f is a chain of affine couplings, between which the coordinates are permuted. The variables are
    the leaves of f's weights, by number.

    Source: Wang et al. 2021 (VMI), section 3.3 and eq. 5; couplings: Dinh et al. 2017 (RealNVP).

    Attributes:
        kl: weight of KL(flow || N(0, I)).
        draws: samples of each flow in one step.
        layers: couplings.
        width: of the hidden layer of each.
    """

    kl: float
    draws: int
    layers: int = 10
    width: int = 64
    distribution: ClassVar[bool] = True

    def begin(self, prior: ImagePrior, variables: Variables, labels: Int[Array, " n"]) -> Variables:
        """The same flow for every row, close to the prior's own law."""
        leaves = jax.tree.leaves(_split(prior.latent_dim, self.layers, self.width)[0])
        rows = len(labels)
        return {
            _name(k): jnp.tile(leaf[None], (rows, *[1] * leaf.ndim))
            for k, leaf in enumerate(leaves)
        }

    def pictures(
        self,
        prior: ImagePrior,
        variables: Variables,
        labels: Int[Array, " n"],
        keys: Key[Array, " n"],
        draws: int,
    ) -> Pictures:
        """Pictures of `draws` samples of each flow."""
        latents, _ = self._samples(variables, keys, draws, prior.latent_dim)
        latents = latents.reshape(-1, prior.latent_dim)
        return Pictures(latents, prior.decode(latents, jnp.repeat(labels, draws)))

    def penalty(
        self, prior: ImagePrior, variables: Variables, keys: Key[Array, " n"]
    ) -> Float[Array, " n"]:
        """The divergence from the prior's law, from the samples of this step.

        E[log q(z) - log N(z; 0, I)] = E[(|z|^2 - d) / 2 - log |det df/du|], as E|u|^2 = d.
        """
        latents, slopes = self._samples(variables, keys, self.draws, prior.latent_dim)
        return self.kl * (jnp.sum(latents**2 - 1, -1) / 2 - slopes).mean(1)

    def project(self, variables: Variables, centre: Variables, public: PublicFacts) -> Variables:
        """As they are."""
        return variables

    def _samples(
        self, variables: Variables, keys: Key[Array, " n"], draws: int, dim: int
    ) -> tuple[Float[Array, "n s z"], Float[Array, "n s"]]:
        """Latents of every row, and log |det df/du| at each."""
        import equinox as eqx  # here and below: a second that only this attack needs
        import paramax

        like, rest = _split(dim, self.layers, self.width)
        structure = jax.tree.structure(like)

        def of_row(leaves: list[Array], key: Key[Array, ""]) -> tuple[Array, Array]:
            flow = paramax.unwrap(eqx.combine(jax.tree.unflatten(structure, leaves), rest))
            return jax.vmap(flow.transform_and_log_det)(jax.random.normal(key, (draws, dim)))

        leaves = [variables[_name(k)] for k in range(len(variables))]
        return jax.vmap(of_row)(leaves, keys)


def _name(k: int) -> str:
    return f"leaf{k:02d}"


@lru_cache(maxsize=8)
def _split(dim: int, layers: int, width: int) -> tuple[PyTree, PyTree]:
    """A fresh flow, its weights apart from all that stays as it is (which coordinates follow)."""
    import equinox as eqx
    import paramax
    from flowjax.distributions import StandardNormal
    from flowjax.flows import coupling_flow

    # Without jit as well: the library's own checks of numbers know no third state.
    with jax.ensure_compile_time_eval(), jax.disable_jit():
        flow = coupling_flow(
            jax.random.key(0),
            base_dist=StandardNormal((dim,)),
            flow_layers=layers,
            nn_width=width,
            invert=False,  # sampling is what a search does
        ).bijection

    def is_fixed(node: object) -> bool:
        return isinstance(node, paramax.NonTrainable)

    return eqx.partition(flow, eqx.is_inexact_array, is_leaf=is_fixed)
