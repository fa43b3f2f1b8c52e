"""The pictures of an archive as bytes, brought to a size block by block as they are unpacked."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from loft_jax.data.archive import BLOCK, Archive
from loft_jax.data.resize import resize
from loft_jax.errors import InputError
from loft_jax.runs.memory import check_fits

KEY = "images"


def shape_of_images(archive: Archive) -> tuple[int, int, int, int]:
    """Number, height, width and channels, from the header.

    Raises:
        InputError: if they are not pictures, or neither bytes nor floats.
    """
    header = archive.header(KEY)
    shape = header.shape if len(header.shape) != 3 else (*header.shape, 1)
    if len(shape) != 4 or shape[3] not in (1, 3) or 0 in shape:
        msg = f"{archive.path}: key `images` must be [n h w] or [n h w ch] with ch 1 or 3, got "
        msg += f"{list(header.shape)}"
        raise InputError(msg)
    if header.dtype != np.uint8 and not np.issubdtype(header.dtype, np.floating):
        msg = f"{archive.path}: key `images` must be uint8, or float in [0, 1], got {header.dtype}"
        raise InputError(msg)
    return shape


def read_images(
    archive: Archive, size: int | None, progress: Callable[[int, int], None] | None = None
) -> UInt8[np.ndarray, "n h w ch"]:
    """All pictures, bytes as they are, floats in [0, 1] as the nearest bytes to 255 times them.

    Args:
        archive: with a key `images`.
        size: side to centre-crop and resize to; None keeps square pictures as they are.
        progress: called with (pictures read, pictures) after each block.

    Raises:
        InputError: if they are not such pictures, do not fit into memory, or are damaged.
    """
    n, height, width, channels = shape_of_images(archive)
    none = np.empty((0, height, width, channels), np.uint8)
    side = resize(none, size, source=archive.path).shape[1]
    _check_memory(archive, n * side * side * channels)
    images = np.empty((n, side, side, channels), np.uint8)
    low, high, done = np.inf, -np.inf, 0
    for block in archive.blocks(KEY):
        low, high = float(np.minimum(low, block.min())), float(np.maximum(high, block.max()))
        done += len(block)
        if block.dtype == np.uint8 or _near_bytes(low, high):
            pixels = _bytes(block).reshape(-1, height, width, channels)
            images[done - len(block) : done] = resize(pixels, size, source=archive.path)
        if progress is not None:
            progress(done, n)
    if archive.header(KEY).dtype != np.uint8 and not _near_bytes(low, high):
        finite = np.isfinite([low, high]).all()
        came = f"values from {low:g} to {high:g}" if finite else "NaN or infinity"
        msg = f"{archive.path}: key `images` must be uint8, or float in [0, 1], got {came}"
        raise InputError(msg)
    return images


def _check_memory(archive: Archive, needed: int) -> None:
    header = archive.header(KEY)
    # Stored column by column there are no blocks; a block's floats are doubled on the way.
    block = header.bytes if header.fortran else max(BLOCK, header.bytes // header.shape[0])
    what = f"{archive.path}: key `images`, {header.dtype} of shape {list(header.shape)}"
    check_fits(what, needed + block)


def _near_bytes(low: float, high: float) -> bool:
    """Whether the nearest whole numbers to 255 times the values are bytes; not so for NaN."""
    return 255 * low >= -0.5 and 255 * high < 255.5


def _bytes(values: np.ndarray) -> UInt8[np.ndarray, "..."]:
    if values.dtype == np.uint8:
        return values
    return np.rint(values.astype(np.float64) * 255).astype(np.uint8)
