"""The law of synthetic pictures as a prior: nobody can know more of them in advance."""

import dataclasses

import jax
from jaxtyping import Array, Float, Int, Key

from loft_jax.data.sources import Law
from loft_jax.data.sources.faces import face_law
from loft_jax.priors.base import ImagePrior
from loft_jax.priors.row import Prior


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class RendererPrior(ImagePrior):
    """Identity and nuisance, all N(0, 1), through the renderer of the law (faces: 96 and 8).

    The attacker knows how people look (the law) and nobody in particular: `sample` draws from the
    law, never from the people a classifier was trained on.
    """

    law: Law = dataclasses.field(metadata={"static": True})

    @property
    def offers(self) -> frozenset[str]:
        """The law of the pictures: latents tell who is shown."""
        return super().offers | {"law"}

    @property
    def size(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Side in pixels."""
        return self.law.size

    @property
    def channels(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """1 for luma, 3 for colour."""
        return self.law.channels

    @property
    def latent_dim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Identity, then nuisance."""
        return self.law.latent_dim

    def sample(self, key: Key[Array, ""], n: int) -> Float[Array, "n z"]:
        """Standard normal latents."""
        return jax.random.normal(key, (n, self.latent_dim))

    def decode(
        self, latents: Float[Array, "n z"], labels: Int[Array, " n"]
    ) -> Float[Array, "n h w ch"]:
        """The renderer's pictures."""
        return self.law.decode(latents)


def _of_faces(size: int, channels: int, seed: int) -> RendererPrior:
    return RendererPrior(face_law(size, channels, seed, "public"))


ROW = Prior("the law of the synthetic faces", load=_of_faces, cite=("loftiie",))
