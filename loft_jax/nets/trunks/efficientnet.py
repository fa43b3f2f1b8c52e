"""EfficientNet-B0, -B1 and -B2: inverted bottlenecks, scaled in depth and width together."""

import math
from functools import partial
from typing import NamedTuple

from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.nets.layers.normalised import Normalised, identity
from loft_jax.nets.layers.residual import Residual
from loft_jax.nets.layers.squeeze import SqueezeExcitation

STEM = 32


class Stage(NamedTuple):
    """A row of table 1: blocks alike but for the first, which may halve the picture."""

    expansion: int
    kernel: int
    stride: int
    width: int
    depth: int


STAGES = (
    Stage(1, 3, 1, 16, 1),
    Stage(6, 3, 2, 24, 2),
    Stage(6, 5, 2, 40, 2),
    Stage(6, 3, 2, 80, 3),
    Stage(6, 5, 1, 112, 3),
    Stage(6, 5, 2, 192, 4),
    Stage(6, 3, 1, 320, 1),
)


def rounded(width: float) -> int:
    """The multiple of 8 next to it, the one above where that is less than nine tenths of it."""
    near = max(8, int(width + 4) // 8 * 8)
    return near + 8 if near < 0.9 * width else near


class MBConv(Residual):
    """Few channels to many, each filtered by itself and weighed, to few again.

    Source: Sandler et al. 2018 (MobileNetV2); Tan et al. 2019 (MnasNet) for the weighing.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        stage: Stage,
        stride: int,
        *,
        dtype: DTypeLike,
        rngs: nnx.Rngs,
    ):
        inside = stage.expansion * inputs
        made = partial(Normalised, dtype=dtype, rngs=rngs)
        self.expand = made(inputs, inside, 1) if stage.expansion > 1 else None
        self.depthwise = made(inside, inside, stage.kernel, stride, each=True)
        self.squeeze = SqueezeExcitation(inside, max(1, inputs // 4), dtype=dtype, rngs=rngs)
        self.project = made(inside, outputs, 1, activation=identity)
        self.fits = stride == 1 and inputs == outputs

    @property
    def has_shortcut(self) -> bool:
        """Whether input and output have one shape."""
        return self.fits

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        """The block's output."""
        y = x if self.expand is None else self.expand(x)
        y = self.project(self.squeeze(self.depthwise(y)))
        return y + self.passed(x) if self.fits else y


class EfficientNet(nnx.Module):
    """Mean over pixels of 4 times as many channels as the last stage has.

    Without dropout and stochastic depth.

    Args:
        wider: factor of all widths.
        deeper: factor of all depths.
        size: image side in pixels.
        channels: 1 (gray) or 3 (colour).
        stages: rows of table 1.
        dtype: compute dtype.
        rngs: random streams for the initial weights.

    Source: Tan and Le 2019, "EfficientNet: Rethinking Model Scaling", table 1.
    """

    def __init__(
        self,
        wider: float,
        deeper: float,
        size: int,
        channels: int,
        *,
        stages: tuple[Stage, ...] = STAGES,
        dtype: DTypeLike,
        rngs: nnx.Rngs,
    ):
        width, blocks = rounded(STEM * wider), []
        self.stem = Normalised(channels, width, 3, 2, dtype=dtype, rngs=rngs)
        self.depths = tuple(math.ceil(stage.depth * deeper) for stage in stages)
        for stage, depth in zip(stages, self.depths, strict=True):
            outputs = rounded(stage.width * wider)
            for position in range(depth):
                stride = 1 if position else stage.stride
                blocks.append(MBConv(width, outputs, stage, stride, dtype=dtype, rngs=rngs))
                width = outputs
        self.blocks = nnx.List(blocks)
        self.last = Normalised(width, 4 * width, 1, dtype=dtype, rngs=rngs)

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """Features of images with pixels in [-1, 1]."""
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.last(x).mean((1, 2))


efficientnet_b0 = partial(EfficientNet, 1.0, 1.0)
efficientnet_b1 = partial(EfficientNet, 1.0, 1.1)
efficientnet_b2 = partial(EfficientNet, 1.1, 1.2)
