"""MaxViT-T: convolution, attention in windows, attention on a grid, in turn."""

from functools import partial
from typing import Literal

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.nets.layers.attention import SelfAttention
from loft_jax.nets.layers.convolution import batch_norm, conv
from loft_jax.nets.layers.linear import layer_norm, linear
from loft_jax.nets.layers.normalised import Normalised
from loft_jax.nets.layers.pooling import mean_pool_3x3_stride_2
from loft_jax.nets.layers.residual import Residual
from loft_jax.nets.layers.squeeze import SqueezeExcitation
from loft_jax.nets.layers.transformer import Transformer
from loft_jax.nets.layers.windows import whole, windows

STEM, HEAD, EXPANSION = 64, 32, 4
HALVINGS = 32
"""How much smaller the last map is than the picture: windows are as large as that map."""

gelu = partial(jax.nn.gelu, approximate=False)
# Statistics as in the paper's own code.
normalised = partial(Normalised, activation=gelu, momentum=0.99, epsilon=1e-3)


class MBConv(Residual):
    """An inverted bottleneck with its normalisation first; a pooled shortcut where it halves.

    Source: Tu et al. 2022, section 3.3 and appendix A.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        inside = EXPANSION * outputs
        made = partial(normalised, dtype=dtype, rngs=rngs)
        self.norm = batch_norm(inputs, 0.99, 1e-3, dtype=dtype, rngs=rngs)
        self.expand = made(inputs, inside, 1)
        self.depthwise = made(inside, inside, 3, stride, each=True)
        self.squeeze = SqueezeExcitation(inside, outputs // 4, dtype=dtype, rngs=rngs)
        self.project = conv(inside, outputs, 1, use_bias=True, dtype=dtype, rngs=rngs)
        if stride == 2:
            wider = conv(inputs, outputs, 1, use_bias=True, dtype=dtype, rngs=rngs)
            self.shortcut = nnx.Sequential(mean_pool_3x3_stride_2, wider)

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        """The block's output."""
        y = self.squeeze(self.depthwise(self.expand(self.norm(x))))
        return self.passed(x) + self.project(y)


class Partitioned(SelfAttention):
    """Attention among the pixels of a window, or among those of a coarse grid over the whole map.

    Products are scaled by the root of the width of all heads together, as published.

    Source: Tu et al. 2022, section 3.2.
    """

    def __init__(
        self,
        width: int,
        window: int,
        kind: Literal["window", "grid"],
        *,
        dtype: DTypeLike,
        rngs: nnx.Rngs,
    ):
        scale = width**-0.5
        super().__init__(width, width // HEAD, window=window, scale=scale, dtype=dtype, rngs=rngs)
        self.side, self.kind = window, kind

    def __call__(self, x: Float[Array, "b h w d"]) -> Float[Array, "b h w d"]:
        """What the pixels of each group make of each other."""
        height = x.shape[1]
        if self.kind == "window":
            return whole(super().__call__(windows(x, self.side)), self.side, height)
        # Windows of so many pixels that there are `side` x `side` of them; alike pixels of all.
        apart = height // self.side
        groups = jnp.swapaxes(windows(x, apart), 1, 2)
        return whole(jnp.swapaxes(super().__call__(groups), 1, 2), apart, height)


class MaxViT(nnx.Module):
    """tanh(linear(norm(mean over pixels))): as many features as the last stage has channels.

    Windows and grids have size / 32 cells a side, 7 at 224 px. Without stochastic depth.

    Source: Tu et al. 2022, "MaxViT: Multi-Axis Vision Transformer", tables 1 and 9.
    """

    def __init__(
        self,
        depths: tuple[int, ...],
        size: int,
        channels: int,
        *,
        stem: int = STEM,
        dtype: DTypeLike,
        rngs: nnx.Rngs,
    ):
        self.stem = normalised(channels, stem, 3, 2, dtype=dtype, rngs=rngs)
        self.conv = conv(stem, stem, 3, use_bias=True, dtype=dtype, rngs=rngs)
        self.depths = tuple(3 * depth for depth in depths)
        window, blocks, inputs = size // HALVINGS, [], stem
        for stage, depth in enumerate(depths):
            width = stem << stage
            for position in range(depth):
                stride = 1 if position else 2
                blocks.append(MBConv(inputs, width, stride, dtype=dtype, rngs=rngs))
                for kind in ("window", "grid"):
                    attention = Partitioned(width, window, kind, dtype=dtype, rngs=rngs)
                    blocks.append(Transformer(width, attention, dtype=dtype, rngs=rngs))
                inputs = width
        self.blocks = nnx.List(blocks)
        self.norm = layer_norm(inputs, dtype=dtype, rngs=rngs)
        self.linear = linear(inputs, inputs, dtype=dtype, rngs=rngs)

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """Features of images with pixels in [-1, 1]."""
        x = self.conv(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return jnp.tanh(self.linear(self.norm(x.mean((1, 2)))))


maxvit_t = partial(MaxViT, (2, 2, 5, 2))
