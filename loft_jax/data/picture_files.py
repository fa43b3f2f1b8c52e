"""Many picture files to one array."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from loft_jax.data.names import printable
from loft_jax.data.picture_file import UNREADABLE, Picture, read_picture, reason
from loft_jax.errors import InputError
from loft_jax.runs.memory import check_fits


class PictureFiles(NamedTuple):
    """What was read of some files.

    Attributes:
        images: the pictures that could be read, RGB if one of them is.
        which: which of the files these are.
        originals: their widths and heights in the files.
        unreadable: the others, each with why.
    """

    images: UInt8[np.ndarray, "n h w ch"]
    which: list[int]
    originals: list[tuple[int, int]]
    unreadable: list[str]


def read_files(
    files: Sequence[Path], size: int | None, progress: Callable[[int, int], None] | None = None
) -> PictureFiles:
    """The pictures of all files that can be read.

    Args:
        files: their paths.
        size: side to cut and resize each to; None keeps pictures that are all square and alike.
        progress: called with (files read, files) after each.

    Raises:
        InputError: if one is not square or of another size and `size` is None, or if so many do not
            fit into memory, which the first of them tells.
    """
    pictures: list[Picture] = []
    which: list[int] = []
    unreadable: list[str] = []
    for index, file in enumerate(files):
        try:
            picture = read_picture(file, size)
        except UNREADABLE as error:
            unreadable.append(reason(file, error))
        else:
            _check_shape(picture, pictures, file, len(files), size)
            pictures.append(picture)
            which.append(index)
        if progress is not None:
            progress(index + 1, len(files))
    originals = [picture.original for picture in pictures]
    return PictureFiles(_stacked(pictures), which, originals, unreadable)


def _check_shape(
    picture: Picture, earlier: list[Picture], file: Path, files: int, size: int | None
) -> None:
    height, width, channels = picture.pixels.shape
    name = printable(str(file))
    if height != width:
        msg = f"{name} is {width}x{height}, not square: give --size to cut and resize pictures"
        raise InputError(msg)
    if not earlier:
        what = f"{files} pictures of {width}x{height}x{channels} bytes"
        check_fits(what, files * picture.pixels.size)
    elif size is None and earlier[0].pixels.shape[0] != height:
        before = earlier[0].pixels.shape[0]
        msg = f"{name} is {width}x{height} and others are {before}x{before}: give --size to "
        msg += "resize them all"
        raise InputError(msg)


def _stacked(pictures: list[Picture]) -> UInt8[np.ndarray, "n h w ch"]:
    """All in one array, RGB if one is; the list is emptied, so that nothing is held twice."""
    if not pictures:  # all skipped: the data set's own check names the empty classes
        return np.zeros((0, 1, 1, 1), np.uint8)
    side = pictures[0].pixels.shape[0]
    channels = max(picture.pixels.shape[2] for picture in pictures)
    images = np.empty((len(pictures), side, side, channels), np.uint8)
    for index in reversed(range(len(pictures))):
        images[index] = pictures.pop().pixels  # gray repeats
    return images
