"""Working through the units of a sweep, with what a person wants to see."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from loft_jax.runs.interrupt import Interrupt
from loft_jax.sweeps.engines import Cluster, Processes, Running
from loft_jax.sweeps.store import Store
from loft_jax.sweeps.units import Unit, write_unit

POLL_SECONDS = 0.2
SILENCE = 60.0
"""Seconds after which a line is printed of what runs, where no bar shows it."""


def work_through(
    stages: list[list[Unit]], store: Store, engine: Processes | Cluster, out: Console
) -> None:
    """Bring every unit to its end, at most `engine.jobs` at once, each behind what it needs.

    What fails is recorded in the store and does not stop the rest.

    Raises:
        Stopped: if a signal came, after every unit that was running has saved.
    """
    units = [unit for stage in stages for unit in stage]
    waiting = [unit for unit in units if not _is_whole(unit, store)]
    if not waiting:
        return
    for name in ("units", "logs"):
        (store.root / name).mkdir(parents=True, exist_ok=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(compact=True),
        console=out,
        transient=True,
        disable=not out.is_terminal,
    )
    done = len(units) - len(waiting)
    task = bar.add_task("cells", total=len(units), completed=done, note="")
    with Interrupt() as interrupt, bar:
        _Work(store, engine, interrupt, bar, task, out).on(waiting)
        interrupt.check("the same command")


@dataclass
class _Work:
    """What runs, and who is told of it."""

    store: Store
    engine: Processes | Cluster
    interrupt: Interrupt
    bar: Progress
    task: Any
    out: Console
    running: dict[str, tuple[Unit, Running, float]] = field(default_factory=dict)
    spoken: float = field(default_factory=time.perf_counter)

    def on(self, waiting: list[Unit]) -> None:
        """Bring them to their end, or to where a signal stops them."""
        queue = list(waiting)
        makes = {unit.name: {cell.name for cell in unit.cells} for unit in waiting}
        needs = {unit.name: _needed(unit) - makes[unit.name] for unit in waiting}
        while queue or self.running:
            if self.interrupt.signal is not None:
                for _, job, _ in self.running.values():
                    job.stop()
                return
            while len(self.running) < self.engine.jobs:
                names = (*self.running, *(unit.name for unit in queue))
                missing = set().union(*(makes[name] for name in names))
                ready = next((unit for unit in queue if not needs[unit.name] & missing), None)
                if ready is None:
                    break
                queue.remove(ready)
                self._begin(ready)
            for name, (unit, job, began) in list(self.running.items()):
                if job.finished():
                    del self.running[name]
                    self.bar.advance(self.task)
                    seconds = time.perf_counter() - began
                    self._say(f"{_verdict(unit, self.store)}  {name}  {seconds:.0f} s")
            self._show()
            time.sleep(POLL_SECONDS)

    def _begin(self, unit: Unit) -> None:
        path = self.store.root / "units" / f"{unit.name}.json"
        write_unit(path, unit)
        log = self._log(unit.name)
        self.running[unit.name] = (unit, self.engine.start(path, log), time.perf_counter())
        self._say(f"begun   {unit.name}, log {log}")

    def _show(self) -> None:
        notes = [_last_line(self._log(name)) for name in self.running]
        self.bar.update(self.task, note=" | ".join(notes))
        if not self.out.is_terminal and time.perf_counter() - self.spoken > SILENCE:
            for name, note in zip(self.running, notes, strict=True):
                self._say(f"runs    {name}: {note}")

    def _say(self, line: str) -> None:
        self.out.print(line)
        self.spoken = time.perf_counter()

    def _log(self, name: str) -> Path:
        return self.store.root / "logs" / f"{name}.log"


def _needed(unit: Unit) -> set[str]:
    return {one.name for cell in unit.cells for one in cell.needs()}


def _is_whole(unit: Unit, store: Store) -> bool:
    return all(store.is_whole(cell) for cell in unit.cells)


def _verdict(unit: Unit, store: Store) -> str:
    failed = [cell for cell in unit.cells if store.failure(cell) is not None]
    if failed:
        return "failed"
    if all(store.is_done(cell) for cell in unit.cells):
        return "done  "
    for cell in unit.cells:  # it ended without a word: killed from outside, or out of memory
        if not store.is_done(cell):
            store.fail(cell, f"its process ended early; see logs/{unit.name}.log")
    return "ended early"


def _last_line(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 400))
            lines = file.read().decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:48] if lines else ""
