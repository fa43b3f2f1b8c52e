"""What a report says first, from intervals alone: no effect whose interval holds zero."""

from typing import Any, NamedTuple

import polars as pl

from loft_jax.findings.effects import (
    Difference,
    RankEffect,
    differences,
    lowers,
    raises,
    rank_effects,
)
from loft_jax.findings.table import SETTING
from loft_jax.findings.wording import attack_name, head_name, heads_listed, listed, signed

WORLD = ("data", "fingerprint", "trunk")
"""What a paragraph is about."""
FEW = 6
"""Classes or seeds below which a bootstrap interval is too narrow, see `bootstrap_interval`."""


class Paragraph(NamedTuple):
    """What is said of one (pictures, trunk).

    Attributes:
        lead: which heads protect and which are not shown to; every head is named.
        rest: what protection costs, what was not tried, what rank changes, what to beware of.
    """

    lead: str
    rest: str = ""


def conclusion(table: pl.DataFrame) -> str:
    """All paragraphs in one line."""
    return " ".join(part for said in paragraphs(table) for part in said if part)


def paragraphs(table: pl.DataFrame) -> list[Paragraph]:
    """A paragraph for each (pictures, trunk) of the table.

    "Finds fewer people" is said of a head only if every attack on it, adaptive ones included, stays
    below the same attack on the plain head with its whole 95 % interval; its cost is told too.
    """
    settings = table.select(SETTING).unique(maintain_order=True).to_dicts()
    if not settings:
        return [Paragraph("No attack is finished.")]
    found, effects = differences(table), rank_effects(table)
    return [
        _of_world(
            [setting for setting in settings if _key(setting, WORLD) == world],
            [one for one in found if _key(one.setting, WORLD) == world],
            [effect for effect in effects if _key(effect.setting, WORLD) == world],
            people=len({s["fingerprint"] for s in settings if s["data"] == world[0]}) > 1,
        )
        for world in dict.fromkeys(_key(setting, WORLD) for setting in settings)
    ]


def _of_world(
    settings: list[dict], found: list[Difference], effects: list[RankEffect], *, people: bool
) -> Paragraph:
    first = settings[0]
    data = f"{first['data']} {first['fingerprint'][:8]}" if people else first["data"]
    where = f"On {data} ({first['trunk']})"
    if all(setting["head"] == "plain" for setting in settings):
        alone = "only the plain head was attacked, so nothing is shown about a defense."
        return Paragraph(f"{where}, {alone}")
    priors = len({setting["prior"] for setting in settings}) > 1
    heads: dict[str, list[Difference]] = {}
    for one in found:
        heads.setdefault(head_name(one.setting), []).append(one)
    safe = [name for name, found in heads.items() if all(lowers(one.leakage) for one in found)]
    said = [
        *_verdicts(heads, safe),
        *(_cost(name, heads[name], priors=priors) for name in safe),
        *_not_tried(settings, found, priors=priors),
        *_slopes(effects, priors=priors),
        *_caveats([(one.seeds, one.leakage.n) for one in found]
                  + [(effect.seeds, effect.slope.n) for effect in effects]),
    ]  # fmt: skip
    first, verdicts = said[0], max(1, len(_verdicts(heads, safe)))
    said[0] = f"{where}, {first[0].lower()}{first[1:]}"
    return Paragraph(" ".join(said[:verdicts]), " ".join(said[verdicts:]))


def _verdicts(heads: dict[str, list[Difference]], safe: list[str]) -> list[str]:
    """What is shown of the heads that are compared."""
    others = {name: found for name, found in heads.items() if name not in safe}
    masked = [name for name, found in others.items() if _masked(found)]
    partly = [
        name
        for name, found in others.items()
        if name not in masked and any(lowers(one.leakage) for one in found)
    ]
    bare = [name for name in others if name not in masked and name not in partly]
    worse = [name for name in others if any(raises(one.leakage) for one in others[name])]
    said = []
    if safe:
        said.append(
            f"Every attack that was compared finds fewer people in {heads_listed(safe)} than in "
            "the plain head."
        )
    if masked:
        said.append(
            f"No protection is shown for {heads_listed(masked)}: Acc@1 falls under the attacks "
            "that do not know the head, but is not shown to fall under all that do."
        )
    if partly:
        said.append(
            f"No protection is shown for {heads_listed(partly)}: under at least one attack, Acc@1 "
            "is not shown to fall."
        )
    if bare:
        said.append(
            f"No protection is shown for {heads_listed(bare)}: under no attack is Acc@1 shown to "
            "fall."
        )
    if worse:
        said.append(
            f"At least one attack finds more people in {heads_listed(worse)} than in the plain "
            "head."
        )
    return said


def _masked(found: list[Difference]) -> bool:
    """Whether all attacks as they are lose, so that an adaptive one does not."""
    plain = [one for one in found if one.setting["adaptive"] == "none"]
    return bool(plain) and all(lowers(one.leakage) for one in plain)


def _cost(name: str, found: list[Difference], *, priors: bool) -> str:
    """The smallest drop of a head that protects, and what it costs."""
    least = max(found, key=lambda one: one.leakage.value)
    under = attack_name(least.setting, prior=priors)
    told = f"For {name}, Acc@1 changes least under {under}, by {signed(least.leakage)}"
    utility = max(found, key=lambda one: one.seeds).utility
    if utility.low is None:
        return f"{told}; test accuracy changes by {signed(utility)} (one seed, so no interval)."
    if lowers(utility) or raises(utility):
        return f"{told}; test accuracy changes by {signed(utility)}."
    return f"{told}; no change of test accuracy is shown, {signed(utility)}."


def _not_tried(settings: list[dict], found: list[Difference], *, priors: bool) -> list[str]:
    """Heads that no adaptive attack met, and attacks that the plain head did not meet."""
    adaptive: dict[str, bool] = {}
    alone: dict[str, list[str]] = {}
    compared = {_key(one.setting, SETTING) for one in found}
    for setting in settings:
        name = head_name(setting)
        if setting["head"] != "plain":
            adaptive[name] = adaptive.get(name, False) or setting["adaptive"] != "none"
            if _key(setting, SETTING) not in compared:
                alone.setdefault(name, []).append(attack_name(setting, prior=priors))
    blind = [name for name, tried in adaptive.items() if not tried]
    said = []
    if alone:
        one_by_one = "; ".join(f"{name} under {listed(names)}" for name, names in alone.items())
        said.append(f"These attacks were not made on a plain head to compare with: {one_by_one}.")
    if blind:
        on = "" if len(blind) == len(adaptive) else f" on {heads_listed(blind)}"
        said.append(f"An attacker who knows the head was not tried{on}.")
    return said


def _slopes(effects: list[RankEffect], *, priors: bool) -> list[str]:
    """What rank changes in each LoFt head, under the attacks on the same span of ranks."""
    curves: dict[tuple, list[RankEffect]] = {}
    for effect in effects:
        if effect.setting["head"] == "loft":
            span = (head_name(effect.setting), effect.ranks[0], effect.ranks[-1])
            curves.setdefault(span, []).append(effect)
    said = []
    for (name, first, last), found in curves.items():
        shown, hidden = [], []
        for one in found:
            under = f"under {attack_name(one.setting, prior=priors)}"
            if raises(one.slope) or lowers(one.slope):
                shown.append(f"by {signed(one.slope)} {under}")
            else:
                hidden.append(under)
        span = f"From rank {first} to {last},"
        if shown:
            said.append(
                f"{span} each doubling of the rank changes Acc@1 of {name} {listed(shown)}."
            )
        if hidden:
            said.append(f"{span} no change of Acc@1 of {name} is shown {listed(hidden)}.")
    return said


def _caveats(counts: list[tuple[int, int]]) -> list[str]:
    """What intervals over these numbers of seeds and classes leave out."""
    single = [seeds == 1 for seeds, _ in counts]
    said = []
    if single and all(single):
        said.append(
            "There is one seed: intervals are over classes only, and other seeds may differ."
        )
    elif any(single):
        said.append("Some intervals are of one seed: they are over classes only.")
    # Where both are several, Student's t makes up for small numbers.
    drawn = [max(pair) for pair in counts if min(pair) == 1]
    if 1 in drawn:
        said.append("One seed and one class leave no interval.")
    few = [count for count in drawn if 1 < count < FEW]
    if few:
        said.append(f"Intervals over as few as {min(few)} classes or seeds are too narrow.")
    return said


def _key(setting: dict[str, Any], names: tuple[str, ...]) -> tuple:
    return tuple(setting[name] for name in names)
