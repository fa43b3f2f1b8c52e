"""What each head lets out of the features: ranks, IIE and bits, between the best and worst filter.

Numbers come from the runs (`python -m loft_jax.evaluate`), formulas from `iie`.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from loft_jax.findings.columns import MODEL
from loft_jax.findings.drawing import GREY, colour, marker
from loft_jax.findings.records import Leakage
from loft_jax.findings.summary import over_seeds
from loft_jax.findings.wording import kind_name
from loft_jax.reports.folders import Run
from loft_jax.reports.gather import Material
from loft_jax.reports.grid import Cell, Column, Grid, defense_cell, number, with_interval, word
from loft_jax.reports.pictures import Picture, drawn
from loft_jax.runs.drawing import png

NUMBERS = (
    ("code_rank", "Rank of code", 1),
    ("code_effective_rank", "Effective rank", 1),
    ("head_iie", "Relative IIE", 3),
    ("head_bits", "Bits", 1),
)
"""Columns, their names and digits."""
ENDS = {
    "least_leaking": ("-.", "least leaking"),
    "random": (":", "random filter"),
    "most_leaking": ("--", "most leaking"),
}
"""Curves between which a head lies, their lines and names."""


class Panel(NamedTuple):
    """The theory's panel; `assumptions` are those printed in the runs' evaluation.json."""

    grid: Grid
    figure: Picture | None
    assumptions: list[str]


def panel(material: Material) -> Panel:
    """Table, figure and assumptions."""
    measured = [run for run in material.runs.values() if run.leakage]
    told = [line for run in measured if run.leakage for line in run.leakage.assumptions]
    figure = drawn(lambda: _figure(measured), _words(measured)) if measured else None
    return Panel(_grid(material), figure, list(dict.fromkeys(told)))


def _grid(material: Material) -> Grid:
    names = [*MODEL, "seed", *(name for name, _, _ in NUMBERS)]
    of_table = material.table.select(names).unique(maintain_order=True).to_dicts()
    known = {tuple(row[name] for name in (*MODEL, "seed")) for row in of_table}
    alone = [
        {name: run.model[name] for name in names}
        for run in material.runs.values()
        if tuple(run.model[name] for name in (*MODEL, "seed")) not in known
    ]
    schema = {name: material.table.schema[name] for name in names}
    table = pl.DataFrame([*of_table, *alone], schema=schema)
    trunks = table["trunk"].n_unique() > 1
    rows = []
    for _, group in table.sort(MODEL, nulls_last=True).group_by(MODEL, maintain_order=True):
        first = group.row(0, named=True)
        cells = [_over_seeds(group[name], digits) for name, _, digits in NUMBERS]
        trunk = [word(first["trunk"])] * trunks
        rows.append([defense_cell(first), *trunk, *cells, number(len(group), 0)])
    return Grid(
        "theory",
        "What each head releases of the features",
        [
            Column("Defense", number=False),
            *[Column("Trunk", number=False)] * trunks,
            *(Column(label) for _, label, _ in NUMBERS),
            Column("Seeds"),
        ],
        rows,
        "Rank of code: directions in which the r numbers vary on test pictures; effective: the "
        "exponential of their spectrum's entropy. Relative IIE: share of the features' variance "
        "that the best attacker cannot recover from the code, 0 to 1 (higher leaks less). Bits: "
        "what the code tells of the features under the assumed noise. A plain head has no code; "
        "its IIE is of its outputs. – means not measured.",
    )


def _over_seeds(values: pl.Series, digits: int) -> Cell:
    if values.null_count():
        return number(None)
    interval = over_seeds(values.to_numpy().astype(np.float64))
    if values.dtype == pl.Int64 and values.n_unique() == 1:
        return number(interval.value, 0)
    interval = interval.within(0.0, 1.0 if values.name == "head_iie" else math.inf)
    return with_interval(interval.low, interval.value, interval.high, digits=digits)


def _figure(runs: Sequence[Run]) -> bytes:
    """Relative IIE of each head against its rank, between the extremes of that rank."""
    from matplotlib.figure import Figure

    kinds: dict[str, list[Leakage]] = {}
    for run in runs:
        if run.leakage is not None:
            kinds.setdefault(kind_name(run.model), []).append(run.leakage)
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for i, (kind, points) in enumerate(kinds.items()):
        points.sort(key=lambda point: point.rank)
        ranks, tint = sorted({point.rank for point in points}), colour(i)
        means = {
            name: [np.mean([getattr(p, name) for p in points if p.rank == r]) for r in ranks]
            for name in ENDS
        }
        axes.vlines(ranks, means["most_leaking"], means["least_leaking"], tint, lw=5, alpha=0.22)
        for name, (style, _) in ENDS.items():
            axes.plot(ranks, means[name], style, color=tint, lw=1.1, marker="_", ms=9)
        x, y = [point.rank for point in points], [point.relative for point in points]
        axes.plot(x, y, marker(i), color=tint, ms=6.5, label=kind, mec="white", mew=0.6)
    for style, label in ENDS.values():
        axes.plot([], [], style, color=GREY, lw=1.1, label=label)
    # A code that does not vary has rank 0, which has no logarithm.
    axes.set_xscale("symlog", base=2, linthresh=1)
    ticks = sorted({run.leakage.rank for run in runs if run.leakage})
    axes.set_xticks(ticks, [str(r) for r in ticks])
    axes.minorticks_off()
    axes.set(xlabel="measured rank of the release", ylabel="relative IIE of the features")
    axes.set_ylim(-0.03, 1.03)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    return png(figure, 150)


def _words(runs: Sequence[Run]) -> str:
    points = [
        f"{run.model['label']}, seed {run.model['seed']}: {told.relative:.2f} at rank {told.rank}, "
        f"between {told.most_leaking:.2f} (most leaking filter) and {told.least_leaking:.2f} "
        f"(least leaking), random {told.random:.2f}"
        for run in runs
        if (told := run.leakage)
    ]
    more = f"; {len(points) - 16} more in the table" if len(points) > 16 else ""
    return f"Relative IIE of each head against its measured rank. {'; '.join(points[:16])}{more}."
