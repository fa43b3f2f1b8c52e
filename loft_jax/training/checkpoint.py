"""Checkpoints of a run: the last two and the best by validation. The only file that knows Orbax."""

import logging
from pathlib import Path
from typing import Any, NamedTuple

import orbax.checkpoint as ocp
from orbax.checkpoint import checkpoint_managers

from loft_jax.errors import InputError
from loft_jax.training.state import TrainState


class Restored(NamedTuple):
    """A checkpoint: the state and the loop's own bookkeeping."""

    state: TrainState
    progress: dict[str, Any]


class Checkpoints:
    """Atomic checkpoints in `folder`; a save that fails leaves the earlier ones as they were."""

    def __init__(self, folder: Path):
        # Orbax tells its life story at INFO and warns of things that are as we want them.
        logging.getLogger("absl").setLevel(logging.ERROR)
        latest = checkpoint_managers.LatestN(2)
        best = checkpoint_managers.BestN(n=1, get_metric_fn=lambda metrics: metrics["score"])
        self._folder = folder
        self._manager = ocp.CheckpointManager(
            folder.absolute(),
            options=ocp.CheckpointManagerOptions(
                preservation_policy=checkpoint_managers.AnyPreservationPolicy([latest, best]),
                enable_async_checkpointing=False,
                cleanup_tmp_directories=True,
            ),
        )

    def save(self, state: TrainState, progress: dict[str, Any], score: float) -> None:
        """Write `state` under its step; the one with the highest `score` is never deleted."""
        self._manager.save(
            int(state.step),
            args=ocp.args.Composite(
                state=ocp.args.StandardSave(state), progress=ocp.args.JsonSave(progress)
            ),
            metrics={"score": score},
            force=True,
        )

    def best_step(self) -> int | None:
        """Step of the checkpoint with the highest score, the later one among equals."""
        steps = self._manager.all_steps()
        return max(steps, key=lambda step: (self._score(step), step), default=None)

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
            reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
            msg = f"`{self._folder / str(step)}` must be a readable checkpoint, got: {reason[:200]}"
            raise InputError(msg) from error
        return Restored(found["state"], found["progress"])

    def close(self) -> None:
        """Wait for background work."""
        self._manager.close()

    def _score(self, step: int) -> float:
        metrics = self._manager.metrics(step)
        return metrics["score"] if metrics else float("-inf")
