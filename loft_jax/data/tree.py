"""What lies in a folder of class folders: classes with their picture files, and what is beside."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from loft_jax.data.names import natural_key, printable
from loft_jax.data.picture_file import SUFFIXES, is_picture
from loft_jax.errors import InputError

_PARTS = {"train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval"}
"""Names of folders that hold a part of a set, with the class folders in each."""


class Place(NamedTuple):
    """What one folder holds: picture files, other files by their suffix, and folders."""

    path: Path
    pictures: tuple[Path, ...]
    others: Counter[str]
    below: tuple[Path, ...]

    @property
    def name(self) -> str:
        """Its own name, printable."""
        return printable(self.path.name)


class Tree(NamedTuple):
    """Class folders in natural order, and sentences on what is left out."""

    classes: tuple[Place, ...]
    notes: tuple[str, ...]


class Loose(NamedTuple):
    """Picture files of which nobody asks whose they are, and sentences on what is left out."""

    files: tuple[Path, ...]
    notes: tuple[str, ...]


def place(folder: Path) -> Place:
    """What `folder` holds, without what is hidden; files in order of their names.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            seen = sorted((e.name, e.is_dir()) for e in entries if not e.name.startswith("."))
    except OSError as error:
        msg = f"{printable(str(folder))} must be a folder that can be read, got: {error.strerror}"
        raise InputError(msg) from error
    files = [name for name, is_folder in seen if not is_folder]
    return Place(
        folder,
        tuple(folder / name for name in files if is_picture(name)),
        Counter(Path(name).suffix.lower() or name for name in files if not is_picture(name)),
        tuple(folder / name for name, is_folder in seen if is_folder),
    )


def class_tree(root: Path) -> Tree:
    """The class folders below `root` that hold pictures.

    Raises:
        InputError: if there are fewer than 2, with a hint where the pictures seem to lie.
    """
    if not root.is_dir():
        msg = f"{printable(str(root))} must be a folder of class folders, got no folder"
        raise InputError(msg)
    top = place(root)
    folders = [place(folder) for folder in sorted(top.below, key=lambda p: natural_key(p.name))]
    classes = tuple(folder for folder in folders if folder.pictures)
    if len(classes) < 2:
        raise InputError(_too_few(top, folders, classes))
    return Tree(classes, tuple(_notes(top, folders)))


def pictures_in(root: Path) -> Loose:
    """The picture files in `root` and in the folders in it, whatever they mean."""
    top = place(root)
    folders = [place(folder) for folder in top.below]
    notes = (*_of_other_types([top, *folders]), *_a_level_deeper(folders))
    return Loose(tuple(file for p in (top, *folders) for file in p.pictures), notes)


def _too_few(top: Place, folders: list[Place], classes: tuple[Place, ...]) -> str:
    root = printable(str(top.path))
    if len(folders) < 2:
        what = f"{root} must hold at least 2 folders, one for each class, got {len(folders)}"
    elif not classes:
        what = f"{root} must hold pictures ({' '.join(SUFFIXES)}) in its class folders, got none"
    else:
        empty = _listed([folder.name for folder in folders if not folder.pictures])
        what = f"{root} must hold pictures in at least 2 class folders, got them in 1: "
        what += f"{classes[0].name}, none in {empty}"
    return what + _hint(top, folders)


def _hint(top: Place, folders: list[Place]) -> str:
    deeper = [(folder, inner) for folder in folders if (inner := _inner(folder))]
    parts = [folder.name for folder, _ in deeper if folder.name.lower() in _PARTS]
    for folder, inner in sorted(deeper, key=lambda pair: pair[0].name not in parts)[:1]:
        where = f"{folder.name}/{inner[0].name}/{printable(inner[0].pictures[0].name)}"
        told = f" ({', '.join(parts)} look like parts of one set)" if parts else ""
        return (
            f"; pictures lie a level deeper, such as {where}: give --data "
            f"{printable(str(folder.path))} if its folders are the classes{told}, else move them up"
        )
    if top.pictures:
        return f"; {len(top.pictures)} pictures lie beside the class folders: sort them into some"
    others = sum((folder.others for folder in (top, *folders)), Counter[str]())
    return f"; files of other types: {_counted(others)}" if others else ""


def _inner(folder: Place) -> list[Place]:
    return [inner for inner in map(place, folder.below) if inner.pictures]


def _notes(top: Place, folders: list[Place]) -> Iterator[str]:
    if top.pictures:
        yield f"left out, {len(top.pictures)} pictures beside the class folders"
    yield from _of_other_types(folders, " in class folders")
    empty = [folder.name for folder in folders if not folder.pictures]
    if empty:
        yield f"left out, folders without pictures of their own: {_listed(empty)}"
    yield from _a_level_deeper(folders)


def _of_other_types(places: list[Place], where: str = "") -> Iterator[str]:
    others = sum((place.others for place in places), Counter[str]())
    if others:
        yield f"left out, files of other types{where}: {_counted(others)}"


def _a_level_deeper(folders: list[Place]) -> Iterator[str]:
    deeper = [inner for folder in folders for inner in _inner(folder)]
    if deeper:
        count = sum(len(inner.pictures) for inner in deeper)
        names = [f"{printable(inner.path.parent.name)}/{inner.name}" for inner in deeper]
        yield f"left out, {count} pictures a level deeper: in {_listed(names)}"


def _counted(suffixes: Counter[str]) -> str:
    return _listed([f"{count} {printable(suffix)}" for suffix, count in suffixes.most_common()])


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
