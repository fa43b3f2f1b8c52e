"""The tables of seconds and memory."""

from collections.abc import Sequence

from loft_jax.reports.folders import Attack, Run
from loft_jax.reports.grid import Cell, Column, Grid, head_cell, number


def costs_grids(runs: Sequence[Run], attacks: Sequence[tuple[Cell, Attack]]) -> list[Grid]:
    """Seconds and memory of every run and attack."""
    parts = ("compile", "train", "evaluate", "total")
    trained = Grid(
        "costs-runs",
        "Training",
        [
            Column("Run", number=False), *(Column(f"Seconds, {part}") for part in parts),
            Column("Peak memory, GiB"), Column("Parameters"),
        ],
        [
            [
                head_cell(run.model, seed=True),
                *(number(run.result.get(f"seconds_{part}"), 1) for part in parts),
                _gib(run.result.get("peak_memory_bytes")),
                number(run.result.get("parameters"), 0),
            ]
            for run in runs
        ],
    )  # fmt: skip
    parts = ("compile", "candidates", "search", "measure", "total")
    attacked = Grid(
        "costs-attacks",
        "Attacks",
        [
            Column("Head and attack", number=False),
            *(Column(f"Seconds, {part}") for part in parts),
            Column("Peak memory, GiB"),
        ],
        [
            [
                heading,
                *(number(attack.result.get(f"seconds_{part}"), 1) for part in parts),
                _gib(attack.result.get("peak_memory_bytes")),
            ]
            for heading, attack in attacks
        ],
    )  # fmt: skip
    return [grid for grid in (trained, attacked) if grid.rows]


def _gib(value: int | None) -> Cell:
    return number(None if value is None else value / 2**30, 2)
