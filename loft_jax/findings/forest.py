"""A line for each model, or each attack, for grids that have no curve over strengths."""

import textwrap
from typing import Any

import numpy as np
import polars as pl

from loft_jax.findings import drawing
from loft_jax.findings.columns import ATTACK, MODEL
from loft_jax.findings.drawing import GREY, Row, key, one_each
from loft_jax.findings.summary import summary
from loft_jax.findings.wording import attack_name, priors_differ
from loft_jax.runs.drawing import png

LONG = 36
"""Letters of a name of which three do not fit side by side."""


def models_in_lines(table: pl.DataFrame, *, narrow: bool = False) -> bytes:
    """PNG: a line for each model: its test accuracy, and Acc@1 of every attack in colour."""
    rows = summary(table)
    attacks = drawing.attacks_of(rows)
    priors = priors_differ(rows)
    return _drawn(
        rows,
        [(one, _model_name(one, rows)) for one in one_each(rows, _keys(rows, MODEL), MODEL)],
        [(one, attack_name(one, prior=priors)) for one in one_each(rows, attacks, ATTACK)],
        (MODEL, ATTACK),
        narrow=narrow,
    )


def attacks_in_lines(table: pl.DataFrame, *, narrow: bool = False) -> bytes:
    """PNG: a line for each attack: its Acc@1 on every model in colour."""
    rows = summary(table)
    attacks = drawing.attacks_of(rows)
    return _drawn(
        rows,
        [(one, attack_name(one, prior=True)) for one in one_each(rows, attacks, ATTACK)],
        [(one, _model_name(one, rows)) for one in one_each(rows, _keys(rows, MODEL), MODEL)],
        (ATTACK, MODEL),
        narrow=narrow,
    )


def _drawn(
    rows: list[Row],
    lines: list[tuple[Row, str]],
    colours: list[tuple[Row, str]],
    names: tuple[tuple[str, ...], tuple[str, ...]],
    *,
    narrow: bool,
) -> bytes:
    from matplotlib.figure import Figure

    of_line, of_colour = names
    models = of_line == MODEL  # else a line has the test accuracies of several
    figure = Figure(
        figsize=(drawing.NARROW if narrow else 7.5, 1.9 + 0.55 * len(lines)), layout="constrained"
    )
    panels = figure.subplots(
        1, 2 if models else 1, sharey=True, squeeze=False, width_ratios=(2, 1) if models else (1,)
    )[0]
    panels[0].set_yticks(range(len(lines)), [_broken(name, narrow) for _, name in lines])
    panels[0].invert_yaxis()
    for y, (line, _) in enumerate(lines):
        alike = [row for row in rows if key(row, of_line) == key(line, of_line)]
        for i, (colour, _) in enumerate(colours):
            shift = 0.7 * (i - (len(colours) - 1) / 2) / len(colours)
            for row in (one for one in alike if key(one, of_colour) == key(colour, of_colour)):
                drawing.lookalikes(panels[0], row, y + shift, drawing.colour(i), across=True)
                _point(panels[0], row, "accuracy_at_1", y + shift, i)
        if models:
            _point(panels[1], alike[0], "test_accuracy", float(y), None)
    drawing.control(panels[0], panels[0].axvline, rows)
    panels[0].set(xlabel="attack accuracy (Acc@1)", xlim=(-0.04, 1.04))
    if models:
        panels[1].set(xlabel="test accuracy", xlim=drawing.limits(rows))
    for axes in panels:
        axes.grid(axis="x", color="#dddddd")
        axes.set_axisbelow(True)
    drawing.head(figure, rows, narrow=narrow)
    _legend(figure, panels[0], [name for _, name in colours], narrow=narrow)
    return png(figure, 150)


def _point(axes: Any, row: Row, name: str, y: float, i: int | None) -> None:
    colour, marker = (GREY, "o") if i is None else (drawing.colour(i), drawing.marker(i))
    errors = drawing.errors([row], name)
    drawing.point(axes, np.array([row[name]]), np.array([y]), colour, marker, xerr=errors)


def _broken(name: str, narrow: bool) -> str:
    return "\n".join(textwrap.wrap(name, 15)) if narrow else name


def _legend(figure: Any, axes: Any, names: list[str], *, narrow: bool) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=drawing.colour(i), marker=drawing.marker(i), ls="", label=name)
        for i, name in enumerate(names)
    ]
    handles += axes.get_legend_handles_labels()[0]
    columns = 3 if max(map(len, names), default=0) < LONG else 2
    columns = 1 if narrow else columns
    figure.legend(
        handles=handles, loc="outside lower center", fontsize=8, frameon=False, ncols=columns
    )


def _model_name(row: Row, rows: list[Row]) -> str:
    return ", ".join((row["label"], *drawing.apart(row, rows)))


def _keys(rows: list[Row], names: tuple[str, ...]) -> list[tuple]:
    return list(dict.fromkeys(key(row, names) for row in rows))
