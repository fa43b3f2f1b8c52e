"""What a defense changes against its baseline, and what its strength changes, with 95 % intervals.

Differences are paired: the same seeds and classes on both sides, so what makes a class easy drops
out.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from jaxtyping import Float64

from loft_jax.findings.columns import ATTACK, WORLD
from loft_jax.findings.groups import Group, groups, in_common
from loft_jax.findings.summary import over_seeds
from loft_jax.metrics.crossed import share_difference
from loft_jax.metrics.holm import holm_differences
from loft_jax.metrics.interval import Interval


class Difference(NamedTuple):
    """A defense against its baseline.

    Attributes:
        setting: of the defense and the attack on it, see `columns.SETTING`.
        leakage: Acc@1 of the attack, the defense's minus the baseline's, with its 95 % interval.
        corrected: the same with the interval that its verdict rests on: wider where several
            defenses are judged together (`metrics.holm`).
        utility: test accuracy, likewise.
        seeds: number of seeds behind both.
        against: setting of the baseline and the attack on it.
        attacks: number of attacks that were made on the defense, and on the baseline, of which the
            strongest is chosen.
        withheld: why no verdict may rest on the judges; None where it may.
    """

    setting: dict[str, Any]
    leakage: Interval
    corrected: Interval
    utility: Interval
    seeds: int
    against: dict[str, Any]
    attacks: tuple[int, int] = (1, 1)
    withheld: str | None = None


class Sides(NamedTuple):
    """What a difference is made of: the defense's Acc@1 and its baseline's, and their groups."""

    own: Group
    bare: Group
    found: Float64[np.ndarray, "r k"]
    before: Float64[np.ndarray, "r k"]
    attacks: tuple[int, int] = (1, 1)
    withheld: str | None = None


def differences(table: pl.DataFrame) -> list[Difference]:
    """Every defense against its baseline under the same attack.

    An adaptive attack is compared with itself; where the baseline was not attacked that way (it has
    no activation to see through), with the attack as it is. Of the baselines that a defense names
    the first that was attacked on the same pictures and trunk counts. Defenses under one attack on
    the same pictures and trunk are judged together.
    """
    found = list(groups(table))
    sides = []
    for group in (one for one in found if one.defended):
        for base in _alike(group, found):
            own, bare = in_common(group, base)
            if len(own.seeds) and len(own.labels):
                why = own.withheld or bare.withheld
                sides.append(Sides(own, bare, accuracy(own), accuracy(bare), withheld=why))
                break
    return judged_together(sides, (*WORLD, *ATTACK))


def judged_together(sides: list[Sides], names: tuple[str, ...]) -> list[Difference]:
    """The differences; those whose defense agrees in `names` are corrected for their number."""
    families: dict[tuple, list[int]] = {}
    for i, one in enumerate(sides):
        families.setdefault(one.own.key(names), []).append(i)
    corrected: dict[int, Interval] = {}
    for family in families.values():
        pairs = [(sides[i].found, sides[i].before) for i in family]
        corrected |= zip(family, holm_differences(pairs), strict=True)
    return [_difference(one, corrected[i]) for i, one in enumerate(sides)]


def _difference(one: Sides, corrected: Interval) -> Difference:
    return Difference(
        one.own.setting,
        share_difference(one.found, one.before),
        corrected,
        over_seeds(utility(one.own) - utility(one.bare)).within(-1.0, 1.0),
        len(one.own.seeds),
        one.bare.setting,
        one.attacks,
        one.withheld,
    )


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
    """Whether fewer are found, and not by what cannot protect: then it is the attacker's luck.

    Nothing is shown by judges on whom no verdict may rest.
    """
    return lowers(one.corrected) and one.setting["remark"] is None and one.withheld is None


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
