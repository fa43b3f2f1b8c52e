"""What a defense changes against its baseline, and what its strength changes, with 95 % intervals.

Differences are paired: the same seeds and classes on both sides, so what makes a class easy drops
out.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from jaxtyping import Float64

from loft_jax.findings.columns import ATTACK, CURVE, WORLD
from loft_jax.findings.groups import Group, groups, in_common
from loft_jax.findings.summary import over_both, over_seeds
from loft_jax.metrics.bootstrap import Interval, crossed_interval
from loft_jax.metrics.trend import trend_p_value


class Difference(NamedTuple):
    """A defense against its baseline.

    Attributes:
        setting: of the defense and the attack on it, see `columns.SETTING`.
        leakage: Acc@1 of the attack, the defense's minus the baseline's.
        utility: test accuracy, likewise.
        seeds: number of seeds behind both.
        against: setting of the baseline and the attack on it.
    """

    setting: dict[str, Any]
    leakage: Interval
    utility: Interval
    seeds: int
    against: dict[str, Any]


class StrengthEffect(NamedTuple):
    """How leakage moves along the strengths of one defense.

    Attributes:
        setting: of its weakest form under the attack, whose CURVE all points share.
        strengths: in ascending order, above zero.
        slope: change of Acc@1 for each doubling of the strength.
        p_value: one-sided, of Page's test that Acc@1 rises with the strength. Over seeds, since
            what a model happens to leak all its classes share; one seed leaves it over classes.
        seeds: number of seeds.
    """

    setting: dict[str, Any]
    strengths: list[float]
    slope: Interval
    p_value: float
    seeds: int


def differences(table: pl.DataFrame) -> list[Difference]:
    """Every defense against its baseline under the same attack.

    An adaptive attack is compared with itself; where the baseline was not attacked that way (it has
    no activation to see through), with the attack as it is. Of the baselines that a defense names
    the first that was attacked on the same pictures and trunk counts.
    """
    found = list(groups(table))
    compared = []
    for group in (one for one in found if one.defended):
        for base in _alike(group, found):
            own, bare = in_common(group, base)
            if len(own.seeds) and len(own.labels):
                leakage = over_both(accuracy(own) - accuracy(bare)).within(-1.0, 1.0)
                cost = over_seeds(utility(own) - utility(bare)).within(-1.0, 1.0)
                seeds = len(own.seeds)
                compared.append(Difference(own.setting, leakage, cost, seeds, bare.setting))
                break
    return compared


def strength_effects(table: pl.DataFrame) -> list[StrengthEffect]:
    """Slope and trend of every defense that was attacked at two strengths or more.

    Over the seeds and classes that all of them have; a defense whose forms share none is left out.
    """
    curves: dict[tuple, list[Group]] = {}
    for group in groups(table):
        if group.setting["strength"] is not None and group.setting["strength"] > 0:
            curves.setdefault(group.key((*CURVE, *ATTACK)), []).append(group)
    effects = []
    for found in curves.values():
        points = in_common(*sorted(found, key=lambda group: group.setting["strength"]))
        if len(found) < 2 or not len(points[0].seeds) or not len(points[0].labels):
            continue
        strengths = [group.setting["strength"] for group in points]
        values = np.stack([accuracy(group) for group in points], -1)  # [r, k, m]
        x = np.log2(strengths) - np.log2(strengths).mean()
        slopes = values @ (x / np.sum(x**2))  # of the mean: the mean of every seed's and class's
        rng = np.random.default_rng(0)
        effects.append(
            StrengthEffect(
                points[0].setting,
                strengths,
                crossed_interval(slopes[:, :, None], rng),
                trend_p_value(values.mean(1) if len(values) > 1 else values[0], rng),
                len(points[0].seeds),
            )
        )
    return effects


def baselines_of(own: Group, others: Iterable[Group]) -> Iterator[list[Group]]:
    """Groups of the defense's baselines on the same pictures and trunk, the most alike first."""
    here = [one for one in others if one.key(WORLD) == own.key(WORLD)]
    for spec in own.setting["baselines"].split():
        if found := [one for one in here if one.setting["spec"] == spec]:
            yield found


def lowers(interval: Interval) -> bool:
    """Whether the whole interval lies below zero; without an interval nothing is shown."""
    return interval.high is not None and interval.high < 0


def raises(interval: Interval) -> bool:
    """Whether the whole interval lies above zero."""
    return interval.low is not None and interval.low > 0


def protects(one: Difference) -> bool:
    """Whether fewer are found, and not by what cannot protect (then it is the attacker's luck)."""
    return lowers(one.leakage) and one.setting["remark"] is None


def accuracy(group: Group) -> Float64[np.ndarray, "r k"]:
    """Acc@1 by seed and class."""
    values = group.outcome("accuracy_at_1")
    assert values is not None  # every finished attack has it
    return values


def utility(group: Group) -> Float64[np.ndarray, " r"]:
    """Test accuracy by seed."""
    values = group.by_seed("test_accuracy")
    assert values is not None
    return values


def _alike(own: Group, others: list[Group]) -> Iterator[Group]:
    """Baselines under the same attack, the most alike first.

    In this order all adaptive forms of a defense stand beside the same baseline.
    """
    for found in baselines_of(own, others):
        same = [
            one for one in found if one.key(("attack", "prior")) == own.key(("attack", "prior"))
        ]
        for adaptive in dict.fromkeys((own.setting["adaptive"], "none")):
            yield from (one for one in same if one.setting["adaptive"] == adaptive)
