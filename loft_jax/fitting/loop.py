"""The loop of everything that is fitted: updates, rows, checkpoints, and a clean stop.

Everything it does is a function of (task, step), so a run that was killed and resumed makes the
same weights to the bit as one that was not.
"""

import abc
import math
import time
from collections.abc import Mapping
from typing import Any

from jaxtyping import Array

from loft_jax.errors import DivergenceError
from loft_jax.fitting.checkpoint import Checkpoints, History
from loft_jax.fitting.state import TrainState
from loft_jax.runs.compilation import CompileClock
from loft_jax.runs.interrupt import Interrupt

NEVER_BEST = -1e30
"""Score of a checkpoint between two rows."""
READ_EVERY = 10
"""Steps between two looks at the losses; in between the devices run ahead of Python."""


class Task(abc.ABC):
    """What is fitted: a classifier, a generator, a student.

    Attributes:
        steps: updates in the whole run.
        row_every: updates in a row of metrics.jsonl.
        save_every: updates between checkpoints, a multiple of `row_every`.
    """

    steps: int
    row_every: int
    save_every: int

    @abc.abstractmethod
    def advance(self, state: TrainState, step: int) -> tuple[TrainState, Mapping[str, Array]]:
        """The state after update number `step`, and its metrics."""

    @abc.abstractmethod
    def row(
        self, state: TrainState, step: int, metrics: Mapping[str, list[float]]
    ) -> dict[str, Any]:
        """The numbers of the updates since the last row.

        Raises:
            DivergenceError: if they say that going on is useless.
        """

    def score(self, row: Mapping[str, Any]) -> float:
        """By which the best checkpoint is chosen, the highest; here the latest is best."""
        return float(row["step"])

    @abc.abstractmethod
    def advice(self, step: int) -> str:
        """What to try if a metric of this update is not finite."""


class Watch:
    """Who is told how it goes on; subclasses listen."""

    def read(self, step: int, metrics: Mapping[str, list[float]]) -> None:
        """Metrics of the running row, up to `step`."""

    def row(self, row: dict[str, Any]) -> None:
        """A row is complete."""

    def saved(self, state: TrainState, rows: list[dict[str, Any]]) -> None:
        """A checkpoint of a complete row is written."""


def fit(
    task: Task,
    state: TrainState,
    history: History | None = None,
    *,
    checkpoints: Checkpoints | None = None,
    watch: Watch | None = None,
    interrupt: Interrupt | None = None,
    clock: CompileClock | None = None,
) -> TrainState:
    """The state after the last update, or after the update in which a signal came.

    Raises:
        DivergenceError: if a metric is not finite, or the task says so.
    """
    history, watch = history or History(), watch or Watch()
    time_spent = _stopwatch(history, clock)
    step = saved = int(state.step)
    unread: list[Mapping[str, Array]] = []
    while step < task.steps and (interrupt is None or interrupt.signal is None):
        state, metrics = task.advance(state, step)
        unread.append(metrics)
        step += 1
        at_row = step % task.row_every == 0 or step == task.steps
        if at_row or len(unread) == READ_EVERY:
            _read(unread, history, step, task)
            watch.read(step, history.pending)
        if at_row:
            row = task.row(state, step, history.pending)
            history.rows.append(row)
            history.pending.clear()
            watch.row(row)
        if checkpoints is not None and (step % task.save_every == 0 or step == task.steps):
            history.seconds = time_spent()
            checkpoints.save(state, history, task.score(history.rows[-1]))
            saved = step
            watch.saved(state, history.rows)
    _read(unread, history, step, task)
    history.seconds = time_spent()
    if checkpoints is not None and step != saved:
        # Stopped between two of them: not yet judged, so never the best checkpoint.
        checkpoints.save(state, history, NEVER_BEST)
    return state


def _stopwatch(history: History, clock: CompileClock | None) -> Any:
    """Seconds without compiling; whoever resumes counts on from `history.seconds`."""

    def now() -> float:
        return time.perf_counter() - (clock.seconds if clock else 0.0)

    began = now() - history.seconds
    return lambda: now() - began


def _read(unread: list[Mapping[str, Array]], history: History, step: int, task: Task) -> None:
    """Move the metrics of the updates before `step` into the history."""
    first = step - len(unread)
    for at, metrics in enumerate(unread, first):
        for name, value in metrics.items():
            number = float(value)
            if not math.isfinite(number):
                msg = f"the {name.replace('_', ' ')} became {number} at step {at}{task.advice(at)}"
                raise DivergenceError(msg)
            history.pending.setdefault(name, []).append(number)
    unread.clear()
