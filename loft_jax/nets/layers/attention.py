"""Self-attention among groups of tokens: all of a picture, or those of a window."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Bool, Float, Int

from loft_jax.nets.layers.linear import WEIGHTS, linear


class SelfAttention(nnx.Module):
    """In each group out(sum_j a_ij v_j), a_i = softmax_j(scale q_i . k_j + bias_ij), by heads.

    Args:
        width: d, channels of a token.
        heads: how many.
        window: the tokens of a group are the pixels of a square of this side, and for each way in
            which two of them lie to each other a bias is learnt; None learns none.
        scale: of products; None is (width / heads)^(-1/2).
        dtype: compute dtype.
        rngs: random streams for the initial weights.

    Source: Vaswani et al. 2017, section 3.2; the bias: Liu et al. 2021 (Swin), equation 4.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        *,
        window: int | None = None,
        scale: float | None = None,
        dtype: DTypeLike,
        rngs: nnx.Rngs,
    ):
        self.qkv = linear(width, 3 * width, dtype=dtype, rngs=rngs)
        self.out = linear(width, width, dtype=dtype, rngs=rngs)
        self.heads, self.window = heads, window
        self.scale = (width // heads) ** -0.5 if scale is None else scale
        if window is not None:
            ways = (2 * window - 1) ** 2
            self.bias = nnx.Param(WEIGHTS(rngs.params(), (ways, heads), jnp.float32))

    def __call__(
        self, x: Float[Array, "b g n d"], mask: Bool[np.ndarray, "g n n"] | None = None
    ) -> Float[Array, "b g n d"]:
        """What the tokens of each group make of each other.

        Args:
            x: groups of tokens.
            mask: which tokens (last axis) a token looks at, where not at all.
        """
        qkv = self.qkv(x).reshape(*x.shape[:3], 3, self.heads, -1)
        bias = None if self.window is None else self._biases(self.window)
        seen = None if mask is None else jnp.asarray(mask)[:, None]
        attend = functools.partial(jax.nn.dot_product_attention, scale=self.scale)
        attend = jax.vmap(attend, (0, 0, 0, None, None))
        mixed = attend(qkv[:, :, :, 0], qkv[:, :, :, 1], qkv[:, :, :, 2], bias, seen)
        return self.out(mixed.reshape(x.shape))

    def _biases(self, window: int) -> Float[Array, "1 heads n n"]:
        return self.bias[...][relative_positions(window)].transpose(2, 0, 1)[None]


@functools.cache
def relative_positions(window: int) -> Int[np.ndarray, "n n"]:
    """Number of the way in which pixel j of a square lies to pixel i: (2 w - 1) rows + columns."""
    row, column = np.divmod(np.arange(window**2), window)
    rows = row[:, None] - row + window - 1
    return rows * (2 * window - 1) + column[:, None] - column + window - 1
