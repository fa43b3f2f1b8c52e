"""Inception-v3: branches of convolutions of several forms, side by side.

Attributes carry PyTorch's names, so that those of a weight archive follow from the tree.

Source: Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision", table 1.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

FEATURES = 2048

Make = Callable[..., nnx.Module]
"""Makes a `Unit`."""
Pool = Callable[[Array], Array]
"""What precedes the convolution of a pooled branch."""


def mean_of_nine(x: Float[Array, "b h w ch"]) -> Float[Array, "b h w ch"]:
    """A ninth of the sum over the 3 x 3 pixels around each pixel, zero outside the image."""
    return nnx.avg_pool(x, (3, 3), (1, 1), "SAME")


def halve(x: Float[Array, "b h w ch"]) -> Float[Array, "b h2 w2 ch"]:
    """Largest value of 3 x 3 windows two pixels apart, without padding."""
    return nnx.max_pool(x, (3, 3), (2, 2), "VALID")


class Unit(nnx.Module):
    """relu(batch normalisation(convolution of x)).

    Args:
        inputs: channels of x.
        outputs: channels returned.
        kernel: height and width.
        stride: step, along both sides.
        padding: "SAME" keeps the sides at stride 1 (odd kernels: alike on both ends), or "VALID".
        use_running_average: whether statistics are the stored ones in training too.
        dtype: compute dtype.
        rngs: random streams for the initial weights.
        convolution: further settings of it.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: tuple[int, int] = (1, 1),
        *,
        stride: int = 1,
        padding: str = "SAME",
        use_running_average: bool = False,
        dtype: DTypeLike = jnp.float32,
        rngs: nnx.Rngs,
        **convolution: Any,
    ):
        self.conv = nnx.Conv(
            inputs,
            outputs,
            kernel,
            strides=stride,
            padding=padding,
            use_bias=False,
            dtype=dtype,
            rngs=rngs,
            **convolution,
        )
        self.bn = nnx.BatchNorm(
            outputs,
            use_running_average=use_running_average,
            momentum=0.9,
            epsilon=1e-3,
            dtype=dtype,
            rngs=rngs,
        )

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        """The unit's output."""
        return jax.nn.relu(self.bn(self.conv(x)))


class BlockA(nnx.Module):
    """1 x 1, 5 x 5, twice 3 x 3 and pooled branches of a 35 x 35 map, side by side (figure 5)."""

    def __init__(self, inputs: int, pooled: int, unit: Make, pool: Pool):
        self.pool = pool
        self.branch1x1 = unit(inputs, 64)
        self.branch5x5_1 = unit(inputs, 48)
        self.branch5x5_2 = unit(48, 64, (5, 5))
        self.branch3x3dbl_1 = unit(inputs, 64)
        self.branch3x3dbl_2 = unit(64, 96, (3, 3))
        self.branch3x3dbl_3 = unit(96, 96, (3, 3))
        self.branch_pool = unit(inputs, pooled)

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h w o"]:
        """224 + `pooled` channels."""
        five = self.branch5x5_2(self.branch5x5_1(x))
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        pooled = self.branch_pool(self.pool(x))
        return jnp.concatenate([self.branch1x1(x), five, double, pooled], -1)


class BlockB(nnx.Module):
    """From 35 x 35 to 17 x 17: convolutions at stride 2 beside a max pool (figure 10)."""

    def __init__(self, inputs: int, unit: Make):
        self.branch3x3 = unit(inputs, 384, (3, 3), stride=2, padding="VALID")
        self.branch3x3dbl_1 = unit(inputs, 64)
        self.branch3x3dbl_2 = unit(64, 96, (3, 3))
        self.branch3x3dbl_3 = unit(96, 96, (3, 3), stride=2, padding="VALID")

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        """480 channels more than x has."""
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return jnp.concatenate([self.branch3x3(x), double, halve(x)], -1)


class BlockC(nnx.Module):
    """7 x 7 convolutions, each as 1 x 7 and 7 x 1, on a 17 x 17 map of 768 channels (figure 6)."""

    def __init__(self, width: int, unit: Make, pool: Pool):
        self.pool = pool
        row, column = (1, 7), (7, 1)
        self.branch1x1 = unit(768, 192)
        self.branch7x7_1 = unit(768, width)
        self.branch7x7_2 = unit(width, width, row)
        self.branch7x7_3 = unit(width, 192, column)
        self.branch7x7dbl_1 = unit(768, width)
        self.branch7x7dbl_2 = unit(width, width, column)
        self.branch7x7dbl_3 = unit(width, width, row)
        self.branch7x7dbl_4 = unit(width, width, column)
        self.branch7x7dbl_5 = unit(width, 192, row)
        self.branch_pool = unit(768, 192)

    def __call__(self, x: Float[Array, "b h w 768"]) -> Float[Array, "b h w 768"]:
        """192 channels from each of four branches."""
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        pooled = self.branch_pool(self.pool(x))
        return jnp.concatenate([self.branch1x1(x), seven, double, pooled], -1)


class BlockD(nnx.Module):
    """From 17 x 17 to 8 x 8, as block B, with a factorised 7 x 7 convolution in one branch."""

    def __init__(self, unit: Make):
        self.branch3x3_1 = unit(768, 192)
        self.branch3x3_2 = unit(192, 320, (3, 3), stride=2, padding="VALID")
        self.branch7x7x3_1 = unit(768, 192)
        self.branch7x7x3_2 = unit(192, 192, (1, 7))
        self.branch7x7x3_3 = unit(192, 192, (7, 1))
        self.branch7x7x3_4 = unit(192, 192, (3, 3), stride=2, padding="VALID")

    def __call__(self, x: Float[Array, "b h w 768"]) -> Float[Array, "b h2 w2 1280"]:
        """320, 192 and x's own 768 channels."""
        three = self.branch3x3_2(self.branch3x3_1(x))
        seven = self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x)))
        return jnp.concatenate([three, self.branch7x7x3_4(seven), halve(x)], -1)


class BlockE(nnx.Module):
    """3 x 3 convolutions as 1 x 3 beside 3 x 1, on an 8 x 8 map (figure 7)."""

    def __init__(self, inputs: int, unit: Make, pool: Pool):
        row, column = (1, 3), (3, 1)
        self.pool = pool
        self.branch1x1 = unit(inputs, 320)
        self.branch3x3_1 = unit(inputs, 384)
        self.branch3x3_2a = unit(384, 384, row)
        self.branch3x3_2b = unit(384, 384, column)
        self.branch3x3dbl_1 = unit(inputs, 448)
        self.branch3x3dbl_2 = unit(448, 384, (3, 3))
        self.branch3x3dbl_3a = unit(384, 384, row)
        self.branch3x3dbl_3b = unit(384, 384, column)
        self.branch_pool = unit(inputs, 192)

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h w 2048"]:
        """320, twice 2 x 384, and 192 channels."""
        three = self.branch3x3_1(x)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        branches = [
            self.branch1x1(x),
            self.branch3x3_2a(three),
            self.branch3x3_2b(three),
            self.branch3x3dbl_3a(double),
            self.branch3x3dbl_3b(double),
            self.branch_pool(self.pool(x)),
        ]
        return jnp.concatenate(branches, -1)


class Branches(nnx.Module):
    """Mean over the pixels of the last block: the 2048 "pool3" features (table 1).

    Without the auxiliary and the final classifier.

    Args:
        channels: of the picture.
        unit: makes a `Unit`.
        pool: of the pooled branches.
        last: that of the last block.
    """

    def __init__(self, channels: int, unit: Make, pool: Pool, last: Pool):
        self.Conv2d_1a_3x3 = unit(channels, 32, (3, 3), stride=2, padding="VALID")
        self.Conv2d_2a_3x3 = unit(32, 32, (3, 3), padding="VALID")
        self.Conv2d_2b_3x3 = unit(32, 64, (3, 3))
        self.Conv2d_3b_1x1 = unit(64, 80)
        self.Conv2d_4a_3x3 = unit(80, 192, (3, 3), padding="VALID")
        self.Mixed_5b = BlockA(192, 32, unit, pool)
        self.Mixed_5c = BlockA(256, 64, unit, pool)
        self.Mixed_5d = BlockA(288, 64, unit, pool)
        self.Mixed_6a = BlockB(288, unit)
        self.Mixed_6b = BlockC(128, unit, pool)
        self.Mixed_6c = BlockC(160, unit, pool)
        self.Mixed_6d = BlockC(160, unit, pool)
        self.Mixed_6e = BlockC(192, unit, pool)
        self.Mixed_7a = BlockD(unit)
        self.Mixed_7b = BlockE(1280, unit, pool)
        self.Mixed_7c = BlockE(2048, unit, last)

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b 2048"]:
        """Features of images with pixels in [-1, 1]."""
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(halve(x)))
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(halve(x))))
        x = self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))
        x = self.Mixed_6e(self.Mixed_6d(x))
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        return x.mean((1, 2))


class InceptionV3(Branches):
    """The network as torchvision has it, to be trained: pools divide by nine everywhere."""

    def __init__(self, size: int, channels: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        normal = nnx.initializers.truncated_normal(0.1)
        unit = partial(Unit, kernel_init=normal, dtype=dtype, rngs=rngs)
        super().__init__(channels, unit, mean_of_nine, mean_of_nine)
