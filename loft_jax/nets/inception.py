"""Inception-v3 as FID uses it: 2048 numbers a picture, with weights that the user supplies.

FID is published in features of one network, TensorFlow's Inception of 2015-12-05. That is
Inception-v3 up to the mean over pixels, with two peculiarities, implemented here: average pools
divide by the number of pixels under the window rather than by nine, and the pooled branch of the
last block takes maxima, where that of the block before it takes means. Pictures are resized and
scaled as by pytorch-fid, whose numbers these are; clean-fid and TensorFlow resize differently.

Sources: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016;
Heusel et al., "GANs trained by a two time-scale update rule", NeurIPS 2017; pytorch-fid.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float, UInt8

from loft_jax.data.batches import evaluation_batches
from loft_jax.errors import InputError
from loft_jax.nets.trunks.inception import FEATURES, Branches, Unit

SIDE = 299
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


def _unset(key: Array, shape: tuple[int, ...], dtype: DTypeLike, **_: object) -> np.ndarray:
    """Zeros, until weights are loaded: drawing 94 kernels takes a minute to compile."""
    return np.zeros(shape, dtype)


class Inception(Branches):
    """The 2048 features of FID, in evaluation mode only."""

    def __init__(self):
        # Full float32 on every backend: a GPU or TPU would otherwise round inputs to 10 or 8 bits.
        unit = partial(
            Unit,
            use_running_average=True,
            precision=jax.lax.Precision.HIGHEST,
            kernel_init=_unset,
            rngs=nnx.Rngs(0),
        )
        super().__init__(3, unit, average_pool, max_pool)


@jax.jit
def _prepared(images: UInt8[Array, "b h w ch"]) -> Float[Array, "b 299 299 3"]:
    return prepare(images.astype(jnp.float32) / 255)


@jax.jit
def _features(network: Inception, x: Float[Array, "b 299 299 3"]) -> Float[Array, "b 2048"]:
    return network(x)
