"""A trained generator, with its discriminator, as an image prior."""

import dataclasses
from typing import Any

import jax
from flax import nnx
from jaxtyping import Array, Float, Int, Key

from loft_jax.priors.architecture import Architecture
from loft_jax.priors.base import ImagePrior
from loft_jax.priors.networks import graphs, row_of


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class GanPrior(ImagePrior):
    """z ~ N(0, I) through a generator in evaluation mode.

    Attributes:
        architecture: of both networks.
        generator: weights and statistics of the generator (their moving average in training).
        discriminator: those of the discriminator.
    """

    architecture: Architecture = dataclasses.field(metadata={"static": True})
    generator: nnx.State
    discriminator: nnx.State

    @property
    def size(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Side in pixels."""
        return self.architecture.size

    @property
    def channels(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """1 for gray, 3 for colour."""
        return self.architecture.channels

    @property
    def latent_dim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Length of a latent vector."""
        return self.architecture.latent_dim

    @property
    def conditional(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether the generator is told the class."""
        return row_of(self.architecture).conditional

    def sample(self, key: Key[Array, ""], n: int) -> Float[Array, "n z"]:
        """Standard normal latents."""
        return jax.random.normal(key, (n, self.latent_dim))

    def decode(
        self, latents: Float[Array, "n z"], labels: Int[Array, " n"]
    ) -> Float[Array, "n h w ch"]:
        """The generator's pictures, of the classes in `labels` if it is conditional."""
        return self._generator()(latents, labels, train=False)

    def realness(
        self, images: Float[Array, "n h w ch"], labels: Int[Array, " n"]
    ) -> Float[Array, " n"]:
        """The discriminator's score; log D(x) where it has a class for each of the target's."""
        judge = nnx.merge(graphs(self.architecture).discriminator, self.discriminator)
        return judge(images, labels, train=False).score

    def _generator(self) -> Any:
        return nnx.merge(graphs(self.architecture).generator, self.generator)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class StylePrior(GanPrior):
    """A style-based generator seen from w: latents are outputs of its mapping network.

    Attributes:
        truncation: psi; `sample` draws mean + psi (w - mean). 1 is the generator's own law.
    """

    truncation: float = dataclasses.field(default=1.0, metadata={"static": True})

    @property
    def normal_latents(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """No: w is what the mapping network makes of a normal z."""
        return False

    @property
    def blocks(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Number of synthesis blocks."""
        return self.architecture.doublings + 1

    def sample(self, key: Key[Array, ""], n: int) -> Float[Array, "n z"]:
        """Latents w of n standard normal z, drawn together towards the mean w by `truncation`."""
        mapping = self._generator().mapping
        w = mapping(super().sample(key, n), train=False)
        mean = mapping.mean[...][None]
        return mean + self.truncation * (w - mean)

    def decode(
        self, latents: Float[Array, "n z"], labels: Int[Array, " n"]
    ) -> Float[Array, "n h w ch"]:
        """Pictures of w, the same in every block."""
        return self._generator().synthesise(latents, train=False)

    def start(
        self, latents: Float[Array, "n z"], labels: Int[Array, " n"]
    ) -> Float[Array, "n a b f"]:
        """The learned 4 x 4 start, which depends on neither."""
        return self._generator().start(len(latents))

    def block(
        self,
        index: int,
        hidden: Float[Array, "n a b f"],
        latents: Float[Array, "n z"],
        labels: Int[Array, " n"],
    ) -> Float[Array, "n a2 b2 f2"]:
        """The hidden picture after block `index`."""
        return self._generator().blocks[index](hidden, latents, train=False)

    def to_image(self, hidden: Float[Array, "n a b f"]) -> Float[Array, "n h w ch"]:
        """Pixels in [0, 1] of the last hidden picture."""
        return self._generator().to_image(hidden)


def prior_of(
    architecture: Architecture, generator: nnx.State, discriminator: nnx.State
) -> GanPrior:
    """The prior that these networks make."""
    return row_of(architecture).prior(architecture, generator, discriminator)
