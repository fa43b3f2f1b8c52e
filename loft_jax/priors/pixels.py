"""No prior at all: the latent vector is the picture."""

import dataclasses

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from loft_jax.priors.base import ImagePrior
from loft_jax.priors.row import Prior


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class PixelPrior(ImagePrior):
    """Pictures themselves, flattened: z = size * size * channels numbers in [0, 1].

    What keeps them looking like pictures (total variation, squared norm, the box [0, 1]) belongs to
    the attack's objective and to the projection of its search; `decode` does not clip, because a
    clipped pixel has no gradient back into the box.
    """

    size: int = dataclasses.field(metadata={"static": True})
    channels: int = dataclasses.field(metadata={"static": True})

    @property
    def offers(self) -> frozenset[str]:
        """Pixels."""
        return super().offers | {"pixels"}

    @property
    def normal_latents(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """No: pixels."""
        return False

    @property
    def latent_dim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Pixels times channels."""
        return self.size * self.size * self.channels

    def sample(self, key: Key[Array, ""], n: int) -> Float[Array, "n z"]:
        """Noise around mid-gray: normal, mean 0.5, standard deviation 0.1, cut to [0, 1]."""
        noise = jax.random.normal(key, (n, self.latent_dim))
        return jnp.clip(0.5 + 0.1 * noise, 0.0, 1.0)

    def decode(
        self, latents: Float[Array, "n z"], labels: Int[Array, " n"]
    ) -> Float[Array, "n h w ch"]:
        """The latents as pictures; in [0, 1] if they are."""
        return latents.reshape(-1, self.size, self.size, self.channels)


ROW = Prior(
    "no prior: the pictures themselves",
    load=lambda size, channels, seed: PixelPrior(size, channels),
)
