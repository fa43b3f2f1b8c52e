"""What a person sees while a run goes on: one live line, and a row for each epoch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)


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


class TrainingProgress:
    """Live bar with loss, accuracy, images a second and time left; use as a context manager."""

    def __init__(self, console: Console, steps: int, done: int, batch: int):
        self._batch = batch
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("loss {task.fields[loss]:.3f}  accuracy {task.fields[accuracy]:.3f}"),
            TextColumn("{task.fields[rate]:,.0f} images/s"),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(
            "training", total=steps, completed=done, loss=float("nan"), accuracy=0.0, rate=0.0
        )

    def __enter__(self) -> "TrainingProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, step: int, loss: float, accuracy: float) -> None:
        """Show the state after `step` updates."""
        speed = self._bar.tasks[0].speed or 0.0
        self._bar.update(
            self._task, completed=step, loss=loss, accuracy=accuracy, rate=speed * self._batch
        )

    def epoch(self, row: dict[str, float], epochs: int) -> None:
        """Print the row of a finished epoch."""
        validation = row.get("validation_accuracy")
        text = "" if validation is None else f"  validation accuracy {validation:.3f}"
        self._bar.console.print(
            f"epoch {row['epoch']:>3}/{epochs}  loss {row['train_loss']:.3f}  "
            f"accuracy {row['train_accuracy']:.3f}{text}",
            highlight=False,
        )
