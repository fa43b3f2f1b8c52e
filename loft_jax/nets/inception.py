"""Inception-v3 as FID uses it: 2048 numbers a picture, with weights that the user supplies.

FID is published in features of one network, TensorFlow's Inception of 2015-12-05. That is
Inception-v3 up to the mean over pixels, with two peculiarities, implemented here: average pools
divide by the number of pixels under the window rather than by nine, and the pooled branch of the
last block takes maxima, where that of the block before it takes means. Pictures are resized and
scaled as by pytorch-fid, whose numbers these are; clean-fid and TensorFlow resize differently.

Attributes carry PyTorch's names, so that those of a weight archive follow from the tree.

Sources: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016;
Heusel et al., "GANs trained by a two time-scale update rule", NeurIPS 2017; pytorch-fid.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float, UInt8

from loft_jax.data.batches import evaluation_batches
from loft_jax.errors import InputError

SIDE = 299
FEATURES = 2048
BATCH = 32


def features(
    network: "Inception", images: UInt8[np.ndarray, "n h w ch"], batch: int = BATCH
) -> Float[np.ndarray, "n d"]:
    """The network's 2048 features of every picture, as float32.

    The network is compiled once for a size of batch, whatever the size of the pictures.

    Args:
        network: what `loft_jax.nets.inception_weights.load_inception` returns.
        images: gray (ch = 1) or RGB (3), bytes.
        batch: pictures at a time.

    Raises:
        InputError: if the pictures are of another type or shape, or batch is less than 1.
    """
    empty = images.ndim == 4 and 0 in images.shape[1:3]
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3) or empty:
        came = f"{images.dtype} {list(images.shape)}"
        msg = f"`images` must be uint8 [n h w ch] with ch 1 (gray) or 3 (RGB), got {came}"
        raise InputError(msg)
    parts = [np.empty((0, FEATURES), np.float32)]
    for indices, valid in evaluation_batches(len(images), batch):
        prepared = _prepared(jnp.asarray(images[indices]))
        parts.append(np.asarray(_features(network, prepared))[valid])
    return np.concatenate(parts)


def prepare(images: Float[Array, "b h w ch"]) -> Float[Array, "b 299 299 3"]:
    """What the network sees of images in [0, 1]: RGB, 299 x 299, in [-1, 1].

    Resized bilinearly between the four nearest pixel centres, also where that skips pixels (no
    antialiasing): PyTorch's `interpolate` with align_corners=False. Gray is repeated.
    """
    batch, _, _, channels = images.shape
    if channels == 1:
        images = jnp.repeat(images, 3, axis=3)
    shape = (batch, SIDE, SIDE, 3)
    return 2 * jax.image.resize(images, shape, "bilinear", antialias=False) - 1


def average_pool(x: Float[Array, "b h w ch"]) -> Float[Array, "b h w ch"]:
    """Mean of the 3 x 3 pixels around each pixel, of those that are in the image."""
    return nnx.avg_pool(x, (3, 3), (1, 1), "SAME", count_include_pad=False)


def max_pool(x: Float[Array, "b h w ch"]) -> Float[Array, "b h w ch"]:
    """Largest of the 3 x 3 pixels around each pixel."""
    return nnx.max_pool(x, (3, 3), (1, 1), "SAME")


def halve(x: Float[Array, "b h w ch"]) -> Float[Array, "b h2 w2 ch"]:
    """Largest value of 3 x 3 windows two pixels apart, without padding."""
    return nnx.max_pool(x, (3, 3), (2, 2), "VALID")


def _unset(key: Array, shape: tuple[int, ...], dtype: DTypeLike, **_: object) -> np.ndarray:
    """Zeros, until weights are loaded: drawing 94 kernels takes a minute to compile."""
    return np.zeros(shape, dtype)


class Unit(nnx.Module):
    """relu(batch normalisation(convolution of x)), with the stored mean and variance.

    Args:
        inputs: channels of x.
        outputs: channels returned.
        kernel: height and width.
        stride: step, along both sides.
        padding: "SAME" keeps the sides at stride 1 (odd kernels: alike on both ends), or "VALID".
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: tuple[int, int] = (1, 1),
        *,
        stride: int = 1,
        padding: str = "SAME",
    ):
        # Full float32 on every backend: a GPU or TPU would otherwise round inputs to 10 or 8 bits.
        self.conv = nnx.Conv(
            inputs,
            outputs,
            kernel,
            strides=stride,
            padding=padding,
            use_bias=False,
            precision=jax.lax.Precision.HIGHEST,
            kernel_init=_unset,
            rngs=nnx.Rngs(0),
        )
        self.bn = nnx.BatchNorm(outputs, use_running_average=True, epsilon=1e-3, rngs=nnx.Rngs(0))

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        """The unit's output."""
        return jax.nn.relu(self.bn(self.conv(x)))


class BlockA(nnx.Module):
    """1 x 1, 5 x 5, twice 3 x 3 and pooled branches of a 35 x 35 map, side by side (figure 5)."""

    def __init__(self, inputs: int, pooled: int):
        self.branch1x1 = Unit(inputs, 64)
        self.branch5x5_1 = Unit(inputs, 48)
        self.branch5x5_2 = Unit(48, 64, (5, 5))
        self.branch3x3dbl_1 = Unit(inputs, 64)
        self.branch3x3dbl_2 = Unit(64, 96, (3, 3))
        self.branch3x3dbl_3 = Unit(96, 96, (3, 3))
        self.branch_pool = Unit(inputs, pooled)

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h w o"]:
        """224 + `pooled` channels."""
        five = self.branch5x5_2(self.branch5x5_1(x))
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        pooled = self.branch_pool(average_pool(x))
        return jnp.concatenate([self.branch1x1(x), five, double, pooled], -1)


class BlockB(nnx.Module):
    """From 35 x 35 to 17 x 17: convolutions at stride 2 beside a max pool (figure 10)."""

    def __init__(self, inputs: int):
        self.branch3x3 = Unit(inputs, 384, (3, 3), stride=2, padding="VALID")
        self.branch3x3dbl_1 = Unit(inputs, 64)
        self.branch3x3dbl_2 = Unit(64, 96, (3, 3))
        self.branch3x3dbl_3 = Unit(96, 96, (3, 3), stride=2, padding="VALID")

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        """480 channels more than x has."""
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return jnp.concatenate([self.branch3x3(x), double, halve(x)], -1)


class BlockC(nnx.Module):
    """7 x 7 convolutions, each as 1 x 7 and 7 x 1, on a 17 x 17 map of 768 channels (figure 6)."""

    def __init__(self, width: int):
        row, column = (1, 7), (7, 1)
        self.branch1x1 = Unit(768, 192)
        self.branch7x7_1 = Unit(768, width)
        self.branch7x7_2 = Unit(width, width, row)
        self.branch7x7_3 = Unit(width, 192, column)
        self.branch7x7dbl_1 = Unit(768, width)
        self.branch7x7dbl_2 = Unit(width, width, column)
        self.branch7x7dbl_3 = Unit(width, width, row)
        self.branch7x7dbl_4 = Unit(width, width, column)
        self.branch7x7dbl_5 = Unit(width, 192, row)
        self.branch_pool = Unit(768, 192)

    def __call__(self, x: Float[Array, "b h w 768"]) -> Float[Array, "b h w 768"]:
        """192 channels from each of four branches."""
        seven = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        pooled = self.branch_pool(average_pool(x))
        return jnp.concatenate([self.branch1x1(x), seven, double, pooled], -1)


class BlockD(nnx.Module):
    """From 17 x 17 to 8 x 8, as block B, with a factorised 7 x 7 convolution in one branch."""

    def __init__(self):
        self.branch3x3_1 = Unit(768, 192)
        self.branch3x3_2 = Unit(192, 320, (3, 3), stride=2, padding="VALID")
        self.branch7x7x3_1 = Unit(768, 192)
        self.branch7x7x3_2 = Unit(192, 192, (1, 7))
        self.branch7x7x3_3 = Unit(192, 192, (7, 1))
        self.branch7x7x3_4 = Unit(192, 192, (3, 3), stride=2, padding="VALID")

    def __call__(self, x: Float[Array, "b h w 768"]) -> Float[Array, "b h2 w2 1280"]:
        """320, 192 and x's own 768 channels."""
        three = self.branch3x3_2(self.branch3x3_1(x))
        seven = self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x)))
        return jnp.concatenate([three, self.branch7x7x3_4(seven), halve(x)], -1)


class BlockE(nnx.Module):
    """3 x 3 convolutions as 1 x 3 beside 3 x 1, on an 8 x 8 map (figure 7).

    Args:
        inputs: channels of x.
        pool: what precedes the pooled branch's convolution.
    """

    def __init__(self, inputs: int, pool: Callable[[Array], Array]):
        row, column = (1, 3), (3, 1)
        self.pool = pool
        self.branch1x1 = Unit(inputs, 320)
        self.branch3x3_1 = Unit(inputs, 384)
        self.branch3x3_2a = Unit(384, 384, row)
        self.branch3x3_2b = Unit(384, 384, column)
        self.branch3x3dbl_1 = Unit(inputs, 448)
        self.branch3x3dbl_2 = Unit(448, 384, (3, 3))
        self.branch3x3dbl_3a = Unit(384, 384, row)
        self.branch3x3dbl_3b = Unit(384, 384, column)
        self.branch_pool = Unit(inputs, 192)

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


class Inception(nnx.Module):
    """Mean over the 8 x 8 pixels of the last block: the 2048 "pool3" features (table 1).

    Without the auxiliary and the final classifier, and in evaluation mode only.
    """

    def __init__(self):
        self.Conv2d_1a_3x3 = Unit(3, 32, (3, 3), stride=2, padding="VALID")
        self.Conv2d_2a_3x3 = Unit(32, 32, (3, 3), padding="VALID")
        self.Conv2d_2b_3x3 = Unit(32, 64, (3, 3))
        self.Conv2d_3b_1x1 = Unit(64, 80)
        self.Conv2d_4a_3x3 = Unit(80, 192, (3, 3), padding="VALID")
        self.Mixed_5b = BlockA(192, 32)
        self.Mixed_5c = BlockA(256, 64)
        self.Mixed_5d = BlockA(288, 64)
        self.Mixed_6a = BlockB(288)
        self.Mixed_6b = BlockC(128)
        self.Mixed_6c = BlockC(160)
        self.Mixed_6d = BlockC(160)
        self.Mixed_6e = BlockC(192)
        self.Mixed_7a = BlockD()
        self.Mixed_7b = BlockE(1280, average_pool)
        self.Mixed_7c = BlockE(2048, max_pool)

    def __call__(self, x: Float[Array, "b 299 299 3"]) -> Float[Array, "b 2048"]:
        """Features of what `prepare` returns."""
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(halve(x)))
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(halve(x))))
        x = self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))
        x = self.Mixed_6e(self.Mixed_6d(x))
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        return x.mean((1, 2))


@jax.jit
def _prepared(images: UInt8[Array, "b h w ch"]) -> Float[Array, "b 299 299 3"]:
    return prepare(images.astype(jnp.float32) / 255)


@jax.jit
def _features(network: Inception, x: Float[Array, "b 299 299 3"]) -> Float[Array, "b 2048"]:
    return network(x)
