"""Pictures to the size and the number of channels that were asked for."""

from math import prod
from typing import Annotated

import numpy as np
from annotated_types import Interval
from jaxtyping import UInt8
from PIL import Image, ImageOps

from loft_jax.errors import InputError
from loft_jax.runs.memory import check_fits

SMALLEST, LARGEST = 8, 1024
"""Sides in pixels; below nothing is recognisable, above one typing error fills the memory."""
Side = Annotated[int, Interval(ge=SMALLEST, le=LARGEST)]


def check_size(size: int | None) -> None:
    """Check the side that pictures are to be resized to.

    Raises:
        InputError: unless `size` is None or a `Side`.
    """
    if size is not None and not SMALLEST <= size <= LARGEST:
        msg = f"`--size` must be {SMALLEST}..{LARGEST} pixels, got {size}"
        raise InputError(msg)


def check_channels(channels: int | None) -> None:
    """Check the number of channels that pictures are to have.

    Raises:
        InputError: if it is neither None, 1 nor 3.
    """
    if channels not in (None, 1, 3):
        msg = f"`channels` must be 1 (gray) or 3 (RGB), got {channels}"
        raise InputError(msg)


def fit_square(picture: Image.Image, size: int) -> Image.Image:
    """The largest centred square of `picture`, resized to `size` pixels a side.

    Bicubic, antialiased when it shrinks; at its border the filter reaches into the picture around
    the square. A picture of the right size is returned pixel for pixel.
    """
    if picture.size == (size, size):
        return picture
    return ImageOps.fit(picture, (size, size), method=Image.Resampling.BICUBIC)


def resize(
    images: UInt8[np.ndarray, "n h w ch"], size: int | None, *, source: str
) -> UInt8[np.ndarray, "n s s ch"]:
    """Square pictures of side `size` (the side they have if None), as `fit_square` makes them.

    Raises:
        InputError: if they are not square and no size is given, or do not fit into memory; `source`
            names them.
    """
    check_size(size)
    height, width = images.shape[1:3]
    if size is None and height != width:
        msg = f"{source}: pictures are {width}x{height}, not square: give --size to resize them"
        raise InputError(msg)
    if size is None or height == width == size:
        return images
    shape = (len(images), size, size, images.shape[3])
    check_fits(f"{source}: {len(images)} pictures of {size}x{size}x{shape[3]} bytes", prod(shape))
    fitted = np.empty(shape, np.uint8)
    for index, image in enumerate(images):
        picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
        fitted[index] = np.asarray(fit_square(picture, size)).reshape(size, size, -1)
    return fitted


def to_channels(
    images: UInt8[np.ndarray, "n h w ch"], channels: int | None
) -> UInt8[np.ndarray, "n h w channels"]:
    """Gray (1) or RGB (3) pictures; None keeps what there is.

    Gray to RGB repeats; RGB to gray is luma 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), rounded.

    Raises:
        InputError: if `channels` is neither None, 1 nor 3.
    """
    check_channels(channels)
    if channels is None or channels == images.shape[3]:
        return images
    if channels == 3:
        return np.repeat(images, 3, axis=3)
    luma = images.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.rint(luma).astype(np.uint8)[..., None]
