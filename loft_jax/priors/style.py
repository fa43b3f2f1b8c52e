"""The style-based generator: a mapping network, and blocks that each take its output (PPA)."""

import math
from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Int

from loft_jax.priors.architecture import SMALLEST, Architecture
from loft_jax.priors.dcgan import SLOPE, Discriminator, to_unit
from loft_jax.priors.doubling import doubled_convolution
from loft_jax.priors.games import HINGE, R1, WGAN_GP
from loft_jax.priors.gan import StylePrior
from loft_jax.priors.row import Fitted, Prior
from loft_jax.priors.spectral import Convolution, Dense, Weight, padded_convolution

DEPTH = 4
"""Layers of the mapping network."""
MEMORY = 0.99
"""Share of the running mean of w that one batch leaves."""
GAIN = math.sqrt(2 / (1 + SLOPE**2))
"""Keeps the variance of a leaky ReLU's output at 1."""


class Mean(nnx.Variable):
    """The running mean of w; state, not a weight."""


class Mapping(nnx.Module):
    """z on the sphere of radius sqrt(dim) to w, by fully connected layers.

    Source: Karras et al. 2019, A style-based generator architecture, section 2.
    """

    def __init__(self, inputs: int, dim: int, *, rngs: nnx.Rngs):
        widths = [inputs, *[dim] * DEPTH]
        self.layers = nnx.List(
            [Dense(a, b, spectral=False, rngs=rngs) for a, b in pairwise(widths)]
        )
        self.mean = Mean(jnp.zeros(dim))

    def __call__(self, latents: Float[Array, "b z"], train: bool) -> Float[Array, "b style"]:
        """Style w of each z; in training the running mean of w moves."""
        x = latents * jax.lax.rsqrt(jnp.mean(latents**2, -1, keepdims=True) + 1e-8)
        for layer in self.layers:
            x = jax.nn.leaky_relu(layer(x, train), SLOPE)
        if train:
            batch = jax.lax.stop_gradient(x).mean(0)
            self.mean[...] = MEMORY * self.mean[...] + (1 - MEMORY) * batch
        return x


class Modulated(nnx.Module):
    """3 x 3 convolution whose weights are scaled by the style and brought back to unit length.

    On request behind a doubling of the sides.

    y_o = sum_i s_i W_io * x_i / sqrt(sum_ik (s_i W_ik,o)^2): scaling the input and the output
    instead of the weights lets one convolution serve the whole batch.

    Source: Karras et al. 2020, Analyzing and improving StyleGAN, eq. 1-3.
    """

    def __init__(
        self, inputs: int, outputs: int, dim: int, *, double: bool = False, rngs: nnx.Rngs
    ):
        self.double = double
        self.style = Dense(dim, inputs, spectral=False, rngs=rngs)
        self.weight = Weight(3, 3, inputs, outputs, spectral=False, rngs=rngs)
        self.bias = nnx.Param(jnp.zeros(outputs))

    def __call__(
        self, x: Float[Array, "b h w i"], w: Float[Array, "b style"], train: bool
    ) -> Float[Array, "b h2 w2 o"]:
        """Activated output."""
        scale, kernel = 1 + self.style(w, train), self.weight(train)
        length = jax.lax.rsqrt(scale**2 @ jnp.sum(kernel**2, (0, 1)) + 1e-8)
        convolution = doubled_convolution if self.double else padded_convolution
        y = convolution(x * scale[:, None, None], kernel) * length[:, None, None]
        return GAIN * jax.nn.leaky_relu(y + self.bias[...][None, None, None], SLOPE)


class Block(nnx.Module):
    """Two modulated convolutions at one side, after doubling unless it is the first."""

    def __init__(self, inputs: int, outputs: int, dim: int, *, double: bool, rngs: nnx.Rngs):
        self.first = Modulated(inputs, outputs, dim, double=double, rngs=rngs)
        self.second = Modulated(outputs, outputs, dim, rngs=rngs)

    def __call__(
        self, x: Float[Array, "b h w i"], w: Float[Array, "b style"], train: bool
    ) -> Float[Array, "b h2 w2 o"]:
        """The hidden picture after this block."""
        return self.second(self.first(x, w, train), w, train)


class Generator(nnx.Module):
    """A learned 4 x 4 start, blocks up to the full size, one layer to pixels.

    Pixels come from the last block alone: blocks can then be cut apart, as a layer-by-layer search
    does (it drops the skips to pixels in StyleGAN2 too). No noise enters: decoding is a function.
    """

    def __init__(self, architecture: Architecture, *, rngs: nnx.Rngs):
        dim = architecture.latent_dim
        maps = [architecture.maps(SMALLEST << k) for k in range(architecture.doublings + 1)]
        self.mapping = Mapping(self.inputs(architecture), dim, rngs=rngs)
        shape = (SMALLEST, SMALLEST, maps[0])
        self.constant = nnx.Param(jax.random.normal(rngs.params(), shape))
        self.blocks = nnx.List(
            [
                Block(a, b, dim, double=k > 0, rngs=rngs)
                for k, (a, b) in enumerate(zip([maps[0], *maps], maps, strict=False))
            ]
        )
        self.last = Convolution(maps[-1], architecture.channels, 1, spectral=False, rngs=rngs)

    def __call__(
        self, latents: Float[Array, "b z"], labels: Int[Array, " b"], train: bool
    ) -> Float[Array, "b h w ch"]:
        """Pictures in [0, 1] of Gaussian z; labels are not used."""
        return self.synthesise(self.mapping(latents, train), train)

    @staticmethod
    def inputs(architecture: Architecture) -> int:
        """Numbers that the mapping network is given."""
        return architecture.latent_dim

    def synthesise(self, w: Float[Array, "b style"], train: bool) -> Float[Array, "b h w ch"]:
        """Pictures in [0, 1] of w."""
        x = self.start(len(w))
        for block in self.blocks:
            x = block(x, w, train)
        return self.to_image(x)

    def start(self, n: int) -> Float[Array, "n a b f"]:
        """The learned start, n times."""
        constant = self.constant[...]
        return jnp.broadcast_to(constant[None], (n, *constant.shape))

    def to_image(self, hidden: Float[Array, "n a b f"]) -> Float[Array, "n h w ch"]:
        """Pixels in [0, 1] of the last block's output."""
        return to_unit(self.last(hidden, False))


ROW = Prior(
    "style-based generator",
    "Karras et al. 2019, 2020 (for PPA, MIRROR, IF-GMI)",
    fitted=Fitted(
        Generator,
        partial(Discriminator, normalise=False),
        StylePrior,
        # Under the hinge with spectral normalisation the discriminator stays blind to this
        # generator (loss 2) and the samples draw together; R1 is also what StyleGAN2 publishes.
        {"r1": R1, "hinge": HINGE, "wgan-gp": WGAN_GP},
        latent_dim=128,
        width=32,
        steps=750,
        learning_rate=5e-4,
        lead=1,
    ),
    cite=("karras2019style", "karras2020analyzing"),
)
