"""A row for each setting: means over seeds and classes with their 95 % intervals."""

import math
from typing import Any

import numpy as np
import polars as pl
from jaxtyping import Float64
from scipy.special import stdtrit

from loft_jax.findings.columns import OUTCOMES
from loft_jax.findings.groups import Group, groups
from loft_jax.metrics.bootstrap import Interval, crossed_interval

SHARES = ("accuracy_at_1", "accuracy_at_5", "test_accuracy", "judge_accuracy", "retention",
          "head_iie")  # fmt: skip
"""Between 0 and 1, and so are the ends of their intervals."""
OF_CLASSIFIER = (
    "test_accuracy",
    "judge_accuracy",
    "code_effective_rank",
    "head_iie",
    "head_bits",
    "retention",
)


def summary(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Settings with `seeds`, `attacked_classes`, `classes`, and each number as value, low, high.

    Outcomes of an attack have intervals over seeds and classes (`crossed_interval`), numbers of a
    classifier over seeds (Student's t). With one seed the former are over classes, the latter none.
    """
    return [_row(group) for group in groups(table)]


def over_seeds(values: Float64[np.ndarray, " r"]) -> Interval:
    """Mean of a number a seed and its 95 % interval, by Student's t; none for one seed."""
    mean, r = float(values.mean()), len(values)
    if r == 1:
        return Interval(mean, None, None, 1)
    half = float(stdtrit(r - 1, 0.975)) * float(values.std(ddof=1)) / math.sqrt(r)
    return Interval(mean, mean - half, mean + half, r)


def over_both(values: Float64[np.ndarray, "r k"]) -> Interval:
    """Mean over seeds and classes and its 95 % interval."""
    return crossed_interval(values[:, :, None], np.random.default_rng(0))


def _row(group: Group) -> dict[str, Any]:
    row: dict[str, Any] = {
        **group.setting,
        "seeds": len(group.seeds),
        "attacked_classes": len(group.labels),
        "classes": int(group.rows["classes"][0]),
    }
    for name in OUTCOMES:
        values = group.outcome(name)
        row |= _told(name, None if values is None else over_both(values))
    for name in OF_CLASSIFIER:
        values = group.by_seed(name)
        row |= _told(name, None if values is None else over_seeds(values))
    return row


def _told(name: str, interval: Interval | None) -> dict[str, float | None]:
    if interval is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    ends = interval.within(0.0, 1.0) if name in SHARES else interval
    return {name: interval.value, f"{name}_low": ends.low, f"{name}_high": ends.high}
