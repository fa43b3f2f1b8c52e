"""A small densely connected net: every layer sees the outputs of all before it in its block."""

from itertools import pairwise

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.nets.layers.convolution import batch_norm, conv
from loft_jax.nets.layers.pooling import max_pool_2x2

STEM, GROWTH, LAYERS, BLOCKS = 24, 16, 3, 3
WIDTHS = [STEM + GROWTH * LAYERS * k for k in range(BLOCKS + 1)]


class SmallDenseNet(nnx.Module):
    """Mean over pixels of three dense blocks, 24 to 168 channels; sides are halved before each.

    Source: Huang et al. 2017, Densely connected convolutional networks.
    """

    def __init__(self, size: int, channels: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        self.stem = conv(channels, STEM, 3, dtype=dtype, rngs=rngs)
        inputs = [k for a, b in pairwise(WIDTHS) for k in range(a, b, GROWTH)]
        self.norms = nnx.List([batch_norm(i, dtype=dtype, rngs=rngs) for i in inputs])
        self.convs = nnx.List([conv(i, GROWTH, 3, dtype=dtype, rngs=rngs) for i in inputs])
        self.last = batch_norm(WIDTHS[-1], dtype=dtype, rngs=rngs)

    @staticmethod
    def features(size: int) -> int:
        """Feature width."""
        return WIDTHS[-1]

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """Features of images with pixels in [-1, 1]."""
        x = self.stem(x)
        for k, (norm, convolve) in enumerate(zip(self.norms, self.convs, strict=True)):
            if k % LAYERS == 0:
                x = max_pool_2x2(x)
            x = jnp.concatenate([x, convolve(jax.nn.relu(norm(x)))], -1)
        return jax.nn.relu(self.last(x)).mean((1, 2))
