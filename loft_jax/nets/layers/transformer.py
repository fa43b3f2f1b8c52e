"""The block that all vision transformers are made of; what differs is who attends to whom."""

import jax
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.nets.layers.linear import layer_norm, linear
from loft_jax.nets.layers.residual import Residual

EXPANSION = 4


class Transformer(Residual):
    """y = x + attention(norm(x)), then y + down(gelu(up(norm(y)))): two shortcuts, scaled alike.

    Args:
        width: channels of a token.
        attention: from tokens to tokens of the same shape.
        epsilon: of the normalisations.
        dtype: compute dtype.
        rngs: random streams for the initial weights.

    Source: Dosovitskiy et al. 2021, equations 2 and 3.
    """

    def __init__(
        self,
        width: int,
        attention: nnx.Module,
        epsilon: float = 1e-5,
        *,
        dtype: DTypeLike,
        rngs: nnx.Rngs,
    ):
        self.norm1 = layer_norm(width, epsilon, dtype=dtype, rngs=rngs)
        self.attention = attention
        self.norm2 = layer_norm(width, epsilon, dtype=dtype, rngs=rngs)
        self.up = linear(width, EXPANSION * width, dtype=dtype, rngs=rngs)
        self.down = linear(EXPANSION * width, width, dtype=dtype, rngs=rngs)

    def __call__(self, x: Float[Array, "b *n d"]) -> Float[Array, "b *n d"]:
        """The block's output."""
        x = self.passed(x) + self.attention(self.norm1(x))  # pyright: ignore[reportCallIssue]
        y = jax.nn.gelu(self.up(self.norm2(x)), approximate=False)
        return self.passed(x) + self.down(y)
