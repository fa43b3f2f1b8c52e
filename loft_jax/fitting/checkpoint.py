"""Checkpoints of a run: the last two and the best by validation. The only file that knows Orbax."""

import io
import logging
import sys
from pathlib import Path
from typing import Any, NamedTuple

import orbax.checkpoint as ocp
from orbax.checkpoint import checkpoint_managers

from loft_jax.errors import InputError, SaveError
from loft_jax.fitting.state import TrainState


class Restored(NamedTuple):
    """A checkpoint: the state and the loop's own bookkeeping."""

    state: TrainState
    progress: dict[str, Any]


class Checkpoints:
    """Atomic checkpoints in `folder`; a save that fails leaves the earlier ones as they were."""

    def __init__(self, folder: Path):
        # Orbax logs its life story, and every failure, with tracebacks, that it raises as well.
        logging.getLogger("absl").setLevel(logging.CRITICAL + 1)
        latest = checkpoint_managers.LatestN(2)
        best = checkpoint_managers.BestN(n=1, get_metric_fn=_score)
        self._folder = folder
        self._manager = ocp.CheckpointManager(
            folder.absolute(),
            options=ocp.CheckpointManagerOptions(
                best_fn=_score,  # without it Orbax drops the metrics, and BestN keeps nothing
                preservation_policy=checkpoint_managers.AnyPreservationPolicy([latest, best]),
                enable_async_checkpointing=False,
                cleanup_tmp_directories=True,
            ),
        )

    def save(self, state: TrainState, progress: dict[str, Any], score: float) -> None:
        """Write `state` under its step; the one with the highest `score` is never deleted.

        Raises:
            SaveError: if the file system refuses; the earlier checkpoints are intact.
        """
        # When a write fails, tensorstore's threads print tracebacks to sys.stderr long after the
        # exception; so it stays silent from then on (the caller reports to sys.__stderr__).
        stderr, sys.stderr = sys.stderr, io.StringIO()
        try:
            self._manager.save(
                int(state.step),
                args=ocp.args.Composite(
                    state=ocp.args.StandardSave(state), progress=ocp.args.JsonSave(progress)
                ),
                metrics={"score": score},
                force=True,
            )
        # A full disk comes as OSError from Orbax and as ValueError from tensorstore.
        except (OSError, ValueError) as error:
            msg = (
                f"a checkpoint could not be saved in {self._folder} (disk full?): "
                f"{_first_line(error)}; the earlier checkpoints are intact"
            )
            raise SaveError(msg) from error
        sys.stderr = stderr

    def best_step(self) -> int | None:
        """Step of the checkpoint with the highest score."""
        return self._manager.best_step()

    def latest_step(self) -> int | None:
        """Step of the last checkpoint."""
        return self._manager.latest_step()

    def restore(self, step: int, like: TrainState) -> Restored:
        """The checkpoint of `step`, with the shapes and the placement of the abstract `like`.

        Raises:
            InputError: if it cannot be read, or was written for another network.
        """
        try:
            found = self._manager.restore(
                step,
                args=ocp.args.Composite(
                    state=ocp.args.StandardRestore(like), progress=ocp.args.JsonRestore()
                ),
            )
        # Orbax and tensorstore report damage by many types, KeyError and ValueError among them.
        except Exception as error:
            msg = (
                f"`{self._folder / str(step)}` must be a readable checkpoint, got: "
                f"{_first_line(error)}"
            )
            raise InputError(msg) from error
        return Restored(found["state"], found["progress"])

    def close(self) -> None:
        """Wait for background work."""
        self._manager.close()


def _score(metrics: dict[str, float]) -> float:
    return metrics["score"]


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else repr(error)
