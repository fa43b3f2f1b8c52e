"""The theory against attacks, as a table and a picture."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from loft_jax.findings.drawing import COLOURS, MARKERS
from loft_jax.reproductions.theory_effects import (
    HELD,
    OUTCOMES,
    PREDICTORS,
    REGRESSORS,
    Effect,
    Row,
    told,
)
from loft_jax.runs.drawing import png

COLUMNS = {
    "test_accuracy": "test accuracy",
    "margin": "margin",
    "effective_rank": "effective rank",
    "feature_iie": "feature IIE",
    "position": "position",
    "feature_traits": "features: traits",
    "feature_texture": "texture",
    "code_traits": "code: traits",
    "code_texture": "texture",
    "ridge_traits": "by ridge: traits",
    **OUTCOMES,
}


def markdown(
    title: str, rows: Sequence[Row], found: Sequence[Effect], said: Sequence[str], command: str
) -> str:
    """A Markdown page: what may be said, effects, heads, and what made it."""
    heads = list(dict.fromkeys((row["label"], row["epochs"]) for row in rows))
    lines = [
        f"# {title}",
        "",
        " ".join(said),
        "",
        "| partial correlation with | of | " + " | ".join(f"{held} held" for held in HELD) + " |",
        "|---" * (2 + len(HELD)) + "|",
        *(
            f"| {OUTCOMES[outcome]} | {what} | {' | '.join(_cells(found, name, outcome, HELD))} |"
            for outcome in OUTCOMES
            for name, what in PREDICTORS.items()
        ),
        "",
        "Slopes of a regression on all four, in standard deviations:",
        "",
        f"| | {' | '.join(REGRESSORS)} |",
        "|---" * (1 + len(REGRESSORS)) + "|",
        *(
            f"| {OUTCOMES[outcome]} | "
            + " | ".join(_cells(found, name, outcome, ("regression",))[0] for name in REGRESSORS)
            + " |"
            for outcome in OUTCOMES
        ),
        "",
        f"| head | epochs | seeds | {' | '.join(COLUMNS.values())} |",
        "|---" * (3 + len(COLUMNS)) + "|",
        *(_line([row for row in rows if (row["label"], row["epochs"]) == head]) for head in heads),
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, `{command}`. Means over seeds. Errors of features and "
        "code: mean squared error of a decoder on fresh people, a coordinate of the 96 behind a "
        "face, where 1 is knowing nothing; an upper end of what the ideal attacker misses. Feature "
        "IIE: share of the features' variance that a linear attacker cannot have from the code. "
        "In parentheses 95 % intervals over seeds.",
        "",
    ]
    return "\n".join(lines)


def picture(rows: Sequence[Row], found: Sequence[Effect]) -> bytes:
    """PNG: open-set success against the feature IIE and the code's error, and the correlations."""
    from matplotlib.figure import Figure

    outcome = next(o for o in OUTCOMES if all(row[o] is not None for row in rows))
    figure = Figure(figsize=(12, 4), layout="constrained")
    panels = figure.subplots(1, 3)
    ranks = sorted({row["log2_rank"] for row in rows})
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    for axes, name in zip(panels, ("feature_iie", "code_error"), strict=False):
        for row in rows:
            rank, kind = ranks.index(row["log2_rank"]), kinds.index(row["kind"])
            size = 3 + 3 * np.sqrt(row["test_accuracy"])
            axes.plot(row[name], row[outcome], MARKERS[kind], color=COLOURS[rank], ms=size)
        axes.set(xlabel=PREDICTORS[name], ylim=(-0.03, 1.03))
    panels[0].set_ylabel(OUTCOMES[outcome])
    for i, rank in enumerate(ranks):
        panels[0].plot([], [], "o", color=COLOURS[i], label=f"rank {round(2**rank)}")
    for i, kind in enumerate(kinds):
        panels[0].plot([], [], MARKERS[i], color="#777777", label=kind)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=10,
                  fontsize=8, frameon=False)  # fmt: skip
    _forest(panels[2], found, outcome)
    figure.suptitle("a point a head; small points classify little", fontsize=9)
    return png(figure, 150)


def _forest(axes: Any, found: Sequence[Effect], outcome: str) -> None:
    """Partial correlations with their intervals, a line each."""
    shown = [one for one in found if one.outcome == outcome and one.held in HELD]
    for place, one in enumerate(reversed(shown)):
        size, colour = one.size, COLOURS[list(PREDICTORS).index(one.predictor)]
        if size.low is not None and size.high is not None:
            axes.plot([size.low, size.high], [place, place], color=colour)
        axes.plot(size.value, place, "o", color=colour, ms=4)
    names = [f"{one.predictor.replace('_', ' ')} | {one.held}" for one in reversed(shown)]
    axes.set_yticks(range(len(shown)), names, fontsize=7)
    axes.axvline(0, color="#999999", lw=0.8)
    axes.set(xlim=(-1.03, 1.03), xlabel="partial correlation | what is held")


def _cells(found: Sequence[Effect], predictor: str, outcome: str, held: Sequence[str]) -> list[str]:
    sizes = {one.held: told(one.size) for one in found if one[:2] == (predictor, outcome)}
    return [sizes.get(name, "-") for name in held]


def _line(rows: Sequence[Row]) -> str:
    told_of = [rows[0]["label"], str(rows[0]["epochs"]), str(len(rows))]
    for name in COLUMNS:
        known = [row[name] for row in rows if row[name] is not None]
        told_of.append(f"{np.mean(known):.3f}" if known else "-")
    return f"| {' | '.join(told_of)} |"
