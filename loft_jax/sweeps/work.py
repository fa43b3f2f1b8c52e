"""One unit of a sweep's work, in a process of its own: a classifier, then the attacks on it.

    python -m loft_jax.sweeps.work UNIT.json

is what the pool starts; whoever reads this runs `python -m loft_jax.sweep`.
"""

import os
import shutil
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import filelock

from loft_jax import cli
from loft_jax.errors import DivergenceError, InputError, SaveError
from loft_jax.sweeps.cells import Job, Place
from loft_jax.sweeps.store import Store
from loft_jax.sweeps.units import read_unit


def work(path: Path) -> int:
    """Bring every cell of the unit to its end; returns 0, or 1 if one failed.

    What fails is recorded in the store, and the cells that do not need it go on.

    Raises:
        Stopped: if a signal came; what was done is saved.
    """
    unit = read_unit(path)
    store = Store(path.parent.parent)
    place = Place(store.root, unit.device, unit.cache, unit.memory)
    failed: set[str] = set()
    # Waits for a process whose sweep was killed: it saves first.
    with filelock.FileLock(path.with_suffix(".lock")):
        for cell in unit.cells:
            if any(needed.name in failed for needed in cell.needs()):
                failed.add(cell.name)
                store.fail(cell, "what it needs failed")
                continue
            try:
                _finish(store, cell, place)
            except (InputError, DivergenceError, SaveError, OSError) as error:
                print(f"error: {error}", flush=True)
                failed.add(cell.name)
                store.fail(cell, str(error))
    return 1 if failed else 0


def _finish(store: Store, cell: Job, place: Place) -> None:
    status = store.status(cell)
    if not store.is_whole(cell):
        print(f"{cell.name}", flush=True)
        if status == "missing":
            # What is there without a config.json is a left-over of no use.
            shutil.rmtree(store.path(cell), ignore_errors=True)
        cell.run(place, going=status != "missing")
        if store.status(cell) != "done":
            msg = f"`{cell.name}` must end with its numbers, got none"
            raise InputError(msg)
    store.clear_failure(cell)


def _end_with_parent() -> None:
    """Save and leave when the sweep that started us is gone: it holds the other end of stdin."""

    def watch() -> None:
        sys.stdin.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def main(args: Sequence[str]) -> int:
    """What the pool starts; returns the exit code."""
    _end_with_parent()
    return work(Path(args[0]))


if __name__ == "__main__":
    cli.run(main)
