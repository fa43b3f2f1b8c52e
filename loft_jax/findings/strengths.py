"""Leakage against strength: a picture of a table."""

from typing import Any

import numpy as np
import polars as pl

from loft_jax.findings import drawing
from loft_jax.findings.columns import ATTACK, CURVE, MODEL
from loft_jax.findings.drawing import BASELINE, GREY, Row, key, one_each
from loft_jax.findings.summary import summary
from loft_jax.runs.drawing import png

DPI = 150


def leakage_against_strength(table: pl.DataFrame, *, narrow: bool = False) -> bytes:
    """PNG: Acc@1 of every attack and test accuracy against strength; what has none at the right.

    Strengths of different names (a rank, a weight) stand in panels of their own, side by side or,
    for a telephone, one below another.
    """
    rows = summary(table)
    graded = [row for row in rows if row["strength"] is not None]
    ungraded = [row for row in rows if row["strength"] is None]
    curves = one_each(graded, _keys(graded, CURVE), CURVE)
    names = list(dict.fromkeys(row["strength_name"] for row in curves)) or ["strength"]
    figure, pairs = _paper(len(names), narrow=narrow)
    for (upper, lower), name in zip(pairs, names, strict=True):
        own = [row for row in graded if row["strength_name"] == name]
        _panel(upper, lower, rows, own, ungraded, curves)
        lower.set(xlabel=name, ylim=(-0.04, 1.04))
        upper.set(ylim=drawing.limits(rows))
        drawing.control(lower, lower.axhline, rows)
    for upper, lower in pairs if narrow else pairs[:1]:
        upper.set_ylabel("test accuracy")
        lower.set_ylabel("attack accuracy (Acc@1)")
    drawing.head(figure, rows, narrow=narrow)
    drawing.legend(figure, pairs[0][1], rows, curves, narrow=narrow)
    return png(figure, DPI)


def _paper(count: int, *, narrow: bool) -> tuple[Any, list[tuple[Any, Any]]]:
    """A figure with so many pairs of axes, a lower one below each upper one."""
    from matplotlib.figure import Figure

    if narrow:
        figure = Figure(figsize=(drawing.NARROW, 1.0 + 5.5 * count), layout="constrained")
        flat = figure.subplots(2 * count, 1, height_ratios=(1, 2) * count)
        pairs = list(zip(flat[::2], flat[1::2], strict=True))
        for upper, lower in pairs:
            upper.sharex(lower)
            upper.tick_params(labelbottom=False)
        return figure, pairs
    figure = Figure(figsize=(7.5 + 4.5 * (count - 1), 6), layout="constrained")
    panels = figure.subplots(2, count, sharex="col", sharey="row", height_ratios=(1, 2),
                             squeeze=False)  # fmt: skip
    return figure, [(upper, lower) for upper, lower in panels.T]


def _panel(
    upper: Any, lower: Any, rows: list[Row], own: list[Row], ungraded: list[Row], curves: list[Row]
) -> None:
    """Defenses whose strength has one name, and the models that have none."""
    attacks = drawing.attacks_of(rows)
    places = _places([row["strength"] for row in own])
    for j, curve in enumerate(curves):
        alike = sorted(
            (row for row in own if key(row, CURVE) == key(curve, CURVE)),
            key=lambda row: row["strength"],
        )
        once = list({row["strength"]: row for row in alike}.values())
        x = [places[row["strength"]] + _shift(j, len(curves)) for row in once]
        drawing.line(upper, x, once, "test_accuracy", GREY, drawing.marker(j), drawing.style(j))
        for i, attack in enumerate(attacks):
            points = [row for row in alike if key(row, ATTACK) == attack]
            shift = _shift(i * len(curves) + j, len(attacks) * len(curves))
            x = [places[row["strength"]] + shift for row in points]
            marker = drawing.marker(j if len(curves) > 1 else i)
            for place, row in zip(x, points, strict=True):
                drawing.lookalikes(lower, row, place, drawing.colour(i), across=False)
            drawing.line(
                lower, x, points, "accuracy_at_1", drawing.colour(i), marker, drawing.style(j)
            )
    models = one_each(ungraded, _keys(ungraded, MODEL), MODEL)
    ends = [max(places.values(), default=-1.0) + 1.0 + j for j in range(len(models))]
    for end, model in zip(ends, models, strict=True):
        alike = [row for row in ungraded if key(row, MODEL) == key(model, MODEL)]
        marker = "d" if model["baselines"] else BASELINE
        drawing.line(upper, [end], alike[:1], "test_accuracy", GREY, marker, "")
        for row in alike:
            i = attacks.index(key(row, ATTACK))
            x = [end + _shift(i, len(attacks))]
            drawing.lookalikes(lower, row, x[0], drawing.colour(i), across=False)
            drawing.line(lower, x, [row], "accuracy_at_1", drawing.colour(i), marker, "")
    for axes in (upper, lower):
        axes.grid(axis="y", color="#dddddd")
        axes.set_axisbelow(True)
        if places and models:
            axes.axvline(ends[0] - 0.5, color="#bbbbbb", lw=0.8)
    named = [_narrow(", ".join((row["label"], *drawing.apart(row, rows)))) for row in models]
    ticks = [*places.values(), *ends]
    lower.set_xticks(ticks, [*(f"{strength:g}" for strength in places), *named])
    lower.set_xlim(min(ticks, default=0.0) - 0.5, max(ticks, default=0.0) + 0.5)


def _places(strengths: list[float]) -> dict[float, float]:
    """Where each strength stands: at its logarithm; zero and less, that have none, before it."""
    ordered = sorted(set(strengths))
    low = [one for one in ordered if one <= 0]
    first = min((float(np.log2(one)) for one in ordered if one > 0), default=0.0)
    before = {one: first - len(low) + i for i, one in enumerate(low)}
    return {**before, **{one: float(np.log2(one)) for one in ordered if one > 0}}


def _narrow(name: str) -> str:
    """A name below a tick, in lines."""
    broken = name.replace(", ", ",\n").replace(" (", "\n(").replace(" ", "\n", 1)
    return "\n".join(
        line.replace("_", "_\n") if len(line) > 11 else line for line in broken.split("\n")
    )


def _keys(rows: list[Row], names: tuple[str, ...]) -> list[tuple]:
    return list(dict.fromkeys(key(row, names) for row in rows))


def _shift(i: int, count: int) -> float:
    """Sideways, so that intervals stand side by side."""
    return min(0.07, 0.6 / count) * (i - (count - 1) / 2)
