"""Defenses against one another, each at the strength that hides most and still classifies."""

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from loft_jax.findings.columns import CURVE, MODEL, WORLD
from loft_jax.findings.effects import accuracy, utility
from loft_jax.findings.groups import Group, groups, in_common
from loft_jax.findings.summary import over_seeds
from loft_jax.findings.trends import NEAR
from loft_jax.metrics.crossed import share_difference
from loft_jax.metrics.holm import holm_differences
from loft_jax.metrics.interval import Interval
from loft_jax.metrics.strongest import safest_elsewhere

CHAMPION = "loft"
"""The defense that every other is compared with: the paper says that it beats all of them."""

Forms = list[list[Group]]


class Rivalry(NamedTuple):
    """One defense against another under the strongest attack on each.

    Attributes:
        setting: of the defense, at the strength that is safest over all classes.
        against: of the other, likewise.
        leakage: Acc@1 on the defense minus that on the other, with its 95 % interval.
        corrected: the same, as wide as several comparisons ask (`metrics.holm`).
        utility: test accuracy at those strengths, likewise.
        seeds: number of seeds behind both.
    """

    setting: dict[str, Any]
    against: dict[str, Any]
    leakage: Interval
    corrected: Interval
    utility: Interval
    seeds: int


def rivalries(table: pl.DataFrame, champion: str = CHAMPION) -> list[Rivalry]:
    """The champion, as it is by default, against every other defense on the same pictures.

    A strength counts if its validation accuracy is at most `NEAR` below the plain network's. Of
    those the safest is the one whose strongest attack finds least; it and the attack are chosen on
    one half of the classes and reported on the other, both ways. A defense without a strength
    that counts is left out, and so is one on whose judges no verdict may rest, or that says itself
    that it takes nothing away.
    """
    found = []
    for _, world in table.group_by(WORLD, maintain_order=True):
        families = _families(list(groups(world)))
        own = next((key for key in families if key[:2] == (champion, "")), None)
        if own is not None:
            found += _against(families.pop(own), list(families.values()))
    return found


def _families(found: list[Group]) -> dict[tuple, Forms]:
    """By defense and variant, the forms that count, each with the attacks on it."""
    plain = [utility_of(group) for group in found if not group.defended]
    floor = max(plain, default=0.0) - NEAR
    families: dict[tuple, dict[tuple, list[Group]]] = {}
    for group in found:
        blind = group.withheld is not None or group.setting["remark"] is not None
        if group.defended and not blind and utility_of(group) >= floor:
            family = families.setdefault(group.key(CURVE)[len(WORLD) :], {})
            family.setdefault(group.key(MODEL), []).append(group)
    return {key: list(forms.values()) for key, forms in families.items()}


def utility_of(group: Group) -> float:
    """Mean validation accuracy; test accuracy where none was kept for validation."""
    values = group.by_seed("validation_accuracy")
    return float((utility(group) if values is None else values).mean())


def _against(own: Forms, others: list[Forms]) -> list[Rivalry]:
    pairs, told = [], []
    for other in others:
        shared = in_common(*(group for form in (*own, *other) for group in form))
        if not len(shared[0].seeds) or not len(shared[0].labels):
            continue
        left = iter(shared)
        sides = [[[next(left) for _ in form] for form in forms] for forms in (own, other)]
        outcomes = [[np.stack([accuracy(g) for g in form]) for form in forms] for forms in sides]
        pairs.append((safest_elsewhere(outcomes[0]), safest_elsewhere(outcomes[1])))
        told.append([_safest(forms) for forms in sides])
    corrected = holm_differences(pairs)
    return [
        Rivalry(
            first.setting,
            second.setting,
            share_difference(*pair),
            wide,
            over_seeds(utility(first) - utility(second)).within(-1.0, 1.0),
            len(first.seeds),
        )
        for pair, wide, (first, second) in zip(pairs, corrected, told, strict=True)
    ]


def _safest(forms: Forms) -> Group:
    """The strongest attack on the form where it finds least."""
    strongest = [max(form, key=lambda group: float(accuracy(group).mean())) for form in forms]
    return min(strongest, key=lambda group: float(accuracy(group).mean()))
