"""Checkpoints of a run: the last two and the best by validation. The only file that knows Orbax.

`index.json` beside them says of each its score and a hash of all its numbers: what was damaged is
noticed, and what is not in the index was not finished.
"""

import contextlib
import io
import logging
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax

from loft_jax.errors import InputError, SaveError
from loft_jax.fitting.state import TrainState
from loft_jax.runs import files
from loft_jax.runs.arrays import fingerprint
from loft_jax.runs.devices import first_process
from loft_jax.runs.parts import part_of

INDEX = "index.json"
GLOBBED = "[]*?\\"
KEPT = 2
"""The latest so many are kept, beside the best."""


@dataclass
class History:
    """The loop's own bookkeeping; saved with each checkpoint.

    Attributes:
        rows: the lines of metrics.jsonl.
        pending: metrics of the updates since the last of them.
        seconds: spent in every process so far, without compiling.
        after: numbers of what became of the finished network, once that is done.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    pending: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    after: dict[str, Any] | None = None


@dataclass(frozen=True)
class _Entry:
    """What is taken of the index about a checkpoint, to go on from it."""

    progress: dict[str, Any]


class Checkpoints:
    """Atomic checkpoints in `folder`; a save that fails leaves the earlier ones as they were."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._index: dict[str, dict[str, Any]] = {}
        if (folder / INDEX).is_file():
            self._index = files.read_json(folder / INDEX)

    def save(self, state: TrainState, history: History, score: float) -> None:
        """Write `state` under its step; the one with the highest `score` is never deleted.

        Raises:
            SaveError: if the file system refuses; the earlier checkpoints are intact.
        """
        step = int(state.step)
        try:
            self._write(step, state)
            entry = {"score": score, "hash": fingerprint(state), "progress": vars(history)}
            index = {**self._index, str(step): entry}
            kept = {_best(index), *sorted(map(int, index))[-KEPT:]}
            index = {name: one for name, one in index.items() if int(name) in kept}
            files.write_json(self._folder / INDEX, index)
        except (OSError, ValueError) as error:  # tensorstore reports a full disk as ValueError
            why = f"(disk full?): {_first_line(error)}; the earlier checkpoints are intact"
            if not self._folder.parent.is_dir():
                why = "(the run's folder is gone, was it removed or renamed?): nothing is kept"
            msg = f"a checkpoint could not be saved in {self._folder} {why}"
            raise SaveError(msg) from error
        self._index = index
        self._sweep(kept)

    def best_step(self) -> int | None:
        """Step of the checkpoint with the highest score."""
        return _best(self._index)

    def best_score(self) -> float:
        """The highest score."""
        return max(one["score"] for one in self._index.values())

    def latest_step(self) -> int | None:
        """Step of the last checkpoint."""
        return max(map(int, self._index), default=None)

    def restore(self, step: int, like: TrainState) -> tuple[TrainState, History]:
        """The checkpoint of `step`, with the shapes and the placement of the abstract `like`.

        Raises:
            InputError: if it cannot be read, is damaged, or was written for another network.
        """
        try:
            with _plain_path(self._folder) as folder, _checkpointer() as orbax:
                state = orbax.restore(folder / str(step), like)
        # Orbax and tensorstore report damage by many types, KeyError and ValueError among them.
        except Exception as error:
            msg = (
                f"`{self._folder / str(step)}` must be a readable checkpoint, got: "
                f"{_first_line(error)}"
            )
            raise InputError(msg) from error
        if fingerprint(state) != self._index[str(step)]["hash"]:
            msg = f"`{self._folder / str(step)}` must be as it was saved, got a damaged checkpoint"
            raise InputError(msg)
        return state, self.history(step)

    def history(self, step: int) -> History:
        """What the loop noted until the checkpoint of `step`.

        Raises:
            InputError: if the index does not say it as `save` does.
        """
        where = str(self._folder / INDEX)
        entry = part_of(_Entry, self._index[str(step)], where)
        return part_of(History, entry.progress, where)

    def _write(self, step: int, state: TrainState) -> None:
        # When a write fails, tensorstore's threads print tracebacks to sys.stderr long after the
        # exception; so it stays silent from then on (the caller reports to sys.__stderr__).
        stderr, sys.stderr = sys.stderr, io.StringIO()
        self._folder.mkdir(exist_ok=True)  # its parent must be there: a deleted run stays deleted
        with _plain_path(self._folder) as folder, _checkpointer() as orbax:
            orbax.save(folder / str(step), state, force=True)
            orbax.wait_until_finished()
        sys.stderr = stderr

    def _sweep(self, kept: set[int | None]) -> None:
        """Delete what the index no longer names, half-written ones of a killed process too."""
        import shutil

        if first_process():
            for path in self._folder.iterdir():
                if path.is_dir() and path.name not in {str(step) for step in kept}:
                    shutil.rmtree(path, ignore_errors=True)


def _best(index: dict[str, dict[str, Any]]) -> int | None:
    """The step of the highest score, of equal ones the last."""
    ranked = ((one["score"], int(name)) for name, one in index.items())
    return max(ranked, default=(0.0, None))[1]


def _checkpointer() -> Any:
    """Orbax's, silent. Imported here: that takes a second, and bad input is refused before it."""
    import orbax.checkpoint as ocp

    # Orbax logs its life story, and every failure, with tracebacks, that it raises as well.
    logging.getLogger("absl").setLevel(logging.CRITICAL + 1)
    return ocp.StandardCheckpointer()


@contextlib.contextmanager
def _plain_path(folder: Path) -> Iterator[Path]:
    """The folder by a path that Orbax, which globs, does not take for a pattern.

    Raises:
        OSError: if several processes would need it: each would have its own name for the folder.
    """
    if not set(str(folder.absolute())) & set(GLOBBED) and _printable(folder.absolute()):
        yield folder.absolute()
        return
    if jax.process_count() > 1:
        msg = f"several processes need a path without {GLOBBED}, got {folder.absolute()}"
        raise OSError(msg)
    with tempfile.TemporaryDirectory(prefix="loft_jax_") as place:
        link = Path(place) / "checkpoint"
        link.symlink_to(folder.absolute(), target_is_directory=True)
        yield link


def _printable(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else repr(error)
