"""A sweep from settings to table, pictures and summary: what `python -m loft_jax.sweep` does."""

import dataclasses
import time
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console

from loft_jax.errors import InputError
from loft_jax.findings.effects import differences, rank_effects
from loft_jax.findings.figures import leakage_against_rank, utility_against_leakage
from loft_jax.findings.sentence import conclusion
from loft_jax.findings.summary import summary
from loft_jax.findings.table import rows_of, to_table, write_table
from loft_jax.findings.worst_case import worst_cases
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.session import EXIT_SIGNAL
from loft_jax.runs.environment import environment
from loft_jax.runs.files import write_bytes, write_json
from loft_jax.runs.session import console
from loft_jax.sweeps.cells import Prior
from loft_jax.sweeps.closing import closing_table
from loft_jax.sweeps.engines import Cluster, Processes
from loft_jax.sweeps.grid import Grid, grid
from loft_jax.sweeps.pool import Interrupted, work_through
from loft_jax.sweeps.settings import SweepConfig
from loft_jax.sweeps.store import Store

EXIT_FAILED = 1


def sweep_run(config: SweepConfig, *, command: str, started: float) -> int:
    """Compute what is missing of the grid, then its table, pictures and summary.

    Args:
        config: checked by `settings.check`.
        command: as it was typed, for sweep.json.
        started: `time.perf_counter()` at process start.

    Returns:
        0; 1 if a cell failed; 128 + the signal's number if one came.

    Raises:
        InputError: if the grid is impossible or the folder cannot be written.
    """
    cells, out = grid(config), console()
    store = opened(Path(config.out))
    _introduce(out, cells, store)
    code = computed(cells, config, store, out)
    if code > EXIT_FAILED:
        return code
    table = collected(cells, store, store.root)
    numbers = written(table, store.root)
    write_json(
        store.root / "sweep.json",
        {
            "command": command,
            "config": dataclasses.asdict(config),
            "models": len(cells.models),
            "attacks": len(cells.attacks),
            "failed": failures(cells, store),
            "seconds": time.perf_counter() - started,
            "environment": environment(),
        },
    )
    out.print(closing_table(numbers, failures(cells, store), store.root))
    return code


def computed(cells: Grid, config: SweepConfig, store: Store, out: Console) -> int:
    """Bring all cells to their end; returns the exit code so far."""
    if config.submit == "none":
        engine = Processes(config.jobs)
    else:
        engine = Cluster(config.submit, store.root / "submitted", config.jobs)
    try:
        work_through(cells.stages(config), store, engine, out)
    except Interrupted as stop:
        out.print("stopped and saved; the same command goes on", highlight=False)
        return EXIT_SIGNAL + int(stop.args[0])
    return EXIT_FAILED if failures(cells, store) else 0


def opened(root: Path) -> Store:
    """The store in this folder, which is made if need be.

    Raises:
        InputError: if it is something else or cannot be written.
    """
    known = {
        "models", "priors", "attacks", "units", "logs", "failures", "submitted", "sweep.json",
        "summary.json", "table.parquet", "table.csv", "leakage.png", "trade_off.png",
    }  # fmt: skip
    try:
        root.mkdir(parents=True, exist_ok=True)
        others = sorted({path.name for path in root.iterdir()} - known)
    except OSError as error:
        msg = f"`--out` must be a folder that can be written, got {root}: {error.strerror}"
        raise InputError(msg) from error
    sweeping = (root / "models").is_dir() or not any(root.iterdir())
    if not sweeping:
        msg = f"`--out` must be a new folder or that of a sweep, got {root} with {others[0]}"
        raise InputError(msg)
    (root / "models").mkdir(exist_ok=True)
    return Store(root)


def collected(cells: Grid, store: Store, root: Path) -> pl.DataFrame:
    """The table of every finished attack of the grid; its paths are told from `root`."""
    rows: list[dict[str, Any]] = []
    for attack in cells.attacks:
        try:
            if store.status(attack) == "done" and store.status(attack.model) == "done":
                # One name for priors that differ only in the target that they were fitted to.
                label = attack.prior.label if isinstance(attack.prior, Prior) else None
                run = store.path(attack.model)
                rows += rows_of(store.path(attack), root, run=run, prior=label)
        except InputError as error:
            store.fail(attack, str(error))
    return to_table(rows)


def written(table: pl.DataFrame, root: Path) -> dict[str, Any]:
    """Write the table, the summary and the pictures; returns the summary."""
    write_table(table, root)
    numbers = {
        "conclusion": [said._asdict() for said in conclusion(table)],
        "summary": summary(table),
        "worst_cases": [_plain(one) for one in worst_cases(table)],
        "differences": [_plain(one) for one in differences(table)],
        "rank_effects": [_plain(one) for one in rank_effects(table)],
    }
    write_json(root / "summary.json", numbers)
    if len(table):
        write_bytes(root / "leakage.png", leakage_against_rank(table))
        write_bytes(root / "trade_off.png", utility_against_leakage(table))
    return numbers


def failures(cells: Grid, store: Store) -> dict[str, str]:
    """Why each cell that failed did."""
    every = [*cells.judges, *cells.priors, *cells.models, *cells.attacks]
    found = ((cell.name, store.failure(cell)) for cell in every)
    return {name: error for name, error in found if error is not None}


def _plain(record: Any) -> dict[str, Any]:
    return {
        name: value._asdict() if hasattr(value, "_asdict") else value
        for name, value in record._asdict().items()
    }


def _introduce(out: Console, cells: Grid, store: Store) -> None:
    def count(kind: tuple) -> str:
        done = sum(RunFolder(store.path(cell)).path.exists() for cell in kind)
        return f"{len(kind)}" + (f" ({done} there already)" if done else "")

    out.print(
        f"{count(cells.models)} classifiers, {count(cells.judges)} evaluators, "
        f"{count(cells.priors)} priors, {count(cells.attacks)} attacks -> {store.root}",
        highlight=False,
    )
