"""Squeeze and excitation: every channel is weighed by what all of them are on average."""

import jax
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.nets.layers.convolution import conv


class SqueezeExcitation(nnx.Module):
    """x sigmoid(up(silu(down(mean of x over pixels)))), a factor for each channel.

    Source: Hu et al. 2018, "Squeeze-and-Excitation Networks"; SiLU as in EfficientNet.
    """

    def __init__(self, channels: int, squeezed: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        self.down = conv(channels, squeezed, 1, use_bias=True, dtype=dtype, rngs=rngs)
        self.up = conv(squeezed, channels, 1, use_bias=True, dtype=dtype, rngs=rngs)

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b h w ch"]:
        """The map with its channels weighed."""
        mean = x.mean((1, 2), keepdims=True)
        return x * jax.nn.sigmoid(self.up(jax.nn.silu(self.down(mean))))
