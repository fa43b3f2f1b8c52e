"""What a person sees while a prior is fitted: one live line, and a row now and then."""

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn


class FittingProgress:
    """Live bar with both losses, pictures a second and time left; use as a context manager."""

    def __init__(self, console: Console, steps: int, done: int, pictures: int):
        self._pictures = pictures
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            TextColumn(
                "discriminator {task.fields[judge]:.3f}  generator {task.fields[maker]:.3f}"
            ),
            TextColumn("{task.fields[rate]:,.0f} pictures/s"),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        nan = float("nan")
        self._task = self._bar.add_task(
            "fitting", total=steps, completed=done, judge=nan, maker=nan, rate=0.0
        )

    def __enter__(self) -> "FittingProgress":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, step: int, judge: float, maker: float) -> None:
        """Show the state after `step` iterations."""
        speed = self._bar.tasks[0].speed or 0.0
        self._bar.update(
            self._task, completed=step, judge=judge, maker=maker, rate=speed * self._pictures
        )

    def row(self, row: dict[str, Any], steps: int) -> None:
        """Print a row of metrics.jsonl."""
        self._bar.console.print(
            f"step {row['step']:>5}/{steps}  discriminator {row['discriminator_loss']:.3f}  "
            f"generator {row['generator_loss']:.3f}  spread {row['spread']:.3f}",
            highlight=False,
        )
