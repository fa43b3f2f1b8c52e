"""Pictures from one NumPy archive."""

import os.path
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Int32

from loft_jax.data import notes
from loft_jax.data.archive import Archive, opened
from loft_jax.data.archive_images import read_images, shape_of_images
from loft_jax.data.dataset import Dataset, without_singles
from loft_jax.data.names import printable, printable_names
from loft_jax.data.resize import check_size
from loft_jax.data.sources.base import Images, Source, Wanted
from loft_jax.errors import InputError

Progress = Callable[[int, int], None]


def load_npz(
    path: Path,
    size: int | None = None,
    *,
    progress: Progress | None = None,
    singles: bool = True,
) -> Dataset:
    """The data set in an .npz file.

    Keys: `images`, uint8 or float in [0, 1], [n h w] or [n h w ch] with ch 1 or 3; `labels`,
    integers 0..c-1 [n]; optionally `class_names`, strings [c]. A float becomes the nearest byte of
    0..255, and must be less than half a byte outside [0, 1].

    Args:
        path: the file.
        size: side in pixels to centre-crop and resize to; None keeps square pictures as they are.
        progress: called with (pictures read, pictures) after each block.
        singles: refuse classes of one picture; else leave them out.

    Raises:
        InputError: naming file and key, what is allowed and what came. Pickled arrays are refused,
            and what would not fit into memory, by its header.
    """
    check_size(size)
    with opened(path) as archive:
        if not ("images" in archive and "labels" in archive):
            msg = f"{archive.path}: keys `images` and `labels` must be there, got {archive.keys()}"
            raise InputError(msg)
        labels = _labels(archive, shape_of_images(archive)[0])
        names = _class_names(archive, labels)
        images = read_images(archive, size, progress)
    if not singles:
        images, labels, names = without_singles(images, labels, names)
    return Dataset(
        name=printable(path.stem),
        images=images,
        labels=labels,
        class_names=names,
        notes=notes.of_brightness(images),
    )


def public_npz(path: Path, size: int | None = None, progress: Progress | None = None) -> Images:
    """The pictures in an .npz file; labels, if any, are not read.

    Raises:
        InputError: as `load_npz` does.
    """
    with opened(path) as archive:
        if "images" not in archive:
            msg = f"{archive.path}: key `images` must be there, got {archive.keys()}"
            raise InputError(msg)
        return read_images(archive, size, progress)


def _labels(archive: Archive, images: int) -> Int32[np.ndarray, " n"]:
    labels, where = archive.array("labels"), f"{archive.path}: key `labels`"
    if not np.issubdtype(labels.dtype, np.integer):
        msg = f"{where} must be integers, got {labels.dtype}"
        raise InputError(msg)
    if labels.shape != (images,):
        msg = f"{where} must have one entry for each of {images} images, got {list(labels.shape)}"
        raise InputError(msg)
    low, high = labels.min(), labels.max()
    if low == 1:
        msg = f"{where} must be 0..c-1, got {low}..{high}: they count from 1, so subtract 1"
        raise InputError(msg)
    # A stray huge label would otherwise ask for as many class names.
    if low < 0 or high >= images:
        msg = f"{where} must be 0..c-1, got {low}..{high}"
        raise InputError(msg)
    return labels.astype(np.int32)


def _class_names(archive: Archive, labels: Int32[np.ndarray, " n"]) -> tuple[str, ...]:
    classes = int(labels.max()) + 1
    if "class_names" not in archive:
        return tuple(f"class {index}" for index in range(classes))
    names = archive.array("class_names")
    if names.ndim != 1 or names.dtype.kind != "U":
        msg = f"{archive.path}: key `class_names` must be strings [c], got {names.dtype} "
        msg += f"{list(names.shape)}"
        raise InputError(msg)
    if classes > len(names):
        msg = f"{archive.path}: key `labels` must be 0..{len(names) - 1} as `class_names` has "
        msg += f"{len(names)} entries, got {classes - 1}"
        raise InputError(msg)
    return printable_names([str(name) for name in names])


def _load(wanted: Wanted) -> Dataset:
    return load_npz(wanted.path, wanted.size, progress=wanted.progress, singles=wanted.singles)


def _public(wanted: Wanted) -> Images:
    return public_npz(wanted.path, wanted.size, wanted.progress)


def _is_archive(data: str) -> bool:
    path = Wanted(data).path
    return path.suffix.lower() == ".npz" and not os.path.isdir(path)


NPZ = Source(load=_load, public=_public, recognises=_is_archive, noun="people", singular="person")
