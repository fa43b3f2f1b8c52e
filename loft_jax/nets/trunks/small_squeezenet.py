"""A small net of fire modules: few channels are squeezed through, then seen at two sizes."""

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.nets.layers.convolution import batch_norm, conv
from loft_jax.nets.layers.pooling import max_pool_2x2

STEM = 32
EXPANDED = (64, 64, 96, 96, 128, 128)
POOL_BEFORE = (0, 2, 4)


class Fire(nnx.Module):
    """A quarter of the outputs by 1 x 1, then half of them by 1 x 1 and half by 3 x 3."""

    def __init__(self, inputs: int, outputs: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        few, half = outputs // 4, outputs // 2
        self.squeeze = conv(inputs, few, 1, dtype=dtype, rngs=rngs)
        self.small = conv(few, half, 1, dtype=dtype, rngs=rngs)
        self.large = conv(few, half, 3, dtype=dtype, rngs=rngs)
        self.norms = nnx.List([batch_norm(k, dtype=dtype, rngs=rngs) for k in (few, outputs)])

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h w o"]:
        """The module's output."""
        x = jax.nn.relu(self.norms[0](self.squeeze(x)))
        return jax.nn.relu(self.norms[1](jnp.concatenate([self.small(x), self.large(x)], -1)))


class SmallSqueezeNet(nnx.Module):
    """Mean over pixels of six fire modules, 64 to 128 channels; sides are halved before each pair.

    Source: Iandola et al. 2016, SqueezeNet; batch normalisation is ours.
    """

    def __init__(self, size: int, channels: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        self.stem = conv(channels, STEM, 3, dtype=dtype, rngs=rngs)
        inputs = (STEM, *EXPANDED[:-1])
        self.fires = nnx.List(
            [Fire(i, o, dtype=dtype, rngs=rngs) for i, o in zip(inputs, EXPANDED, strict=True)]
        )

    @staticmethod
    def features(size: int) -> int:
        """Feature width."""
        return EXPANDED[-1]

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """Features of images with pixels in [-1, 1]."""
        x = jax.nn.relu(self.stem(x))
        for k, fire in enumerate(self.fires):
            x = fire(max_pool_2x2(x) if k in POOL_BEFORE else x)
        return x.mean((1, 2))
