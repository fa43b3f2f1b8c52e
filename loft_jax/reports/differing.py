"""Settings of runs and attacks: where they differ as a table, what they share as a list."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from loft_jax.reports.commands import GROUPS, what
from loft_jax.reports.folders import Attack, Run
from loft_jax.reports.grid import Cell, Column, Grid, defense_cell, number, plainly, word

NAMED = ("attack", "prior", "adaptive")
"""What the name of an attack says."""


class Settings(NamedTuple):
    """Settings of several things of one kind."""

    differing: Grid | None
    shared: list[tuple[str, str]]


def of_runs(runs: Sequence[Run]) -> Settings:
    """Of the runs, all groups together."""
    told = [{"preset": run.config.preset, **_flat(run)} for run in runs]
    heads = [defense_cell(run.model, seed=True) for run in runs]
    return _settings("settings-runs", "Where the runs differ", "Run", heads, told)


def of_attacks(attacks: Sequence[tuple[Cell, Attack]]) -> Settings:
    """Of the attacks, beyond what their names say."""
    told = [
        {name.replace("_", "-"): value for name, value in what(attack.config) if name not in NAMED}
        for _, attack in attacks
    ]
    heads = [head for head, _ in attacks]
    caption = "Where the attacks differ"
    return _settings("settings-attacks", caption, "Defense and attack", heads, told)


def _flat(run: Run) -> dict[str, Any]:
    return {
        f"{group} {name}".replace("_", "-"): value
        for group in GROUPS
        for name, value in what(getattr(run.config, group))
    }


def _settings(
    name: str, caption: str, of: str, heads: list[Cell], told: list[dict[str, Any]]
) -> Settings:
    keys = list(told[0]) if told else []
    differing = [key for key in keys if len({plainly(one[key]) for one in told}) > 1]
    shared = [(key, plainly(told[0][key])) for key in keys if key not in differing]
    if not differing:
        return Settings(None, shared)
    numbers = {key: all(_is_number(one[key]) for one in told) for key in differing}
    grid = Grid(
        name,
        caption,
        [
            Column(of, number=False),
            *(Column(key.split(" ")[-1], number=numbers[key]) for key in differing),
        ],
        [
            [
                head,
                *(_cell(one[key], numbers[key]) for key in differing),
            ]
            for head, one in zip(heads, told, strict=True)
        ],
    )
    return Settings(grid, shared)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _cell(value: Any, as_number: bool) -> Cell:
    if as_number and value is not None:
        return number(value, 0)._replace(text=plainly(value))
    return word(value)
