"""What a report says first, from intervals alone: no effect whose interval holds zero."""

from typing import NamedTuple

import polars as pl

from loft_jax.findings.effects import Difference, differences, lowers, raises, rank_effects
from loft_jax.findings.remarks import caveats, not_tried, slopes
from loft_jax.findings.wording import attack_name, head_name, heads_listed, priors_differ, signed
from loft_jax.findings.worst_case import WORLD, worst_cases


class Paragraph(NamedTuple):
    """What is said of one (pictures, trunk).

    Attributes:
        lead: which heads protect and which are not shown to; every head is named.
        rest: what protection costs, what was not tried, what rank changes, what to beware of.
    """

    lead: str
    rest: str = ""


def conclusion(table: pl.DataFrame) -> list[Paragraph]:
    """A paragraph for each (pictures, trunk) of the table.

    "Finds fewer people" is said of a head only if the strongest attack on it, adaptive ones
    included, stays below the strongest on the plain head with its whole 95 % interval
    (`worst_cases`); its cost is told too.
    """
    if not len(table):
        return [Paragraph("No attack is finished.")]
    worlds = list(table.group_by(WORLD, maintain_order=True))
    names = [data for (data, *_), _ in worlds]
    people = {data: len({key[1] for key, _ in worlds if key[0] == data}) > 1 for data in names}
    return [_of_world(world, people=people[str(key[0])]) for key, world in worlds]


def _of_world(table: pl.DataFrame, *, people: bool) -> Paragraph:
    first = table.row(0, named=True)
    data = f"{first['data']} {first['fingerprint'][:8]}" if people else first["data"]
    where = f"On {data} ({first['trunk']})"
    if set(table["head"]) == {"plain"}:
        alone = "only the plain head was attacked, so nothing is shown about a defense."
        return Paragraph(f"{where}, {alone}")
    same, effects = differences(table), rank_effects(table)
    worst = {head_name(one.setting): one for one in worst_cases(table)}
    masked = [name for name in worst if _masked(name, same)]
    priors = priors_differ(table.iter_rows(named=True))
    found = "digits" if first["data"] == "digits" else "people"
    verdicts = _verdicts(worst, masked, found)
    rest = [
        *(_cost(name, one, priors=priors) for name, one in worst.items() if lowers(one.leakage)),
        *(_of_prior(table, prior, found) for prior in sorted(set(table["prior"])) if priors),
        *not_tried(table, list(worst), priors=priors),
        *slopes(effects, priors=priors),
        *caveats([*((one.seeds, one.leakage.n) for one in worst.values()),
                  *((effect.seeds, effect.slope.n) for effect in effects)]),
    ]  # fmt: skip
    # Without a verdict, the first of the rest says why there is none.
    lead, rest = (verdicts, rest) if verdicts else (rest[:1], rest[1:])
    return Paragraph(f"{where}, {lead[0][0].lower()}{' '.join(lead)[1:]}", " ".join(rest))


def _verdicts(worst: dict[str, Difference], masked: list[str], found: str) -> list[str]:
    """What is shown of the heads that are compared."""
    safe = [name for name, one in worst.items() if lowers(one.leakage)]
    hidden = [name for name in masked if name not in safe]
    bare = [name for name in worst if name not in safe and name not in hidden]
    worse = [name for name, one in worst.items() if raises(one.leakage)]
    said = []
    if safe:
        said.append(
            f"The strongest attack that was tried finds fewer {found} in {heads_listed(safe)} than "
            "in the plain head."
        )
    if hidden:
        said.append(
            f"No protection is shown for {heads_listed(hidden)}: Acc@1 falls under the attacks "
            "that do not know the head, but is not shown to fall under the strongest."
        )
    if bare:
        said.append(
            f"No protection is shown for {heads_listed(bare)}: Acc@1 is not shown to fall under "
            "the strongest attack."
        )
    if worse:
        said.append(
            f"The strongest attack finds more {found} in {heads_listed(worse)} than in the plain "
            "head."
        )
    return said


def _masked(name: str, same: list[Difference]) -> bool:
    """Whether all attacks as they are lose by this head."""
    plain = [
        one for one in same if head_name(one.setting) == name and one.setting["adaptive"] == "none"
    ]
    return bool(plain) and all(lowers(one.leakage) for one in plain)


def _cost(name: str, one: Difference, *, priors: bool) -> str:
    """How much a head protects, and what it costs."""
    attack, plain = (attack_name(each, prior=priors) for each in (one.setting, one.against))
    against = f"{attack} against {plain} on the plain head" if attack != plain else attack
    told = f"For {name}, Acc@1 changes by {signed(one.leakage)} under {against}"
    if one.utility.low is None:
        return f"{told}; test accuracy changes by {signed(one.utility)} (one seed, so no interval)."
    if lowers(one.utility) or raises(one.utility):
        return f"{told}; test accuracy changes by {signed(one.utility)}."
    return f"{told}; no change of test accuracy is shown, {signed(one.utility)}."


def _of_prior(table: pl.DataFrame, prior: str, found: str) -> str:
    """The same verdict from the attacks with one prior."""
    worst = worst_cases(table.filter(pl.col("prior") == prior))
    safe = [head_name(one.setting) for one in worst if lowers(one.leakage)]
    bare = [head_name(one.setting) for one in worst if not lowers(one.leakage)]
    said = [f"it is shown that fewer {found} are found in {heads_listed(safe)}"] if safe else []
    said += [f"it is not shown for {heads_listed(bare)}"] if bare else []
    return f"With prior {prior} alone, {' and '.join(said) or 'no head can be compared'}."
