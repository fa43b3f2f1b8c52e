"""Utility against leakage: a picture of a table."""

import numpy as np
import polars as pl

from loft_jax.findings import drawing
from loft_jax.findings.columns import ATTACK, MODEL
from loft_jax.findings.drawing import BASELINE, GREY, key, one_each
from loft_jax.findings.summary import summary
from loft_jax.runs.drawing import png


def utility_against_leakage(table: pl.DataFrame) -> bytes:
    """PNG: test accuracy against Acc@1, a row of points a model; upper left is better."""
    from matplotlib.figure import Figure
    from matplotlib.transforms import ScaledTranslation

    rows = summary(table)
    attacks = drawing.attacks_of(rows)
    kinds = list(dict.fromkeys(row["defense"] for row in rows if row["baselines"]))
    firsts = one_each(rows, list(dict.fromkeys(key(row, MODEL) for row in rows)), MODEL)
    figure = Figure(figsize=(7.5, max(4.8, 1.8 + 0.2 * len(firsts))), layout="constrained")
    axes = figure.add_subplot()
    low, high = drawing.limits(rows)
    gap = (high - low) / max(22, len(firsts) + 1)
    heights = [row["test_accuracy"] for row in firsts]
    for first, place in zip(firsts, drawing.spread(heights, gap, low, high), strict=True):
        alike = [row for row in rows if key(row, MODEL) == key(first, MODEL)]
        y, most = first["test_accuracy"], max(row["accuracy_at_1"] for row in alike)
        # A thin line leads from a model's points to its name, however they crowd.
        least = min(row["accuracy_at_1"] for row in alike)
        axes.plot([least, 1.06, 1.12], [y, y, place], color="#bbbbbb", lw=0.7, clip_on=False)
        name = ", ".join((first["label"], *drawing.apart(first, rows)))
        axes.text(1.13, place, name, fontsize=8, va="center", color="#222222")
        drawing.point(axes, most, y, GREY, "", yerr=drawing.errors([first], "test_accuracy"))
        for row in alike:
            i = attacks.index(key(row, ATTACK))
            shape = kinds.index(row["defense"]) if len(kinds) > 1 and row["baselines"] else i
            marker = drawing.marker(shape) if row["baselines"] else BASELINE
            # Up or down by a few points, so that the intervals of a model can be told apart.
            up = min(3.5, 16 / len(attacks)) * ((len(attacks) - 1) / 2 - i) / 72
            apart = axes.transData + ScaledTranslation(0, up, figure.dpi_scale_trans)
            drawing.lookalikes(axes, row, y, drawing.colour(i), across=True, transform=apart)
            drawing.point(
                axes, row["accuracy_at_1"], y, drawing.colour(i), marker,
                xerr=drawing.errors([row], "accuracy_at_1"),
                transform=apart,
            )  # fmt: skip
    axes.set(xlim=(-0.04, 1.06), ylim=(low, high), xticks=np.linspace(0, 1, 6))
    corner = {"transform": axes.transAxes, "va": "top", "color": GREY, "fontsize": 9}
    axes.text(0.015, 0.985, "\N{NORTH WEST ARROW} better", **corner)
    axes.set(
        xlabel="attack accuracy (Acc@1)",
        ylabel="test accuracy (a model's points drawn apart)",
    )
    figure.suptitle(drawing.title(rows), fontsize=10)
    axes.grid(color="#eeeeee")
    axes.set_axisbelow(True)
    drawing.control(axes, axes.axvline, rows)
    defended = [row for row in rows if row["baselines"]]
    drawing.legend(
        figure, axes, rows, one_each(defended, [(kind,) for kind in kinds], ("defense",))
    )
    return png(figure, 150)
