"""Swin-T: attention in windows of 7 x 7 tokens that move by half a window from block to block."""

import functools
from functools import partial

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Bool, Float

from loft_jax.nets.layers.attention import SelfAttention
from loft_jax.nets.layers.linear import layer_norm, linear
from loft_jax.nets.layers.transformer import Transformer
from loft_jax.nets.layers.windows import whole, windows

PATCH, WINDOW = 4, 7


class ShiftedWindows(SelfAttention):
    """Attention among the tokens of each window.

    Maps are padded below and to the right to whole windows. Shifted windows wrap around, but tokens
    that do not lie side by side do not see each other.

    Source: Liu et al. 2021, section 3.2, figures 2 and 4.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        window: int,
        *,
        shifted: bool,
        dtype: DTypeLike,
        rngs: nnx.Rngs,
    ):
        super().__init__(width, heads, window=window, dtype=dtype, rngs=rngs)
        self.side, self.shift = window, window // 2 if shifted else 0

    def __call__(self, x: Float[Array, "b h w d"]) -> Float[Array, "b h w d"]:
        """What the tokens of each window make of each other."""
        _, height, width, _ = x.shape
        low, right = -height % self.side, -width % self.side
        x = jnp.pad(x, ((0, 0), (0, low), (0, right), (0, 0)))
        sides = x.shape[1:3]
        # A map of one window is seen whole already.
        shifts = tuple(self.shift if side > self.side else 0 for side in sides)
        x = jnp.roll(x, tuple(-shift for shift in shifts), (1, 2))
        mask = neighbours(sides, self.side, shifts) if any(shifts) else None
        x = whole(super().__call__(windows(x, self.side), mask), self.side, sides[0])
        return jnp.roll(x, shifts, (1, 2))[:, :height, :width]


@functools.cache
def neighbours(
    sides: tuple[int, ...], window: int, shifts: tuple[int, ...]
) -> Bool[np.ndarray, "g n n"]:
    """Which tokens of each window lay side by side before the map was rolled."""
    parts = [
        np.searchsorted([side - window, side - shift], np.arange(side), side="right")
        for side, shift in zip(sides, shifts, strict=True)
    ]
    part = 3 * parts[0][:, None] + parts[1]
    rows, columns = (side // window for side in sides)
    part = part.reshape(rows, window, columns, window).transpose(0, 2, 1, 3)
    part = part.reshape(rows * columns, window * window)
    return part[:, :, None] == part[:, None]


class Merging(nnx.Module):
    """2 x 2 tokens side by side become one, twice as wide; odd sides are padded."""

    def __init__(self, width: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        self.norm = layer_norm(4 * width, dtype=dtype, rngs=rngs)
        self.reduction = linear(4 * width, 2 * width, use_bias=False, dtype=dtype, rngs=rngs)

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        """A quarter of the tokens."""
        x = jnp.pad(x, ((0, 0), (0, x.shape[1] % 2), (0, x.shape[2] % 2), (0, 0)))
        four = [x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)]
        return self.reduction(self.norm(jnp.concatenate(four, -1)))


class Swin(nnx.Module):
    """Mean over the tokens of the last stage.

    Without stochastic depth.

    Source: Liu et al. 2021, "Swin Transformer", section 3.3.
    """

    def __init__(
        self,
        depths: tuple[int, ...],
        size: int,
        channels: int,
        *,
        width: int = 96,
        head: int = 32,
        window: int = WINDOW,
        dtype: DTypeLike,
        rngs: nnx.Rngs,
    ):
        self.patches = nnx.Conv(
            channels, width, (PATCH, PATCH), strides=PATCH, padding="VALID", dtype=dtype, rngs=rngs
        )
        self.norm = layer_norm(width, dtype=dtype, rngs=rngs)
        self.depths, blocks, merges = depths, [], []
        for depth in depths:
            if blocks:
                merges.append(Merging(width, dtype=dtype, rngs=rngs))
                width *= 2
            for position in range(depth):
                attention = ShiftedWindows(
                    width, width // head, window, shifted=position % 2 == 1, dtype=dtype, rngs=rngs
                )
                blocks.append(Transformer(width, attention, dtype=dtype, rngs=rngs))
        self.blocks, self.merges = nnx.List(blocks), nnx.List(merges)
        self.last = layer_norm(width, dtype=dtype, rngs=rngs)

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """Features of images with pixels in [-1, 1]."""
        x = self.norm(self.patches(x))
        blocks = iter(self.blocks)
        for stage, depth in enumerate(self.depths):
            x = self.merges[stage - 1](x) if stage else x
            for _ in range(depth):
                x = next(blocks)(x)
        return self.last(x).mean((1, 2))


swin_t = partial(Swin, (2, 2, 6, 2))
