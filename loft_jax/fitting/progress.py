"""What a person sees while something is fitted: one live line, a row now and then, no silence."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from loft_jax.fitting.loop import Watch
from loft_jax.fitting.state import TrainState

PATIENCE = 60
"""Seconds without a word where there is no terminal for a live line."""

Saved = Callable[[TrainState, list[dict[str, Any]]], None]


@contextmanager
def reading(console: Console) -> Iterator[Callable[[int, int], None]]:
    """A live bar of the pictures that are read or drawn; gives what `load_dataset` reports to."""
    columns = (
        TextColumn("[bold]pictures"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


class Bar(Watch):
    """Live bar with metrics, pictures a second and time left; use as a context manager.

    Args:
        console: where it is shown.
        what: is done.
        steps: in the whole run.
        done: of them.
        pictures: in a step.
        line: text of a row.
        saved: called when a checkpoint is written.
    """

    def __init__(
        self,
        console: Console,
        what: str,
        *,
        steps: int,
        done: int,
        pictures: int,
        line: Callable[[Mapping[str, Any]], str],
        saved: Saved,
    ):
        self._steps, self._pictures, self._line, self._saved = steps, pictures, line, saved
        self._told = time.monotonic()
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[shown]}"),
            TextColumn("{task.fields[rate]:,.0f} pictures/s"),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(what, total=steps, completed=done, shown="", rate=0.0)

    def __enter__(self) -> "Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def read(self, step: int, metrics: Mapping[str, list[float]]) -> None:
        """Show the means of the running row."""
        shown = "  ".join(
            f"{name.replace('_', ' ')} {np.mean(values):.3f}" for name, values in metrics.items()
        )
        speed = self._bar.tasks[0].speed or 0.0
        self._bar.update(self._task, completed=step, shown=shown, rate=speed * self._pictures)
        if self._bar.disable and time.monotonic() - self._told > PATIENCE:
            self._say(f"step {step}/{self._steps}  {shown}")

    def row(self, row: dict[str, Any]) -> None:
        """Print a finished row."""
        self._say(self._line(row))

    def saved(self, state: TrainState, rows: list[dict[str, Any]]) -> None:
        """Pass it on."""
        self._saved(state, rows)

    def _say(self, text: str) -> None:
        self._told = time.monotonic()
        self._bar.console.print(text, highlight=False)
