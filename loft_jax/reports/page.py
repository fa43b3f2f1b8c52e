"""The page: every panel in its place, in one HTML file that loads nothing."""

from pathlib import Path
from typing import Any

import jinja2
import polars as pl

from loft_jax.findings.sentence import conclusion
from loft_jax.findings.wording import attack_name
from loft_jax.reports import differing, headline, reconstructions, theory, training
from loft_jax.reports.citing import cited
from loft_jax.reports.commands import attack_command, train_command
from loft_jax.reports.costs import costs_grids
from loft_jax.reports.folders import Attack, Run
from loft_jax.reports.gaps import gaps
from loft_jax.reports.gather import Material
from loft_jax.reports.grid import Cell, defense_cell
from loft_jax.reports.numbers import (
    attacks_grid,
    differences_grid,
    strengths_grid,
    strongest_grid,
)
from loft_jax.runs.places import without_places

TEMPLATES = Path(__file__).parent / "templates"


def page(material: Material, *, show_private: bool = False) -> str:
    """HTML of the whole report.

    Args:
        material: what is shown.
        show_private: show private pictures even if they are not synthetic.

    Raises:
        InputError: if reconstructions are damaged.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=without_places,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        _panels(material, show_private=show_private)
    )


def _panels(material: Material, *, show_private: bool) -> dict[str, Any]:
    table, runs = material.table, _in_order(material.runs)
    attacks = _named(table, material.attacks)
    numbers = [
        attacks_grid(table),
        strongest_grid(table),
        differences_grid(table),
        strengths_grid(table),
    ]
    return {
        "title": f"Model inversion on {_data(material)}",
        "scope": _scope(material),
        "conclusion": conclusion(table),
        "headline": headline.figure(table),
        "numbers": [grid for grid in numbers if grid.rows],
        "reconstructions": reconstructions.panel(material, show_private=show_private),
        "theory": theory.panel(material),
        "training": training.curves(runs),
        "gaps": gaps(material),
        "failures": material.failures,
        "settings": [differing.of_runs(runs), differing.of_attacks(attacks)],
        "sweeps": material.sweeps,
        "commands": _commands(runs, [attack for _, attack in attacks]),
        "costs": costs_grids(runs, attacks),
        "versions": _versions(runs),
        "cite": cited(material),
    }


def _in_order(runs: dict[str, Run]) -> list[Run]:
    def order(run: Run) -> tuple:
        model = run.model
        strength = model["strength"] or 0
        return (bool(model["baselines"]), model["defense"], strength, model["seed"])

    return sorted(runs.values(), key=order)


def _named(table: pl.DataFrame, attacks: dict[str, Attack]) -> list[tuple[Cell, Attack]]:
    """Attacks in the table's order, with headings that tell them apart."""
    named = []
    for row in table.unique("attack_folder", maintain_order=True).iter_rows(named=True):
        if row["attack_folder"] in attacks:
            heading = defense_cell(row, seed=True)._replace(interval=attack_name(row, prior=True))
            named.append((heading, attacks[row["attack_folder"]]))
    return named


def _data(material: Material) -> str:
    names = [
        *material.table["data"].to_list()[:1],
        *(r.model["data"] for r in material.runs.values()),
    ]
    return names[0] if names else "no data"


def _scope(material: Material) -> str:
    table, runs = material.table, material.runs.values()
    models = {*table["run"].to_list(), *material.runs}
    classes = {*table["classes"].to_list(), *(run.model["classes"] for run in runs)}
    trunks = {*table["trunk"].to_list(), *(run.model["trunk"] for run in runs)}
    attacks = table["attack_folder"].n_unique()
    return ", ".join(
        [
            _count(len(models), "classifier"),
            _count(attacks, "attack"),
            f"trunk {' and '.join(sorted(trunks))}",
            f"{max(classes)} classes" if classes else "no classes",
        ]
    )


def _count(n: int, what: str) -> str:
    return f"{n} {what}" + "s" * (n != 1)


def _commands(runs: list[Run], attacks: list[Attack]) -> list[str]:
    lines = [train_command(run.config) for run in runs]
    lines += [attack_command(attack.config) for attack in attacks]
    return list(dict.fromkeys(lines))


def _versions(runs: list[Run]) -> list[tuple[str, str]]:
    """(what, its versions): several where runs were made with several."""
    found: dict[str, list[str]] = {}
    for run in runs:
        told = run.environment
        for name, value in (
            ("Python", told.python),
            *told.packages.items(),
            ("platform", told.platform),
            ("devices", ", ".join(told.devices)),
            ("commit", told.commit),
        ):
            if value:
                found.setdefault(name, []).append(str(value))
    return [(name, "; ".join(dict.fromkeys(values))) for name, values in found.items()]
