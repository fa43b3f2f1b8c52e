"""The top of the page: the sentence, one figure, and the figure in words."""

from typing import Any

import polars as pl

from loft_jax.findings.figures import leakage_against_rank
from loft_jax.findings.forest import attacks_in_lines, heads_in_lines
from loft_jax.findings.summary import summary
from loft_jax.findings.table import ATTACK
from loft_jax.findings.wording import attack_name, head_name
from loft_jax.reports.pictures import Picture

TOLD = 24
"""Points that are told in words; more are in the table."""
MANY = 6
"""Attacks that can be told apart by colour in one line."""


def figure(table: pl.DataFrame) -> Picture | None:
    """Leakage against rank if there are several, else a line for each head; None without rows.

    With many attacks a line for each of them.
    """
    rows = summary(table)
    if not rows:
        return None
    if len({row["rank"] for row in rows} - {None}) > 1:
        draw, what = leakage_against_rank, "Attack accuracy (Acc@1) against the rank of the head"
    elif len({tuple(row[name] for name in ATTACK) for row in rows}) > MANY:
        draw, what = attacks_in_lines, "Attack accuracy (Acc@1) of each attack"
    else:
        draw, what = heads_in_lines, "Attack accuracy (Acc@1) and test accuracy of each head"
    return Picture(draw(table), _words(rows, what))


def _words(rows: list[dict[str, Any]], what: str) -> str:
    points = "; ".join(_point(row) for row in rows[:TOLD])
    more = "" if len(rows) <= TOLD else f"; {len(rows) - TOLD} more in the table below"
    return f"{what}, chance is {1 / rows[0]['classes']:.3f}. {points}{more}."


def _point(row: dict[str, Any]) -> str:
    low, high = row["accuracy_at_1_low"], row["accuracy_at_1_high"]
    ends = "" if low is None else f" ({low:.2f} to {high:.2f})"
    return (
        f"{head_name(row)} under {attack_name(row, prior=True)}: Acc@1 "
        f"{row['accuracy_at_1']:.2f}{ends}, test accuracy {row['test_accuracy']:.2f}"
    )
