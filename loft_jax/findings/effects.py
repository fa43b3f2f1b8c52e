"""What a head changes against the plain one, and what rank changes, with 95 % intervals.

Differences are paired: the same seeds and classes on both sides, so what makes a class easy drops
out.
"""

from typing import Any, NamedTuple

import numpy as np
import polars as pl
from jaxtyping import Float64

from loft_jax.findings.groups import Group, groups, in_common
from loft_jax.findings.summary import over_both, over_seeds
from loft_jax.metrics.bootstrap import Interval, crossed_interval
from loft_jax.metrics.trend import trend_p_value

SAME = ("data", "fingerprint", "trunk", "attack", "prior")
"""What a head and the plain one it is compared with must share."""
CURVE = ("data", "fingerprint", "trunk", "head", "activation", "input_norm", "attack", "adaptive",
         "prior")  # fmt: skip
"""What the points of one curve over ranks share."""


class Difference(NamedTuple):
    """A head against the plain one.

    Attributes:
        setting: of the head and the attack on it, see `table.SETTING`.
        leakage: Acc@1 of the attack, this head's minus the plain one's.
        utility: test accuracy, likewise.
        seeds: number of seeds behind both.
        against: setting of the plain head and the attack on it.
    """

    setting: dict[str, Any]
    leakage: Interval
    utility: Interval
    seeds: int
    against: dict[str, Any]


class RankEffect(NamedTuple):
    """How leakage moves along the ranks of one head.

    Attributes:
        setting: what the points share, see CURVE.
        ranks: in ascending order.
        slope: change of Acc@1 for each doubling of the rank.
        p_value: one-sided, of Page's test that Acc@1 rises with the rank. Over seeds, since what a
            model happens to leak all its classes share; one seed leaves it over classes.
        seeds: number of seeds.
    """

    setting: dict[str, Any]
    ranks: list[int]
    slope: Interval
    p_value: float
    seeds: int


def differences(table: pl.DataFrame) -> list[Difference]:
    """Every head against the plain head under the same attack.

    An adaptive attack is compared with itself; where the plain head was not attacked that way (it
    has no activation to see through), with the attack as it is. A head with input norm is compared
    with the plain head with input norm; where there is none, with the plain head as it is: the norm
    then belongs to the defense. A head without is never compared with a plain head with it.
    """
    found = list(groups(table))
    plain = [group for group in found if group.setting["head"] == "plain"]
    compared = []
    for group in found:
        if group.setting["head"] == "plain":
            continue
        for base in _baselines(group, plain):
            head, bare = in_common(group, base)
            if len(head.seeds) and len(head.labels):
                leakage = over_both(accuracy(head) - accuracy(bare)).within(-1.0, 1.0)
                cost = over_seeds(utility(head) - utility(bare)).within(-1.0, 1.0)
                seeds = len(head.seeds)
                compared.append(Difference(head.setting, leakage, cost, seeds, bare.setting))
                break
    return compared


def rank_effects(table: pl.DataFrame) -> list[RankEffect]:
    """Slope and trend of every head that was attacked at two ranks or more.

    Over the seeds and classes that all its ranks have; a head whose ranks share none is left out.
    """
    curves: dict[tuple, list[Group]] = {}
    for group in groups(table):
        if group.setting["rank"] is not None:
            curves.setdefault(tuple(group.setting[name] for name in CURVE), []).append(group)
    effects = []
    for shared, found in curves.items():
        if len(found) < 2:
            continue
        points = in_common(*sorted(found, key=lambda group: group.setting["rank"]))
        if not len(points[0].seeds) or not len(points[0].labels):
            continue
        ranks = [group.setting["rank"] for group in points]
        values = np.stack([accuracy(group) for group in points], -1)  # [r, k, m]
        x = np.log2(ranks) - np.log2(ranks).mean()
        slopes = values @ (x / np.sum(x**2))  # of the mean: the mean of every seed's and class's
        rng = np.random.default_rng(0)
        effects.append(
            RankEffect(
                dict(zip(CURVE, shared, strict=True)),
                ranks,
                crossed_interval(slopes[:, :, None], rng),
                trend_p_value(values.mean(1) if len(values) > 1 else values[0], rng),
                len(points[0].seeds),
            )
        )
    return effects


def lowers(interval: Interval) -> bool:
    """Whether the whole interval lies below zero; without an interval nothing is shown."""
    return interval.high is not None and interval.high < 0


def raises(interval: Interval) -> bool:
    """Whether the whole interval lies above zero."""
    return interval.low is not None and interval.low > 0


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


def _baselines(group: Group, plain: list[Group]) -> list[Group]:
    """Plain heads that may be compared with, the most alike first."""
    own = group.setting
    # In this order: all adaptive forms of a head stand beside the same plain head.
    wanted = dict.fromkeys(
        (norm, adaptive)
        for norm in (own["input_norm"], False)
        for adaptive in (own["adaptive"], "none")
    )
    return [
        base
        for norm, adaptive in wanted
        for base in plain
        if base.setting["input_norm"] == norm and base.setting["adaptive"] == adaptive
        if all(base.setting[name] == own[name] for name in SAME)
    ]
