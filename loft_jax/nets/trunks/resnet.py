"""ResNet-18 (also at a quarter of its width) to -152; ImageNet stem from 112 px on, 3 x 3 below."""

from functools import partial

import jax
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.nets.layers.convolution import batch_norm, conv
from loft_jax.nets.layers.pooling import max_pool_2x2, max_pool_3x3_stride_2
from loft_jax.nets.layers.residual import Residual

IMAGENET_STEM_FROM = 112
POOLED_STEM_FROM = 48


class BasicBlock(Residual):
    """relu(shortcut(x) + two 3 x 3 convolutions of x), each normalised."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        self.conv1 = conv(inputs, width, 3, stride, dtype=dtype, rngs=rngs)
        self.norm1 = batch_norm(width, dtype=dtype, rngs=rngs)
        self.conv2 = conv(width, width, 3, dtype=dtype, rngs=rngs)
        self.norm2 = batch_norm(width, dtype=dtype, rngs=rngs)
        self.shortcut = _shortcut(inputs, width, stride, dtype=dtype, rngs=rngs)

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        """The block's output."""
        y = jax.nn.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        return jax.nn.relu(y + self.passed(x))


class Bottleneck(Residual):
    """relu(shortcut(x) + 1 x 1, 3 x 3 and 1 x 1 convolutions of x), each normalised.

    The stride sits in the 3 x 3 convolution, as in torchvision ("ResNet v1.5").
    """

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        outputs = self.expansion * width
        self.conv1 = conv(inputs, width, 1, dtype=dtype, rngs=rngs)
        self.norm1 = batch_norm(width, dtype=dtype, rngs=rngs)
        self.conv2 = conv(width, width, 3, stride, dtype=dtype, rngs=rngs)
        self.norm2 = batch_norm(width, dtype=dtype, rngs=rngs)
        self.conv3 = conv(width, outputs, 1, dtype=dtype, rngs=rngs)
        self.norm3 = batch_norm(outputs, dtype=dtype, rngs=rngs)
        self.shortcut = _shortcut(inputs, outputs, stride, dtype=dtype, rngs=rngs)

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        """The block's output."""
        y = jax.nn.relu(self.norm1(self.conv1(x)))
        y = jax.nn.relu(self.norm2(self.conv2(y)))
        y = self.norm3(self.conv3(y))
        return jax.nn.relu(y + self.passed(x))


def _shortcut(
    inputs: int, outputs: int, stride: int, *, dtype: DTypeLike, rngs: nnx.Rngs
) -> nnx.Sequential | None:
    if stride == 1 and inputs == outputs:
        return None
    return nnx.Sequential(
        conv(inputs, outputs, 1, stride, dtype=dtype, rngs=rngs),
        batch_norm(outputs, dtype=dtype, rngs=rngs),
    )


def residual_stages(
    block: type[BasicBlock] | type[Bottleneck],
    depths: tuple[int, ...],
    width: int,
    *,
    dtype: DTypeLike,
    rngs: nnx.Rngs,
) -> list[BasicBlock | Bottleneck]:
    """Blocks of all stages; every stage after the first halves the image and doubles the width.

    Args:
        block: BasicBlock or Bottleneck.
        depths: number of blocks in each stage.
        width: channels of the stem, and of the first stage's 3 x 3 convolutions.
        dtype: compute dtype.
        rngs: random streams for the initial weights.
    """
    blocks, inputs = [], width
    for stage, depth in enumerate(depths):
        for position in range(depth):
            stride = 2 if stage > 0 and position == 0 else 1
            blocks.append(block(inputs, width << stage, stride, dtype=dtype, rngs=rngs))
            inputs = block.expansion * (width << stage)
    return blocks


class ResNet(nnx.Module):
    """Mean over pixels of the last residual stage: 8 `width` features, 32 with bottlenecks.

    The stem follows the image side, so that the first stage sees 8 to 64 px: from 112 px on the
    ImageNet stem (7 x 7 at stride 2, 3 x 3 max pooling at stride 2); below, a 3 x 3 convolution,
    with 2 x 2 max pooling from 48 px on.

    Source: He et al. 2016, "Deep Residual Learning for Image Recognition", table 1.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        depths: tuple[int, ...],
        size: int,
        channels: int,
        *,
        width: int = 64,
        dtype: DTypeLike,
        rngs: nnx.Rngs,
    ):
        self.imagenet_stem = size >= IMAGENET_STEM_FROM
        self.pooled_stem = POOLED_STEM_FROM <= size < IMAGENET_STEM_FROM
        kernel, stride = (7, 2) if self.imagenet_stem else (3, 1)
        self.stem = conv(channels, width, kernel, stride, dtype=dtype, rngs=rngs)
        self.norm = batch_norm(width, dtype=dtype, rngs=rngs)
        self.blocks = nnx.List(residual_stages(block, depths, width, dtype=dtype, rngs=rngs))
        self.depths = depths

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """Features of images with pixels in [-1, 1]."""
        x = jax.nn.relu(self.norm(self.stem(x)))
        if self.imagenet_stem:
            x = max_pool_3x3_stride_2(x)
        elif self.pooled_stem:
            x = max_pool_2x2(x)
        for block in self.blocks:
            x = block(x)
        return x.mean((1, 2))


resnet18_narrow = partial(ResNet, BasicBlock, (2, 2, 2, 2), width=16)
resnet18 = partial(ResNet, BasicBlock, (2, 2, 2, 2))
resnet34 = partial(ResNet, BasicBlock, (3, 4, 6, 3))
resnet50 = partial(ResNet, Bottleneck, (3, 4, 6, 3))
resnet101 = partial(ResNet, Bottleneck, (3, 4, 23, 3))
resnet152 = partial(ResNet, Bottleneck, (3, 8, 36, 3))
