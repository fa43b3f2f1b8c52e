"""A labelled set of square pictures, checked once when it is made."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int32, UInt8

from loft_jax.errors import InputError


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures as bytes with their classes; every later stage may rely on what is checked here.

    Args:
        name: what the set is called in messages and run folders; decides nothing.
        images: square pictures, uint8 [n h w ch] with ch 1 (gray) or 3 (RGB); value 255 is white.
        labels: class of each picture, int32 [n] in 0..c-1.
        class_names: one name a class, c of them.
        skipped: files that could not be read and were left out, for the caller to report.
        notes: sentences on what was left out, changed or looks odd, for the caller to print.
        source: name of the row of `SOURCES` that it came from.
        shown: whether its pictures may be shown: nobody private is on them.
        noun: what its classes are, such as people.
        made_by: what made drawn pictures (law, seed, counts); None where only the pixels tell.

    Raises:
        InputError: if shapes or types disagree, a label is out of range, there are fewer than 2
            classes, or a class has fewer than 2 pictures (one to train on and one to test on).
    """

    name: str
    images: UInt8[np.ndarray, "n h w ch"]
    labels: Int32[np.ndarray, "n"]
    class_names: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    source: str = "arrays"
    shown: bool = False
    noun: str = "classes"
    made_by: str | None = None

    def __post_init__(self):
        _check_images(self.images)
        _check_labels(self.name, self.labels, len(self.images), self.class_names)

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return self.images.shape[1]

    @property
    def channels(self) -> int:
        """1 for gray, 3 for RGB."""
        return self.images.shape[3]

    @property
    def classes(self) -> int:
        """Number of classes c."""
        return len(self.class_names)

    @cached_property
    def fingerprint(self) -> str:
        """Tells two data sets apart: SHA-256 of class names, labels, and what the pictures are.

        That is their pixels, but for drawn ones what made them: the last bit of a rendering may
        differ between machines.
        """
        told = [self.images.shape, self.class_names]
        told += [] if self.made_by is None else [self.made_by]
        digest = hashlib.sha256(json.dumps(told).encode())
        digest.update(self.labels.tobytes())
        if self.made_by is None:
            digest.update(np.ascontiguousarray(self.images).ravel().data)
        return digest.hexdigest()


def without_singles(
    images: UInt8[np.ndarray, "n h w ch"],
    labels: Int32[np.ndarray, " n"],
    class_names: tuple[str, ...],
) -> tuple[UInt8[np.ndarray, "m h w ch"], Int32[np.ndarray, " m"], tuple[str, ...]]:
    """Pictures, labels and names of the classes with 2 pictures or more, numbered anew."""
    kept = np.flatnonzero(np.bincount(labels, minlength=len(class_names)) >= 2)
    chosen = np.isin(labels, kept)
    renumbered = np.searchsorted(kept, labels[chosen]).astype(np.int32)
    return images[chosen], renumbered, tuple(class_names[index] for index in kept)


def _check_images(images: np.ndarray) -> None:
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] not in (1, 3):
        msg = f"`images` must be uint8 [n h w ch] with ch 1 or 3, got {_kind(images)}"
        raise InputError(msg)
    if images.shape[1] != images.shape[2] or images.shape[1] == 0:
        msg = f"`images` must be square, got height {images.shape[1]} and width {images.shape[2]}"
        raise InputError(msg)


def _check_labels(name: str, labels: np.ndarray, images: int, class_names: tuple[str, ...]) -> None:
    classes = len(class_names)
    if labels.dtype != np.int32 or labels.shape != (images,):
        msg = f"`labels` must be int32, one for each of {images} images, got {_kind(labels)}"
        raise InputError(msg)
    if classes < 2:
        msg = f"{name}: a data set must have at least 2 classes, got {classes}: "
        msg += ", ".join(class_names)
        raise InputError(msg)
    if images and not (labels.min() >= 0 and labels.max() < classes):
        msg = f"`labels` must be in 0..{classes - 1}, got {labels.min()}..{labels.max()}"
        raise InputError(msg)
    counts = np.bincount(labels, minlength=classes)
    if counts.min() < 2:
        small = np.flatnonzero(counts < 2)
        shown = ", ".join(f"`{class_names[k]}` has {counts[k]}" for k in small[:5])
        more = f" and {len(small) - 5} more classes" if len(small) > 5 else ""
        msg = f"{name}: every class must have at least 2 pictures, got: {shown}{more}"
        raise InputError(msg)


def _kind(array: np.ndarray) -> str:
    return f"{array.dtype} {list(array.shape)}"
