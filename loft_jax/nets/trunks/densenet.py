"""DenseNet-121 and -169: every layer sees the outputs of all before it at its picture size."""

from functools import partial

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.nets.layers.convolution import batch_norm, conv
from loft_jax.nets.layers.pooling import max_pool_3x3_stride_2, mean_pool_2x2

GROWTH = 32


class DenseLayer(nnx.Module):
    """x, and beside it `growth` channels that a 1 x 1 and a 3 x 3 convolution make of it."""

    def __init__(self, inputs: int, growth: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        self.norm1 = batch_norm(inputs, dtype=dtype, rngs=rngs)
        self.conv1 = conv(inputs, 4 * growth, 1, dtype=dtype, rngs=rngs)
        self.norm2 = batch_norm(4 * growth, dtype=dtype, rngs=rngs)
        self.conv2 = conv(4 * growth, growth, 3, dtype=dtype, rngs=rngs)

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h w o"]:
        """With `growth` channels more."""
        y = self.conv1(jax.nn.relu(self.norm1(x)))
        return jnp.concatenate([x, self.conv2(jax.nn.relu(self.norm2(y)))], -1)


class Transition(nnx.Module):
    """Half the channels, then means of 2 x 2 pixels."""

    def __init__(self, inputs: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        self.norm = batch_norm(inputs, dtype=dtype, rngs=rngs)
        self.conv = conv(inputs, inputs // 2, 1, dtype=dtype, rngs=rngs)

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        """A quarter of the pixels."""
        return mean_pool_2x2(self.conv(jax.nn.relu(self.norm(x))))


class DenseNet(nnx.Module):
    """Mean over pixels of the last dense block, in the ImageNet form at every size.

    Source: Huang et al. 2017, "Densely Connected Convolutional Networks", table 1.
    """

    def __init__(
        self,
        depths: tuple[int, ...],
        size: int,
        channels: int,
        *,
        growth: int = GROWTH,
        dtype: DTypeLike,
        rngs: nnx.Rngs,
    ):
        self.depths, width = depths, 2 * growth
        self.stem = conv(channels, width, 7, 2, dtype=dtype, rngs=rngs)
        self.norm = batch_norm(width, dtype=dtype, rngs=rngs)
        blocks, transitions = [], []
        for depth in depths:
            if blocks:
                transitions.append(Transition(width, dtype=dtype, rngs=rngs))
                width //= 2
            for _ in range(depth):
                blocks.append(DenseLayer(width, growth, dtype=dtype, rngs=rngs))
                width += growth
        self.blocks, self.transitions = nnx.List(blocks), nnx.List(transitions)
        self.last = batch_norm(width, dtype=dtype, rngs=rngs)

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """Features of images with pixels in [-1, 1]."""
        x = max_pool_3x3_stride_2(jax.nn.relu(self.norm(self.stem(x))))
        blocks = iter(self.blocks)
        for stage, depth in enumerate(self.depths):
            x = self.transitions[stage - 1](x) if stage else x
            for _ in range(depth):
                x = next(blocks)(x)
        return jax.nn.relu(self.last(x)).mean((1, 2))


densenet121 = partial(DenseNet, (6, 12, 24, 16))
densenet169 = partial(DenseNet, (6, 12, 32, 32))
