"""What each defense can be had for: test accuracy against the strongest attack, a panel each."""

import textwrap
from typing import Any

import polars as pl

from loft_jax.findings import drawing
from loft_jax.findings.columns import CURVE
from loft_jax.findings.drawing import BASELINE, GREY, key
from loft_jax.findings.strongest import strongest_rows
from loft_jax.findings.wording import kind_name
from loft_jax.runs.drawing import png

ACROSS = 4
"""Panels in a row."""
LETTERS = 24
"""That a panel's width holds of its title."""
PALE = "#cccccc"


def frontiers(table: pl.DataFrame) -> bytes:
    """PNG: for each defense its strengths, before all others in grey; upper left is better."""
    from matplotlib.figure import Figure

    rows = strongest_rows(table)
    kinds = list(dict.fromkeys(key(row, CURVE) for row in rows if row["baselines"]))
    lines = max(1, -(-len(kinds) // ACROSS))
    across = min(ACROSS, max(1, len(kinds)))
    figure = Figure(figsize=(7.5, 2.1 * lines + 0.9), layout="constrained")
    panels = figure.subplots(lines, across, sharex=True, sharey=True, squeeze=False)
    low, high = drawing.limits(rows)
    for axes, kind in zip(panels.flat, kinds, strict=False):
        own = sorted((row for row in rows if key(row, CURVE) == kind), key=_strength)
        _panel(axes, own, rows)
        axes.set_title(textwrap.fill(kind_name(own[0]), LETTERS), fontsize=9)
    for axes in panels.flat[len(kinds) :]:
        axes.set_axis_off()
    panels[0, 0].set(xlim=(-0.04, 1.04), ylim=(low, high), xticks=[0, 0.5, 1])
    figure.supxlabel("Acc@1 of the strongest attack", fontsize=9)
    figure.supylabel("test accuracy", fontsize=9)
    figure.suptitle(f"{drawing.title(rows)}; star: no defense", fontsize=9)
    return png(figure, 150)


def _panel(axes: Any, own: list[dict], rows: list[dict]) -> None:
    """One defense, its strengths joined in their order and named."""
    axes.grid(color="#eeeeee")
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)
    for row in rows:
        plain = not row["baselines"]
        axes.plot(
            [row["accuracy_at_1"]], [row["test_accuracy"]], color=GREY if plain else PALE,
            marker=BASELINE if plain else ".", ms=9 if plain else 5, ls="",
        )  # fmt: skip
    x, y = ([row[name] for row in own] for name in ("accuracy_at_1", "test_accuracy"))
    colour = drawing.colour(0)
    axes.plot(x, y, color=colour, lw=1)
    drawing.point(
        axes, x, y, colour, "o", ls="",
        xerr=drawing.errors(own, "accuracy_at_1"), yerr=drawing.errors(own, "test_accuracy"),
    )  # fmt: skip
    for i, row in enumerate(own if own[0]["strength"] is not None else []):
        # Each a line lower: strengths that find alike would be written over one another.
        axes.annotate(
            f"{row['strength']:g}", (row["accuracy_at_1"], row["test_accuracy"]), ha="center",
            xytext=(0, -13 - 9 * i), textcoords="offset points", fontsize=7, color="#222222",
        )  # fmt: skip


def _strength(row: dict) -> float:
    return row["strength"] or 0.0
