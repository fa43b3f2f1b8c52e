"""A row for each setting: means over seeds and classes with their 95 % intervals."""

from typing import Any

import numpy as np
import polars as pl
from jaxtyping import Float64

from loft_jax.findings.columns import HITS, OUTCOMES
from loft_jax.findings.groups import Group, groups
from loft_jax.metrics.crossed import mean_interval, share_difference, share_interval
from loft_jax.metrics.interval import Interval

SHARES = ("test_accuracy", "judge_accuracy", "retention", "head_iie")
"""Numbers of a classifier between 0 and 1, and so are the ends of their intervals."""
OF_CLASSIFIER = (*SHARES, "code_effective_rank", "head_bits")
GAINS = {
    "over_lookalikes": ("accuracy_at_1", "lookalike_accuracy_at_1"),
    "open_set_over_lookalikes": ("open_set_accuracy", "lookalike_open_set_accuracy"),
}
"""What an attack's search adds to the same attack without one."""


def summary(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Settings with `seeds`, `attacked_classes`, `classes`, and each number as value, low, high.

    Outcomes of an attack have intervals over seeds and classes (`metrics.crossed`), numbers of a
    classifier over seeds (Student's t). With one seed the former are over classes, and so of that
    one model; the latter have none. `over_lookalikes` is Acc@1 minus that of the attack's
    lookalikes, paired; `withheld` says why no verdict may rest on the judges.
    """
    return [row_of(group) for group in groups(table)]


def over_seeds(values: Float64[np.ndarray, " r"]) -> Interval:
    """Mean of a number a seed and its 95 % interval, by Student's t; none for one seed."""
    return mean_interval(values[:, None])._replace(n=len(values))


def over_both(group: Group, name: str) -> Interval | None:
    """Mean of an outcome over seeds and classes and its 95 % interval; None if not measured."""
    values = group.outcome(name)
    if values is None:
        return None
    return share_interval(values) if name in HITS else mean_interval(values)


def row_of(group: Group) -> dict[str, Any]:
    """The row of one setting."""
    row: dict[str, Any] = {
        **group.setting,
        "seeds": len(group.seeds),
        "attacked_classes": len(group.labels),
        "classes": int(group.rows["classes"][0]),
        "withheld": group.withheld,
    }
    for name in OUTCOMES:
        row |= _told(name, over_both(group, name))
    for name, (found, control) in GAINS.items():
        first, second = group.outcome(found), group.outcome(control)
        known = None if first is None or second is None else share_difference(first, second)
        row |= _told(name, known)
    for name in OF_CLASSIFIER:
        values = group.by_seed(name)
        row |= _told(name, None if values is None else over_seeds(values))
    return row


def _told(name: str, interval: Interval | None) -> dict[str, float | None]:
    if interval is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    ends = interval.within(0.0, 1.0) if name in SHARES else interval
    return {name: interval.value, f"{name}_low": ends.low, f"{name}_high": ends.high}
