"""A sweep from settings to table, pictures and summary: what `python -m loft_jax.sweep` does."""

import dataclasses
import time
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console

from loft_jax.errors import InputError
from loft_jax.findings.effects import differences
from loft_jax.findings.rivals import rivalries
from loft_jax.findings.rows import rows_of
from loft_jax.findings.sentence import conclusion
from loft_jax.findings.strengths import leakage_against_strength
from loft_jax.findings.strongest import strongest_rows
from loft_jax.findings.summary import summary
from loft_jax.findings.table import to_table, write_table
from loft_jax.findings.trade_off import utility_against_leakage
from loft_jax.findings.trends import strength_effects
from loft_jax.findings.worst_case import VERIFIED, worst_cases
from loft_jax.runs.drawing import draw
from loft_jax.runs.environment import environment
from loft_jax.runs.files import write_json
from loft_jax.runs.session import Result, console
from loft_jax.sweeps.closing import closing_table
from loft_jax.sweeps.engines import Cluster, Processes
from loft_jax.sweeps.estimate import hours
from loft_jax.sweeps.folder import opened
from loft_jax.sweeps.grid import Grid, grid
from loft_jax.sweeps.look import Look
from loft_jax.sweeps.pool import work_through
from loft_jax.sweeps.settings import SweepConfig
from loft_jax.sweeps.store import Store

EXIT_FAILED = 1
"""Exit code of a sweep of which a cell failed."""


def run_sweep(
    config: SweepConfig, *, command: str = "loft_jax.sweep(...)", started: float | None = None
) -> Result:
    """Compute what is missing of the grid, then its table, pictures and summary.

    Args:
        config: what is asked for, with absolute paths.
        command: as it was typed, for sweep.json.
        started: `time.perf_counter()` at process start; None is now.

    Raises:
        InputError: if the grid is impossible or the folder cannot be written.
        Stopped: if a signal came; all is saved.
    """
    started = time.perf_counter() if started is None else started
    out, look = console(), Look()
    cells = grid(config, look)
    store = opened(Path(config.out))
    compute(cells, config, store, look, out)
    table = collected(cells, store, store.root)
    numbers = written(table, store.root, out)
    failed = failures(cells, store)
    write_json(
        store.root / "sweep.json",
        {
            "command": command,
            "config": dataclasses.asdict(config),
            "models": len(cells.models),
            "attacks": len(cells.attacks),
            "failed": failed,
            "seconds": time.perf_counter() - started,
            "environment": environment(),
        },
    )
    return Result(
        store.root, {**numbers, "failed": failed}, closing_table(numbers, failed, store.root)
    )


def compute(cells: Grid, config: SweepConfig, store: Store, look: Look, out: Console) -> None:
    """Bring all cells to their end, where that is possible.

    Raises:
        InputError: if the engine is not here.
        Stopped: if a signal came.
    """
    if config.submit == "none":
        engine = Processes(config.jobs)
    else:
        engine = Cluster(config.submit, store.root / "submitted", config.jobs)
    _introduce(out, cells, store, look)
    work_through(cells.stages(config), store, engine, out)


def collected(cells: Grid, store: Store, root: Path) -> pl.DataFrame:
    """The table of every finished attack of the grid; its paths are told from `root`."""
    rows: list[dict[str, Any]] = []
    for attack in cells.attacks:
        try:
            if store.status(attack) == "done" and store.status(attack.model) == "done":
                run = store.path(attack.model)
                rows += rows_of(store.path(attack), root, run=run, prior=attack.prior_label)
        except InputError as error:
            store.fail(attack, str(error))
    return to_table(rows)


def written(table: pl.DataFrame, root: Path, out: Console) -> dict[str, Any]:
    """Write the table, the summary, and then the pictures; returns the summary."""
    write_table(table, root)
    numbers = {
        "conclusion": [said._asdict() for said in conclusion(table)],
        "summary": summary(table),
        "strongest": strongest_rows(table),
        "worst_cases": [_plain(one) for one in worst_cases(table)],
        "verified": [_plain(one) for one in worst_cases(table, VERIFIED)],
        "rivals": [_plain(one) for one in rivalries(table)],
        "differences": [_plain(one) for one in differences(table)],
        "strength_effects": [_plain(one) for one in strength_effects(table)],
    }
    write_json(root / "summary.json", numbers)
    if len(table):
        draw(out, root / "leakage.png", lambda: leakage_against_strength(table))
        draw(out, root / "trade_off.png", lambda: utility_against_leakage(table))
    return numbers


def failures(cells: Grid, store: Store) -> dict[str, str]:
    """Why each cell that failed did."""
    found = ((cell.name, store.failure(cell)) for cell in cells.cells)
    return {name: error for name, error in found if error is not None}


def _plain(record: Any) -> dict[str, Any]:
    return {
        name: value._asdict() if hasattr(value, "_asdict") else value
        for name, value in record._asdict().items()
    }


def _introduce(out: Console, cells: Grid, store: Store, look: Look) -> None:
    """Say what is ahead: how many cells, how many are there, how long the training may take."""

    def count(kind: tuple, what: str) -> str:
        done = sum(store.is_done(cell) for cell in kind)
        named = f"{len(kind)} {what}{'' if len(kind) == 1 else 's'}"
        return named + (f" ({done} there already)" if done else "")

    for note in look.notes():
        out.print(note)
    kinds = {"classifier": cells.models, "evaluator": cells.judges, "prior": cells.priors,
             "attack": cells.attacks}  # fmt: skip
    told = ", ".join(count(kind, what) for what, kind in kinds.items() if kind)
    out.print(f"{told} -> {store.root}")
    missing = [cell for cell in cells.cells if not store.is_done(cell)]
    ahead = hours(missing, look)
    if ahead > 0.1:
        out.print(
            f"training alone takes about {ahead:.1f} hours on the cores of this machine (counted, "
            "not tried; a GPU takes a fraction), attacks and evaluators come on top"
        )
