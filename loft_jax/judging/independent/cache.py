"""Arrays made once for all runs of a user, in the user's cache folder."""

from collections.abc import Callable
from pathlib import Path

import filelock
import numpy as np
import platformdirs
from rich.console import Console

from loft_jax.errors import InputError
from loft_jax.runs.arrays import read_arrays, write_arrays

Arrays = dict[str, np.ndarray]


def kept(room: str, name: str, out: Console, make: Callable[[], Arrays]) -> Arrays:
    """The arrays of this name; made if they are not there or damaged.

    Of several processes that need them at once one makes them and the others wait. Where the folder
    cannot be written they are made again each time, with a word.

    Args:
        room: folder in the user's cache folder.
        name: stands for all that decides the arrays.
        out: where it is said that they cannot be kept.
        make: them.
    """
    path = platformdirs.user_cache_path("loft_jax") / room / f"{name}.npz"
    found = _read(path)
    if found is not None:
        return found
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_suffix(".lock")):
            found = _read(path)
            if found is None:
                found = make()
                write_arrays(path, **found)
    except OSError as error:
        out.print(f"warning: {path} could not be kept: {error.strerror or error}")
    return make() if found is None else found


def _read(path: Path) -> Arrays | None:
    try:
        return read_arrays(path)
    except InputError:
        return None
