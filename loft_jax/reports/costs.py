"""The tables of seconds and memory."""

from collections.abc import Sequence

from loft_jax.reports.folders import Attack, Run
from loft_jax.reports.grid import Cell, Column, Grid, defense_cell, number


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
                defense_cell(run.model, seed=True),
                *(number(getattr(run.result, f"seconds_{part}"), 1) for part in parts),
                _gib(run.result.peak_memory_bytes),
                number(run.result.parameters, 0),
            ]
            for run in runs
        ],
    )  # fmt: skip
    parts = ("compile", "candidates", "search", "measure", "total")
    attacked = Grid(
        "costs-attacks",
        "Attacks",
        [
            Column("Defense and attack", number=False),
            *(Column(f"Seconds, {part}") for part in parts),
            Column("Peak memory, GiB"),
        ],
        [
            [
                heading,
                *(number(getattr(attack.result, f"seconds_{part}"), 1) for part in parts),
                _gib(attack.result.peak_memory_bytes),
            ]
            for heading, attack in attacks
        ],
    )  # fmt: skip
    return [grid for grid in (trained, attacked) if grid.rows]


def _gib(value: int) -> Cell:
    return number(value / 2**30, 2)
