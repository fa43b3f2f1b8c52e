"""How leakage moves along the strengths of a defense, over heads that still classify."""

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from loft_jax.findings.columns import ATTACK, CURVE
from loft_jax.findings.effects import accuracy, baselines_of, utility
from loft_jax.findings.groups import Group, groups, in_common
from loft_jax.metrics.crossed import mean_interval
from loft_jax.metrics.interval import Interval
from loft_jax.metrics.trend import trend_p_value

NEAR = 0.05
"""Test accuracy that a head may have less than its baseline to count in a trend: what does not
classify leaks little, and that says nothing of its strength."""


class StrengthEffect(NamedTuple):
    """How leakage moves along the strengths of one defense.

    Attributes:
        setting: of its weakest form under the attack, whose CURVE all points share.
        strengths: that count, in ascending order, above zero.
        slope: change of Acc@1 for each doubling of the strength.
        p_value: one-sided, of Page's test that Acc@1 rises with the strength. Over seeds, since
            what a model happens to leak all its classes share; one seed leaves it over classes.
        seeds: number of seeds.
        left_out: strengths whose test accuracy is more than `NEAR` below the baseline's, or where
            no baseline was attacked below the best of the curve.
    """

    setting: dict[str, Any]
    strengths: list[float]
    slope: Interval
    p_value: float
    seeds: int
    left_out: list[float]


def strength_effects(table: pl.DataFrame) -> list[StrengthEffect]:
    """Slope and trend of every defense that was attacked at two strengths or more and classifies.

    Over the seeds and classes that all of them have; a defense whose forms share none is left out.
    """
    found, curves = list(groups(table)), {}
    for group in found:
        if group.setting["strength"] is not None and group.setting["strength"] > 0:
            curves.setdefault(group.key((*CURVE, *ATTACK)), []).append(group)
    effects = (_effect(curve, found) for curve in curves.values())
    return [effect for effect in effects if effect is not None]


def _effect(curve: list[Group], others: list[Group]) -> StrengthEffect | None:
    near = _near(curve, others)
    if len(near) < 2:
        return None
    points = in_common(*sorted(near, key=lambda group: group.setting["strength"]))
    if not len(points[0].seeds) or not len(points[0].labels):
        return None
    strengths = [group.setting["strength"] for group in points]
    values = np.stack([accuracy(group) for group in points], -1)  # [r, k, m]
    x = np.log2(strengths) - np.log2(strengths).mean()
    slopes = values @ (x / np.sum(x**2))  # of the mean: the mean of every seed's and class's
    far = {group.setting["strength"] for group in curve} - set(strengths)
    return StrengthEffect(
        points[0].setting,
        strengths,
        mean_interval(slopes),
        trend_p_value(values.mean(1) if len(values) > 1 else values[0], np.random.default_rng(0)),
        len(points[0].seeds),
        sorted(far),
    )


def _near(curve: list[Group], others: list[Group]) -> list[Group]:
    """The heads whose test accuracy is at most `NEAR` below the baseline's."""
    best = max(float(utility(group).mean()) for group in curve)

    def lost(group: Group) -> float:
        bare = next(baselines_of(group, others), None)
        before = best if bare is None else float(utility(bare[0]).mean())
        return before - float(utility(group).mean())

    return [group for group in curve if lost(group) <= NEAR + 1e-9]  # 0.05 in binary
