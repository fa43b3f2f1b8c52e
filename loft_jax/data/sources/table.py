"""The table of sources, and from what `--data` names to a data set."""

import dataclasses
import os.path
from collections.abc import Callable
from pathlib import Path

from loft_jax.data.dataset import Dataset
from loft_jax.data.first import ALL, First
from loft_jax.data.resize import check_channels, check_size, resize, to_channels
from loft_jax.data.sources import drawn
from loft_jax.data.sources.base import Source, Wanted
from loft_jax.data.sources.digits import DIGITS
from loft_jax.data.sources.faces import FACES
from loft_jax.data.sources.folder import FOLDER
from loft_jax.data.sources.npz import NPZ
from loft_jax.errors import InputError
from loft_jax.runs.rows import Rows

SOURCES = Rows("data", {"faces": FACES, "digits": DIGITS, "npz": NPZ, "folder": FOLDER}, Source)


def source_of(data: str) -> Source:
    """The source that `--data` means, asked without loading; what is not there is a folder's."""
    return row_of(data)[1]


def row_of(data: str) -> tuple[str, Source]:
    """(name, source): by the row's name, else the last added that recognises what `data` names."""
    rows = list(SOURCES.items())
    named = [row for row in rows if row[1].recognises is None and row[0] == data]
    found = [row for row in reversed(rows) if row[1].recognises and row[1].recognises(data)]
    return [*named, *found, ("folder", FOLDER)][0]


def absolute_data(data: str) -> str:
    """The same, with a path that is there made absolute: a run is read from anywhere."""
    # os.path, unlike pathlib, answers no for names that no file system could hold.
    path = os.path.expanduser(data)
    if not data or source_of(data).recognises is None or not os.path.exists(path):
        return data
    return str(Path(path).resolve())


def load_dataset(
    data: str,
    *,
    size: int | None,
    channels: int | None = None,
    seed: int,
    skip_unreadable: bool = False,
    first: First = ALL,
    identities: int = 128,
    pictures: int = 32,
    progress: Callable[[int, int], None] | None = None,
) -> Dataset:
    """The data set that `data` names.

    Args:
        data: `faces` (synthetic, drawn here), `digits`, another row of `SOURCES`, FILE.npz, or a
            FOLDER of class folders; write ./faces for a folder of that name.
        size: side in pixels; None keeps that of the files (faces, digits: 32).
        channels: 1 (gray) or 3 (RGB); None keeps what there is (faces: RGB).
        seed: which people a law draws.
        skip_unreadable: folders only, leave out unreadable files (`Dataset.skipped` lists them).
        first: how much of a set that is there is used.
        identities: number of people that a law draws.
        pictures: pictures of each of them.
        progress: called with (done, of so many) while much is read or drawn.

    Raises:
        InputError: if `data` names nothing of this kind, or what it names is not as it must be.
    """
    check_size(size)
    check_channels(channels)
    name, source = row_of(data)
    check_there(source, data, "FOLDER of class folders")
    side = source.size if size is None else size
    wanted = Wanted(
        data, side, channels, seed, identities, pictures, skip_unreadable, first, progress
    )
    if source.law is not None:
        loaded = drawn.people(name, source, wanted)
    elif source.load is not None:
        loaded = first.of(source.load(wanted))
    else:
        msg = f"the source `{name}` must have a loader or a law, got neither"
        raise InputError(msg)
    return dataclasses.replace(
        loaded,
        images=to_channels(resize(loaded.images, side, source=data), channels),
        source=name,
        shown=source.shown,
        noun=source.noun,
    )


def check_there(source: Source, data: str, folder: str, flag: str = "--data") -> None:
    """Check that what `data` names is there, if it is to be a file or a folder.

    Raises:
        InputError: saying what it could have been.
    """
    path = os.path.expanduser(data)
    there = os.path.isdir(path) if source is FOLDER else os.path.exists(path)
    if source not in (FOLDER, NPZ) or there:
        return
    names = ", ".join(name for name, row in SOURCES.items() if row.recognises is None)
    came = "which is not a folder" if os.path.exists(path) else "which does not exist"
    came = "which is a file of another type" if os.path.isfile(path) else came
    msg = f"`{flag}` must be {names}, FILE.npz or a {folder}, got `{data}`, {came}"
    raise InputError(msg)
