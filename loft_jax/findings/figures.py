"""Two pictures of a table: leakage against rank, and utility against leakage."""

import numpy as np
import polars as pl

from loft_jax.findings import drawing
from loft_jax.findings.drawing import CURVE, GREY, key, one_each
from loft_jax.findings.summary import summary
from loft_jax.findings.table import ATTACK, MODEL
from loft_jax.findings.wording import head_name


def leakage_against_rank(table: pl.DataFrame) -> bytes:
    """PNG: Acc@1 of every attack and test accuracy against rank, the plain head at the right."""
    from matplotlib.figure import Figure

    rows = summary(table)
    curves = list(dict.fromkeys(key(row, CURVE) for row in rows if row["head"] != "plain"))
    plains = list(dict.fromkeys(key(row, MODEL) for row in rows if row["head"] == "plain"))
    attacks = drawing.attacks_of(rows)
    ranks = np.array(sorted({row["rank"] for row in rows if row["head"] != "plain"}), float)
    ticks = np.log2(ranks)
    ends = (ticks[-1] if len(ticks) else 0) + 1.0 + np.arange(len(plains))
    figure = Figure(figsize=(7.5, 6), layout="constrained")
    upper, lower = figure.subplots(2, sharex=True, height_ratios=(1, 2))
    for j, curve in enumerate(curves):
        alike = sorted((row for row in rows if key(row, CURVE) == curve), key=lambda r: r["rank"])
        once = list({row["rank"]: row for row in alike}.values())
        marker, style = drawing.marker(j), drawing.style(j)
        drawing.line(upper, once, "test_accuracy", _shift(j, len(curves)), GREY, marker, style)
        for i, attack in enumerate(attacks):
            points = [row for row in alike if key(row, ATTACK) == attack]
            shift = _shift(i * len(curves) + j, len(attacks) * len(curves))
            own = drawing.marker(j if len(curves) > 1 else i)
            drawing.line(lower, points, "accuracy_at_1", shift, drawing.colour(i), own, style)
    for end, model in zip(ends, plains, strict=True):
        alike = [row for row in rows if key(row, MODEL) == model]
        drawing.line(upper, alike[:1], "test_accuracy", end, GREY, "*", "")
        for row in alike:
            i = attacks.index(key(row, ATTACK))
            x = end + _shift(i, len(attacks))
            drawing.line(lower, [row], "accuracy_at_1", x, drawing.colour(i), "*", "")
    for axes in (upper, lower):
        axes.grid(axis="y", color="#dddddd")
        axes.set_axisbelow(True)
        if len(ranks) and plains:
            axes.axvline(ends[0] - 0.5, color="#bbbbbb", lw=0.8)
    named = [
        "\n".join(
            name.replace("_", "_\n") if len(name) > 11 else name
            for name in ("plain", *drawing.apart(row, rows))
        )
        for row in one_each(rows, plains, MODEL)
    ]
    lower.set_xticks([*ticks, *ends], [*(f"{rank:.0f}" for rank in ranks), *named])
    around = [*ticks, *ends] or [0.0]
    lower.set_xlim(min(around) - 0.5, max(around) + 0.5)
    drawing.chance(lower.axhline, rows)
    lower.set(xlabel="rank of the head", ylabel="attack accuracy (Acc@1)", ylim=(-0.04, 1.04))
    upper.set(ylabel="test accuracy", ylim=drawing.limits(rows))
    figure.suptitle(drawing.title(rows), fontsize=10)
    drawing.legend(figure, lower, rows, one_each(rows, curves, CURVE))
    return drawing.png(figure)


def utility_against_leakage(table: pl.DataFrame) -> bytes:
    """PNG: test accuracy against Acc@1, a row of points a model; upper left is better."""
    from matplotlib.figure import Figure
    from matplotlib.transforms import ScaledTranslation

    rows = summary(table)
    attacks = drawing.attacks_of(rows)
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
        name = ", ".join((head_name(first), *drawing.apart(first, rows)))
        axes.text(1.13, place, name, fontsize=8, va="center", color="#222222")
        drawing.point(axes, most, y, GREY, "", yerr=drawing.errors([first], "test_accuracy"))
        for row in alike:
            i = attacks.index(key(row, ATTACK))
            marker = "*" if row["head"] == "plain" else drawing.marker(i)
            # Up or down by a few points, so that the intervals of a model can be told apart.
            up = min(3.5, 16 / len(attacks)) * ((len(attacks) - 1) / 2 - i) / 72
            drawing.point(
                axes, row["accuracy_at_1"], y, drawing.colour(i), marker,
                xerr=drawing.errors([row], "accuracy_at_1"),
                transform=axes.transData + ScaledTranslation(0, up, figure.dpi_scale_trans),
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
    drawing.chance(axes.axvline, rows)
    drawing.legend(figure, axes, rows, [])
    return drawing.png(figure)


def _shift(i: int, count: int) -> float:
    """Sideways, so that intervals stand side by side."""
    return min(0.07, 0.6 / count) * (i - (count - 1) / 2)
