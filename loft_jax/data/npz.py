"""Pictures from one NumPy archive, which may come from anyone: nothing in it is executed."""

import os.path
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from loft_jax.data.dataset import Dataset
from loft_jax.data.resize import resize
from loft_jax.errors import InputError

_CORRUPT = (
    OSError, ValueError, EOFError, SyntaxError, KeyError, TypeError, OverflowError,
    NotImplementedError, RuntimeError, tokenize.TokenError, zlib.error, zipfile.BadZipFile,
)  # fmt: skip
"""What NumPy and zipfile were seen to raise on damaged archives."""


def load_npz(path: Path, size: int | None = None) -> Dataset:
    """The data set in an .npz file.

    Keys: `images`, uint8 or float in [0, 1], [n h w] or [n h w ch] with ch 1 or 3; `labels`,
    integers 0..c-1 [n]; optionally `class_names`, strings [c].

    Args:
        path: the file.
        size: side in pixels to centre-crop and resize to; None keeps square pictures as they are.

    Raises:
        InputError: naming file and key, what is allowed and what came. Pickled arrays are refused.
    """
    arrays = _read(path)
    images = _images(arrays, path)
    labels = _labels(arrays, path, len(images))
    names = _class_names(arrays, path, labels)
    return Dataset(
        name=path.stem,
        images=resize(images, size, source=str(path)),
        labels=labels,
        class_names=names,
    )


def _read(path: Path) -> Mapping[str, np.ndarray]:
    if not os.path.isfile(path):
        came = "a folder" if os.path.isdir(path) else "no such file"
        msg = f"{path} must be an .npz file, got {came}"
        raise InputError(msg)
    if not zipfile.is_zipfile(path):
        msg = f"{path} must be an .npz file, got one that is damaged or of another type"
        raise InputError(msg)
    try:
        # NumPy leaves a file it opened itself open when the archive turns out to be damaged.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {key: _member(archive, key, path) for key in _keys(archive, path)}
    except InputError:
        raise
    except _CORRUPT as error:
        msg = f"{path} must be an intact .npz file, got: {error}"
        raise InputError(msg) from error


def _keys(archive: np.lib.npyio.NpzFile, path: Path) -> list[str]:
    if not {"images", "labels"} <= set(archive):
        found = ", ".join(sorted(archive)) or "none"
        msg = f"{path}: keys `images` and `labels` must be there, got {found}"
        raise InputError(msg)
    return [key for key in ("images", "labels", "class_names") if key in archive]


def _member(archive: np.lib.npyio.NpzFile, key: str, path: Path) -> np.ndarray:
    try:
        array = archive[key]
    except MemoryError as error:
        msg = f"{path}: key `{key}` must fit into memory, got: {error}"
        raise InputError(msg) from error
    except _CORRUPT as error:
        pickled = "allow_pickle" in str(error)
        came = "Python objects, which are never unpickled" if pickled else f"damage: {error}"
        msg = f"{path}: key `{key}` must be an intact array of numbers or strings, got {came}"
        raise InputError(msg) from error
    if not isinstance(array, np.ndarray):  # NumPy hands a member of another format over as bytes
        msg = f"{path}: key `{key}` must be an array in NumPy's format, got other bytes"
        raise InputError(msg)
    return array


def _images(arrays: Mapping[str, np.ndarray], path: Path) -> np.ndarray:
    images = arrays["images"]
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[3] not in (1, 3) or 0 in images.shape:
        shape = list(arrays["images"].shape)
        msg = f"{path}: key `images` must be [n h w] or [n h w ch] with ch 1 or 3, got {shape}"
        raise InputError(msg)
    if images.dtype == np.uint8:
        return images
    if not np.issubdtype(images.dtype, np.floating):
        msg = f"{path}: key `images` must be uint8, or float in [0, 1], got {images.dtype}"
        raise InputError(msg)
    low, high = images.min(), images.max()
    if not (low >= 0 and high <= 1):  # false for NaN too
        came = f"values from {low:g} to {high:g}" if np.isfinite(low + high) else "NaN or infinity"
        msg = f"{path}: key `images` must be uint8, or float in [0, 1], got {came}"
        raise InputError(msg)
    return np.rint(images.astype(np.float64) * 255).astype(np.uint8)


def _labels(arrays: Mapping[str, np.ndarray], path: Path, images: int) -> np.ndarray:
    labels = arrays["labels"]
    if not np.issubdtype(labels.dtype, np.integer):
        msg = f"{path}: key `labels` must be integers, got {labels.dtype}"
        raise InputError(msg)
    if labels.shape != (images,):
        shape = list(labels.shape)
        msg = f"{path}: key `labels` must have one entry for each of {images} images, got {shape}"
        raise InputError(msg)
    # A stray huge label would otherwise ask for as many class names.
    if labels.min() < 0 or labels.max() >= images:
        msg = f"{path}: key `labels` must be 0..c-1, got {labels.min()}..{labels.max()}"
        raise InputError(msg)
    return labels.astype(np.int32)


def _class_names(
    arrays: Mapping[str, np.ndarray], path: Path, labels: np.ndarray
) -> tuple[str, ...]:
    classes = int(labels.max()) + 1
    if "class_names" not in arrays:
        return tuple(f"class {index}" for index in range(classes))
    names = arrays["class_names"]
    if names.ndim != 1 or names.dtype.kind != "U":
        msg = f"{path}: key `class_names` must be strings [c], got {names.dtype} {names.shape}"
        raise InputError(msg)
    if classes > len(names):
        msg = f"{path}: key `labels` must be 0..{len(names) - 1} as `class_names` has {len(names)} "
        msg += f"entries, got {classes - 1}"
        raise InputError(msg)
    return tuple(str(name) for name in names)
