"""The plain generator, and the discriminator that it and the style-based generator learn from."""

import math
from itertools import pairwise

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Int

from loft_jax.nets.layers.convolution import batch_norm
from loft_jax.priors.architecture import SMALLEST, Architecture, Judgement
from loft_jax.priors.games import HINGE, WGAN_GP
from loft_jax.priors.gan import GanPrior
from loft_jax.priors.losses import knowledge_score
from loft_jax.priors.row import Fitted, Prior
from loft_jax.priors.spectral import Convolution, Dense

SLOPE = 0.2
"""Of every leaky ReLU."""


class Generator(nnx.Module):
    """Latents through a linear layer to 4 x 4, then doublings with 3 x 3 convolutions.

    Doubling repeats pixels instead of transposing a convolution, which leaves chequered pictures.

    Sources: Radford et al. 2016 (DCGAN); Odena et al. 2016, Deconvolution and checkerboards.
    """

    def __init__(self, architecture: Architecture, *, rngs: nnx.Rngs):
        maps = [architecture.maps(SMALLEST << k) for k in range(architecture.doublings + 1)]
        self.first = Dense(
            architecture.latent_dim, SMALLEST**2 * maps[0], spectral=False, rngs=rngs
        )
        self.norms = nnx.List([batch_norm(m, dtype=jnp.float32, rngs=rngs) for m in maps])
        self.convolutions = nnx.List(
            [
                Convolution(a, b, 3, double=True, spectral=False, rngs=rngs)
                for a, b in pairwise(maps)
            ]
        )
        self.last = Convolution(maps[-1], architecture.channels, 3, spectral=False, rngs=rngs)

    def __call__(
        self, latents: Float[Array, "b z"], labels: Int[Array, " b"], train: bool
    ) -> Float[Array, "b h w ch"]:
        """Pictures in [0, 1]; labels are not used."""
        x = self.first(latents, train).reshape(len(latents), SMALLEST, SMALLEST, -1)
        x = self._activated(0, x, train)
        for k, convolution in enumerate(self.convolutions, 1):
            x = self._activated(k, convolution(x, train), train)
        return to_unit(self.last(x, train))

    def _activated(self, k: int, x: Array, train: bool) -> Array:
        return jax.nn.relu(self.norms[k](x, use_running_average=not train))


class Discriminator(nnx.Module):
    """Halvings with 4 x 4 convolutions down to 4 x 4, then one linear layer.

    With classes it has one output for each: an inversion-specific discriminator (KED-MI), whose
    score is log D(x), D = Z / (Z + 1), Z the sum of the exponentials of its outputs. Without
    spectral normalisation it normalises each hidden picture by itself, as GMI's gradient penalty
    asks; that of the style-based generator normalises nothing, as in StyleGAN2.

    Sources: Miyato et al. 2018; Zhang et al. 2020 (GMI); Chen et al. 2021 (KED-MI), section 3.
    """

    def __init__(self, architecture: Architecture, *, normalise: bool = True, rngs: nnx.Rngs):
        spectral = architecture.spectral
        sides = [architecture.size >> k for k in range(1, architecture.doublings + 1)]
        maps = [architecture.channels, *(architecture.maps(side) for side in sides)]
        self.convolutions = nnx.List(
            [
                Convolution(a, b, 4, stride=2, spectral=spectral, rngs=rngs)
                for a, b in pairwise(maps)
            ]
        )
        inner = maps[2:] if normalise and not spectral else []
        self.norms = nnx.List([nnx.InstanceNorm(m, rngs=rngs) for m in inner])
        outputs = architecture.classes or 1
        self.last = Dense(SMALLEST**2 * maps[-1], outputs, spectral=spectral, rngs=rngs)
        self.classes = architecture.classes
        if self.classes:
            # D(x) = 1/2 to begin with. Zeros make Z the number of classes: D calls everything real,
            # and Adam takes thousands of updates to move the outputs down by its logarithm.
            self.last.bias[...] = jnp.full(outputs, -math.log(outputs))

    def __call__(
        self, images: Float[Array, "b h w ch"], labels: Int[Array, " b"], train: bool
    ) -> Judgement:
        """Judgement of pictures in [0, 1]; labels are not used."""
        features = self.hidden(images, train).reshape(len(images), -1)
        outputs = self.last(features, train)
        if self.classes:
            return Judgement(knowledge_score(outputs), outputs, features)
        return Judgement(outputs[:, 0], outputs[:, :0], features)

    def hidden(self, images: Float[Array, "b h w ch"], train: bool) -> Float[Array, "b 4 4 f"]:
        """What the convolutions make of pictures in [0, 1]."""
        x = 2 * images - 1
        for k, convolution in enumerate(self.convolutions):
            x = convolution(x, train)
            if k and len(self.norms):
                x = self.norms[k - 1](x)
            x = jax.nn.leaky_relu(x, SLOPE)
        return x


def to_unit(x: Float[Array, "b h w ch"]) -> Float[Array, "b h w ch"]:
    """Pixels in [0, 1] of a last layer without activation: (tanh x + 1) / 2."""
    return 0.5 * (jnp.tanh(x) + 1)


ROW = Prior(
    "plain convolutional generator",
    "Zhang et al. 2020 (GMI); Miyato et al. 2018",
    fitted=Fitted(
        Generator,
        Discriminator,
        GanPrior,
        {"hinge": HINGE, "wgan-gp": WGAN_GP},
        latent_dim=100,
        width=32,
        steps=1000,
    ),
    cite=("zhang2020secret", "miyato2018spectral"),
)
