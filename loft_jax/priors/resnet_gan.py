"""The class-conditional residual generator and its projection discriminator (PLG-MI)."""

from itertools import pairwise

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Int

from loft_jax.nets.layers.convolution import batch_norm
from loft_jax.priors.architecture import SMALLEST, Architecture, Judgement
from loft_jax.priors.conditional import ClassNorm
from loft_jax.priors.dcgan import to_unit
from loft_jax.priors.doubling import doubled
from loft_jax.priors.spectral import Convolution, Dense, Weight


class UpBlock(nnx.Module):
    """Twice the side: two 3 x 3 convolutions beside a 1 x 1 shortcut."""

    def __init__(self, inputs: int, outputs: int, classes: int, *, rngs: nnx.Rngs):
        self.norms = nnx.List([ClassNorm(f, classes, rngs=rngs) for f in (inputs, outputs)])
        self.first = Convolution(inputs, outputs, 3, double=True, spectral=False, rngs=rngs)
        self.second = Convolution(outputs, outputs, 3, spectral=False, rngs=rngs)
        self.shortcut = Convolution(inputs, outputs, 1, spectral=False, rngs=rngs)

    def __call__(
        self, x: Float[Array, "b h w i"], labels: Int[Array, " b"], train: bool
    ) -> Float[Array, "b h2 w2 o"]:
        """The block's output."""
        y = jax.nn.relu(self.norms[0](x, labels, train))
        y = self.first(y, train)
        y = self.second(jax.nn.relu(self.norms[1](y, labels, train)), train)
        return y + doubled(self.shortcut(x, train))  # a 1 x 1 convolution is cheaper before


class Generator(nnx.Module):
    """Latents and a class to a picture.

    Source: Miyato and Koyama 2018, cGANs with projection discriminator, as PLG-MI uses it.
    """

    def __init__(self, architecture: Architecture, *, rngs: nnx.Rngs):
        maps = [architecture.maps(SMALLEST << k) for k in range(architecture.doublings + 1)]
        self.first = Dense(
            architecture.latent_dim, SMALLEST**2 * maps[0], spectral=False, rngs=rngs
        )
        self.blocks = nnx.List(
            [UpBlock(a, b, architecture.classes, rngs=rngs) for a, b in pairwise(maps)]
        )
        self.norm = batch_norm(maps[-1], dtype=jnp.float32, rngs=rngs)
        self.last = Convolution(maps[-1], architecture.channels, 3, spectral=False, rngs=rngs)

    def __call__(
        self, latents: Float[Array, "b z"], labels: Int[Array, " b"], train: bool
    ) -> Float[Array, "b h w ch"]:
        """Pictures in [0, 1] of these classes."""
        x = self.first(latents, train).reshape(len(latents), SMALLEST, SMALLEST, -1)
        for block in self.blocks:
            x = block(x, labels, train)
        x = jax.nn.relu(self.norm(x, use_running_average=not train))
        return to_unit(self.last(x, train))


class DownBlock(nnx.Module):
    """Half the side: two 3 x 3 convolutions beside a 1 x 1 shortcut, averaged over 2 x 2."""

    def __init__(self, inputs: int, outputs: int, *, first: bool, rngs: nnx.Rngs):
        self.first = Convolution(inputs, outputs, 3, spectral=True, rngs=rngs)
        self.second = Convolution(outputs, outputs, 3, spectral=True, rngs=rngs)
        self.shortcut = Convolution(inputs, outputs, 1, spectral=True, rngs=rngs)
        self.of_pixels = first

    def __call__(self, x: Float[Array, "b h w i"], train: bool) -> Float[Array, "b h2 w2 o"]:
        """The block's output."""
        y = x if self.of_pixels else jax.nn.relu(x)
        y = self.second(jax.nn.relu(self.first(y, train)), train)
        return halved(y) + self.shortcut(halved(x), train)


class Discriminator(nnx.Module):
    """score(x, y) = linear(h(x)) + <embedding(y), h(x)>, h the sum of features over the picture.

    Source: Miyato and Koyama 2018, eq. 3.
    """

    def __init__(self, architecture: Architecture, *, rngs: nnx.Rngs):
        sides = [architecture.size >> k for k in range(1, architecture.doublings + 1)]
        maps = [architecture.channels, *(architecture.maps(side) for side in sides)]
        self.blocks = nnx.List(
            [DownBlock(a, b, first=k == 0, rngs=rngs) for k, (a, b) in enumerate(pairwise(maps))]
        )
        self.last = Dense(maps[-1], 1, spectral=True, rngs=rngs)
        self.embedding = Weight(architecture.classes, maps[-1], spectral=True, rngs=rngs)

    def __call__(
        self, images: Float[Array, "b h w ch"], labels: Int[Array, " b"], train: bool
    ) -> Judgement:
        """Judgement of pictures in [0, 1], each as one of its class."""
        x = 2 * images - 1
        for block in self.blocks:
            x = block(x, train)
        features = jax.nn.relu(x).sum((1, 2))
        projection = jnp.sum(self.embedding(train)[labels] * features, -1)
        score = self.last(features, train)[:, 0] + projection
        return Judgement(score, features[:, :0], features)


def halved(x: Float[Array, "b h w f"]) -> Float[Array, "b h2 w2 f"]:
    """Means over 2 x 2 pixels."""
    b, h, w, f = x.shape
    return x.reshape(b, h // 2, 2, w // 2, 2, f).mean((2, 4))
