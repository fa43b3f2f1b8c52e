"""What a report says first, from intervals alone: no effect whose interval holds zero."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import polars as pl

from loft_jax.findings.columns import WORLD
from loft_jax.findings.effects import (
    Difference,
    differences,
    lowers,
    protects,
    raises,
)
from loft_jax.findings.remarks import (
    caveats,
    detectable,
    not_tried,
    remarked,
    rivals,
    slopes,
    unequal,
    unlike,
    verified,
)
from loft_jax.findings.rivals import rivalries
from loft_jax.findings.trends import strength_effects
from loft_jax.findings.wording import attack_name, listed_defenses, priors_differ, signed
from loft_jax.findings.worst_case import VERIFIED, worst_cases


class Paragraph(NamedTuple):
    """What is said of one (pictures, trunk).

    Attributes:
        lead: which defenses protect and which are not shown to; every one is named.
        rest: what protection costs, what was not tried, what strength changes, what to beware of.
    """

    lead: str
    rest: str = ""


def conclusion(table: pl.DataFrame) -> list[Paragraph]:
    """A paragraph for each (pictures, trunk) of the table.

    "Finds fewer people" is said of a defense only if the strongest attack on it, adaptive ones
    included, stays below the strongest on its baseline with its whole interval, corrected for the
    number of defenses (`worst_cases`), only if it has no remark of its own against it, and only if
    a verdict may rest on the judges; its cost is told too.
    """
    if not len(table):
        return [Paragraph("No attack is finished.")]
    worlds = list(table.group_by(WORLD, maintain_order=True))
    names = [data for (data, *_), _ in worlds]
    several = {data: len({key[1] for key, _ in worlds if key[0] == data}) > 1 for data in names}
    return [_of_world(world, several=several[str(key[0])]) for key, world in worlds]


def _of_world(table: pl.DataFrame, *, several: bool) -> Paragraph:
    first = table.row(0, named=True)
    data = f"{first['data']} {first['fingerprint'][:8]}" if several else first["data"]
    where = f"On {data} ({first['trunk']})"
    if not any(table["baselines"]):
        named = listed_defenses(table.unique("label", maintain_order=True).iter_rows(named=True))
        alone = f"only the {named} was attacked, so nothing is shown about a defense."
        return Paragraph(f"{where}, {alone}")
    same, worst = differences(table), worst_cases(table)
    effects = strength_effects(table)
    priors = priors_differ(table.iter_rows(named=True))
    noun = first["noun"]
    verdicts = _verdicts(worst, same, noun)
    verdicts += unlike(table, worst, noun) if verdicts else []
    rest = [
        *remarked(table),
        *(_cost(one, priors=priors) for one in worst if protects(one)),
        *(_of_prior(table, prior, noun) for prior in sorted(set(table["prior"])) if priors),
        *unequal(worst),
        *detectable(worst),
        *verified(worst_cases(table, VERIFIED), noun),
        *rivals(rivalries(table), noun),
        *not_tried(table, worst, priors=priors),
        *slopes(effects, priors=priors),
        *caveats([*((one.seeds, one.leakage.n) for one in worst),
                  *((effect.seeds, effect.slope.n) for effect in effects)]),
    ]  # fmt: skip
    # Without a verdict, the first of the rest says why there is none.
    lead, rest = (verdicts, rest) if verdicts else (rest[:1], rest[1:])
    return Paragraph(f"{where}, {_small(lead[0])}{' '.join(['', *lead[1:]])}", " ".join(rest))


def _small(sentence: str) -> str:
    """Begun in the middle of a sentence: names of defenses keep their capitals."""
    first, _, rest = sentence.partition(" ")
    return f"{first if first[1:] != first[1:].lower() else first.lower()} {rest}"


def _verdicts(worst: list[Difference], same: list[Difference], noun: str) -> list[str]:
    """What is shown of the defenses that are compared."""
    said = []
    for why, found in _by(worst, lambda one: one.withheld):
        said.append(
            f"No verdict is given on {_names(found)}. {why[:1].upper()}{why[1:].rstrip('.')}."
        )
    judged = [one for one in worst if one.withheld is None]
    safe = [one for one in judged if protects(one)]
    void = [one for one in judged if lowers(one.corrected) and one not in safe]
    hidden = [one for one in judged if one not in (*safe, *void) and _masked(one, same)]
    bare = [one for one in judged if one not in (*safe, *void, *hidden)]
    worse = [one for one in judged if raises(one.corrected)]
    for base, found in _by(safe, _baseline):
        said.append(
            f"The strongest attack that was tried finds fewer {noun} in {_names(found)} than in "
            f"the {base}."
        )
    if void:
        said.append(
            f"No protection is claimed for {_names(void)}, although Acc@1 is lower: at this "
            "strength the defense takes nothing away."
        )
    if hidden:
        said.append(
            f"No protection is shown for {_names(hidden)}: Acc@1 falls under the attacks that do "
            "not know the defense, but is not shown to fall under the strongest."
        )
    if bare:
        said.append(
            f"No protection is shown for {_names(bare)}: Acc@1 is not shown to fall under the "
            "strongest attack."
        )
    for base, found in _by(worse, _baseline):
        said.append(
            f"The strongest attack finds more {noun} in {_names(found)} than in the {base}."
        )
    return said


def _names(found: Iterable[Difference]) -> str:
    return listed_defenses(one.setting for one in found)


def _by(
    found: list[Difference], told: Callable[[Difference], str | None]
) -> list[tuple[str, list[Difference]]]:
    """Those of which the same is told; without those of which nothing is."""
    alike: dict[str, list[Difference]] = {}
    for one in found:
        if (name := told(one)) is not None:
            alike.setdefault(name, []).append(one)
    return list(alike.items())


def _baseline(one: Difference) -> str:
    return one.against["label"]


def _masked(one: Difference, same: list[Difference]) -> bool:
    """Whether all attacks that do not know the defense lose by it."""
    plainly = [
        other.corrected
        for other in same
        if other.setting["label"] == one.setting["label"] and other.setting["adaptive"] == "none"
    ]
    return bool(plainly) and all(lowers(leakage) for leakage in plainly)


def _cost(one: Difference, *, priors: bool) -> str:
    """How much a defense protects, and what it costs."""
    attack, base = (attack_name(each, prior=priors) for each in (one.setting, one.against))
    against = f"{attack} against {base} on the {one.against['label']}" if attack != base else attack
    told = f"For {one.setting['label']}, Acc@1 changes by {signed(one.leakage)} under {against}"
    if one.utility.low is None:
        return f"{told}; test accuracy changes by {signed(one.utility)} (one seed, so no interval)."
    if lowers(one.utility) or raises(one.utility):
        return f"{told}; test accuracy changes by {signed(one.utility)}."
    return f"{told}; no change of test accuracy is shown, {signed(one.utility)}."


def _of_prior(table: pl.DataFrame, prior: str, noun: str) -> str:
    """The same verdict from the attacks with one prior."""
    worst = worst_cases(table.filter(pl.col("prior") == prior))
    safe = [one for one in worst if protects(one)]
    bare = [one for one in worst if one not in safe]
    said = [f"it is shown that fewer {noun} are found in {_names(safe)}"] if safe else []
    said += [f"it is not shown for {_names(bare)}"] if bare else []
    return f"With prior {prior} alone, {' and '.join(said) or 'no defense can be compared'}."
