"""Working through the units of a sweep, stage by stage, with what a person wants to see."""

import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from loft_jax.errors import InputError
from loft_jax.runs.interrupt import Interrupt
from loft_jax.sweeps.engines import Cluster, Job, Processes
from loft_jax.sweeps.store import Store
from loft_jax.sweeps.units import Unit, write_unit

POLL_SECONDS = 0.2


class Interrupted(Exception):
    """A signal came; the argument is its number. All that was begun is saved."""


def work_through(
    stages: list[list[Unit]], store: Store, engine: Processes | Cluster, out: Console
) -> None:
    """Bring every unit to its end, at most `engine.jobs` at once.

    What fails is recorded in the store and does not stop the rest.

    Raises:
        Interrupted: after every unit that was running has saved.
    """
    waiting = [[unit for unit in stage if not _done(unit, store)] for stage in stages]
    left = sum(map(len, waiting))
    total = sum(map(len, stages))
    if not left:
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
    task = bar.add_task("cells", total=total, completed=total - left, note="")
    with Interrupt() as interrupt, bar:
        for stage in waiting:
            _stage(stage, store, engine, interrupt, bar, task, out)
            if interrupt.signal is not None:
                raise Interrupted(interrupt.signal)


def _stage(
    waiting: list[Unit],
    store: Store,
    engine: Processes | Cluster,
    interrupt: Interrupt,
    bar: Progress,
    task: object,
    out: Console,
) -> None:
    running: dict[str, tuple[Unit, Job, float]] = {}
    queue = list(waiting)
    while queue or running:
        if interrupt.signal is not None:
            for _, job, _ in running.values():
                job.stop()
            return
        while queue and len(running) < engine.jobs:
            unit = queue.pop(0)
            path = store.root / "units" / f"{unit.name}.json"
            write_unit(path, unit)
            log = store.root / "logs" / f"{unit.name}.log"
            running[unit.name] = (unit, engine.start(path, log), time.perf_counter())
        for name, (unit, job, began) in list(running.items()):
            if job.finished():
                del running[name]
                bar.advance(task)  # pyright: ignore[reportArgumentType]
                seconds = time.perf_counter() - began
                out.print(f"{_verdict(unit, store)}  {name}  {seconds:.0f} s", highlight=False)
        notes = [_last_line(store.root / "logs" / f"{name}.log") for name in running]
        bar.update(task, note=" | ".join(notes))  # pyright: ignore[reportArgumentType]
        time.sleep(POLL_SECONDS)


def _done(unit: Unit, store: Store) -> bool:
    """Whether nothing is left to do; a damaged cell is left to the worker, who says so."""
    try:
        return all(store.status(cell) == "done" for cell in unit.cells)
    except InputError:
        return False


def _verdict(unit: Unit, store: Store) -> str:
    failed = [cell for cell in unit.cells if store.failure(cell) is not None]
    if failed:
        return "failed"
    if _done(unit, store):
        return "done  "
    for cell in unit.cells:  # it ended without a word: killed from outside, or out of memory
        if store.status(cell) != "done":
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
