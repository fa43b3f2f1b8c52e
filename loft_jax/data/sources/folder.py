"""Pictures from a folder that holds one folder of picture files for each class."""

import os.path
from collections.abc import Callable
from pathlib import Path

import numpy as np

from loft_jax.data import notes
from loft_jax.data.dataset import Dataset, without_singles
from loft_jax.data.first import ALL, First
from loft_jax.data.names import printable, printable_names
from loft_jax.data.picture_file import SUFFIXES
from loft_jax.data.picture_files import read_files
from loft_jax.data.resize import check_size
from loft_jax.data.sources.base import Images, Source, Wanted
from loft_jax.data.tree import class_tree, pictures_in
from loft_jax.errors import InputError


def load_folder(
    path: Path,
    size: int | None = None,
    *,
    skip_unreadable: bool = False,
    first: First = ALL,
    progress: Callable[[int, int], None] | None = None,
    singles: bool = True,
) -> Dataset:
    """The data set in `path/<class>/<picture>`, pictures in order of their names.

    Classes are in natural order (2 before 10). Reads PNG, JPEG, WebP, BMP, PGM, PPM and PBM; hidden
    files are ignored, others and folders without pictures left out with a note. Gray if every
    picture is stored as gray, else RGB; see `read_picture`.

    Args:
        path: the folder.
        size: side in pixels; each picture is cut to its largest centred square and resized
            (bicubic, antialiased). None keeps pictures that are all square and of one size.
        skip_unreadable: leave out files that cannot be read (`Dataset.skipped` lists them).
        first: how much of it is used; the rest is not read.
        progress: called with (files read, files) after each.
        singles: refuse classes of one picture; else leave them out.

    Raises:
        InputError: if the folder holds no class folders or a class has fewer than 2 pictures;
            listing the files that cannot be read; if sizes differ and `size` is None; if the
            pictures do not fit into memory.
    """
    check_size(size)
    tree = class_tree(path)
    every = [file for folder in tree.classes for file in folder.pictures]
    labels = np.repeat(np.arange(len(tree.classes)), [len(p.pictures) for p in tree.classes])
    used = np.flatnonzero(first.kept(labels))
    files, labels = [every[index] for index in used], labels[used]
    left_out = first.note(len(tree.classes), len(every), len(files))
    read = read_files(files, size, progress)
    if read.unreadable and not skip_unreadable:
        raise InputError(_unreadable(read.unreadable))
    images, own = read.images, labels[read.which].astype(np.int32)
    names = printable_names([folder.path.name for folder in tree.classes[: first.classes]])
    if not singles:
        images, own, names = without_singles(images, own, names)
    return Dataset(
        name=printable(path.resolve().name),
        images=images,
        labels=own,
        class_names=names,
        skipped=tuple(read.unreadable),
        notes=(
            *tree.notes,
            *([left_out] if len(files) < len(every) else []),
            *notes.of_sizes(read.originals, size),
            *notes.of_brightness(read.images),
        ),
    )


def public_folder(
    path: Path,
    size: int | None = None,
    first: First = ALL,
    progress: Callable[[int, int], None] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Images:
    """The pictures in `path` and in the folders in it, without labels: all are of one class.

    Raises:
        InputError: if there are none, or one cannot be read.
    """
    files, left_out = pictures_in(path)
    if tell is not None:
        for note in left_out:
            tell(note)
    files = files[: first.pictures]
    if not files:
        msg = f"{printable(str(path))} must hold pictures ({' '.join(SUFFIXES)}), got none"
        raise InputError(msg)
    read = read_files(files, size, progress)
    if read.unreadable:
        msg = f"{len(read.unreadable)} of {len(files)} files cannot be read: "
        msg += f"{', '.join(read.unreadable[:10])}; mend or remove"
        raise InputError(msg)
    return read.images


def _unreadable(files: list[str]) -> str:
    shown = ", ".join(files[:10])
    more = f" and {len(files) - 10} more" if len(files) > 10 else ""
    count = "1 file" if len(files) == 1 else f"{len(files)} files"
    return f"{count} cannot be read: {shown}{more}; mend or remove, or give --skip-unreadable"


def _load(wanted: Wanted) -> Dataset:
    return load_folder(
        wanted.path,
        wanted.size,
        skip_unreadable=wanted.skip_unreadable,
        first=wanted.first,
        progress=wanted.progress,
        singles=wanted.singles,
    )


def _public(wanted: Wanted) -> Images:
    return public_folder(wanted.path, wanted.size, wanted.first, wanted.progress, wanted.tell)


def _is_folder(data: str) -> bool:
    return bool(data) and os.path.isdir(os.path.expanduser(data))


FOLDER = Source(load=_load, public=_public, recognises=_is_folder, noun="people", singular="person")
