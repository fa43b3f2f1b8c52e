"""IR-152: the residual net of face recognition that most papers of the field attack."""

from functools import partial

from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.nets.layers.convolution import batch_norm, conv
from loft_jax.nets.layers.prelu import PReLU
from loft_jax.nets.layers.residual import Residual

STEM, FEATURES = 64, 512


def every_second(x: Float[Array, "b h w ch"]) -> Float[Array, "b h2 w2 ch"]:
    """Every second pixel of both sides."""
    return x[:, ::2, ::2]


class Improved(Residual):
    """x + norm(conv(prelu(conv(norm(x))))): no activation behind the sum.

    Where only the size changes, the shortcut takes every second pixel.
    """

    def __init__(self, inputs: int, width: int, stride: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        self.norm1 = batch_norm(inputs, dtype=dtype, rngs=rngs)
        self.conv1 = conv(inputs, width, 3, dtype=dtype, rngs=rngs)
        self.prelu = PReLU(width)
        self.conv2 = conv(width, width, 3, stride, dtype=dtype, rngs=rngs)
        self.norm2 = batch_norm(width, dtype=dtype, rngs=rngs)
        if inputs != width:
            self.shortcut = nnx.Sequential(
                conv(inputs, width, 1, stride, dtype=dtype, rngs=rngs),
                batch_norm(width, dtype=dtype, rngs=rngs),
            )
        elif stride == 2:
            self.shortcut = nnx.Sequential(every_second)

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        """The block's output."""
        y = self.prelu(self.conv1(self.norm1(x)))
        return self.norm2(self.conv2(y)) + self.passed(x)


class IR(nnx.Module):
    """512 features: a normalised linear map of the last feature map, all of its pixels.

    Every stage halves the picture, the first as well: 4 x 4 pixels are left of 64 x 64. Without
    the dropout before the linear map.

    Source: Deng et al. 2019 (ArcFace), section 3.1; as in evoLVe's `IR_152`, whose weights the
    code of GMI, KED-MI and PLG-MI takes.
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
        self.stem = conv(channels, stem, 3, dtype=dtype, rngs=rngs)
        self.norm = batch_norm(stem, dtype=dtype, rngs=rngs)
        self.prelu = PReLU(stem)
        self.depths, blocks, inputs = depths, [], stem
        for stage, depth in enumerate(depths):
            for position in range(depth):
                stride, width = 1 if position else 2, stem << stage
                blocks.append(Improved(inputs, width, stride, dtype=dtype, rngs=rngs))
                inputs, size = width, -(-size // stride)
        self.blocks = nnx.List(blocks)
        self.last = batch_norm(inputs, dtype=dtype, rngs=rngs)
        self.linear = nnx.Linear(inputs * size * size, FEATURES, dtype=dtype, rngs=rngs)
        self.out = batch_norm(FEATURES, dtype=dtype, rngs=rngs)

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """Features of images with pixels in [-1, 1]."""
        x = self.prelu(self.norm(self.stem(x)))
        for block in self.blocks:
            x = block(x)
        x = self.last(x)
        return self.out(self.linear(x.reshape(len(x), -1)))


ir152 = partial(IR, (3, 8, 36, 3))
