"""The top of the page: the sentence, one figure, and the figure in words."""

from typing import Any

import polars as pl

from loft_jax.findings.columns import ATTACK
from loft_jax.findings.drawing import CONTROL, LOOKALIKES
from loft_jax.findings.forest import attacks_in_lines, models_in_lines
from loft_jax.findings.strengths import leakage_against_strength
from loft_jax.findings.summary import summary
from loft_jax.findings.wording import attack_name, listed
from loft_jax.reports.pictures import Picture, drawn

TOLD = 24
"""Points that are told in words; more are in the table."""
MANY = 6
"""Attacks that can be told apart by colour in one line."""


def figure(table: pl.DataFrame) -> Picture | None:
    """Leakage against strength if there are several, else a line for each model.

    With many attacks a line for each of them; None without rows, or if it cannot be drawn.
    """
    rows = summary(table)
    if not rows:
        return None
    graded = [row for row in rows if row["strength"] is not None]
    if len({row["strength"] for row in graded}) > 1:
        draw = leakage_against_strength
        names = listed(list(dict.fromkeys(row["strength_name"] for row in graded)))
        what = f"Attack accuracy (Acc@1) against the {names} of the defense"
    elif len({tuple(row[name] for name in ATTACK) for row in rows}) > MANY:
        draw, what = attacks_in_lines, "Attack accuracy (Acc@1) of each attack"
    else:
        draw, what = models_in_lines, "Attack accuracy (Acc@1) and test accuracy of each model"
    return drawn(lambda: draw(table), _words(rows, what), narrow=lambda: draw(table, narrow=True))


def _words(rows: list[dict[str, Any]], what: str) -> str:
    points = "; ".join(_point(row) for row in rows[:TOLD])
    more = "" if len(rows) <= TOLD else f"; {len(rows) - TOLD} more in the table below"
    return f"{what}{_control(rows)}. {points}{more}."


def _control(rows: list[dict[str, Any]]) -> str:
    """What an attack must beat: the same without a search, or a guess."""
    known = [row[CONTROL] for row in rows if row[CONTROL] is not None]
    if not known:
        return f", chance is {1 / rows[0]['classes']:.3f}"
    ends = dict.fromkeys(f"{end:.2f}" for end in (min(known), max(known)))
    return f"; {LOOKALIKES} scores {' to '.join(ends)}"


def _point(row: dict[str, Any]) -> str:
    low, high = row["accuracy_at_1_low"], row["accuracy_at_1_high"]
    ends = "" if low is None else f" ({low:.2f} to {high:.2f})"
    return (
        f"{row['label']} under {attack_name(row, prior=True)}: Acc@1 "
        f"{row['accuracy_at_1']:.2f}{ends}, test accuracy {row['test_accuracy']:.2f}"
    )
