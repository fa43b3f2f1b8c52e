"""What stands beside the verdicts: what was not tried, what strength changes, what to beware of."""

import polars as pl

from loft_jax.findings.columns import SETTING
from loft_jax.findings.effects import Difference, lowers, raises
from loft_jax.findings.groups import Group, groups
from loft_jax.findings.rivals import Rivalry
from loft_jax.findings.trends import NEAR, StrengthEffect
from loft_jax.findings.wording import (
    attack_name,
    kind_name,
    listed,
    listed_defenses,
    share,
    signed,
)
from loft_jax.judging.verdict import ABLE
from loft_jax.metrics.crossed import share_difference, share_interval

POWER = 0.8416 / 1.9600
"""Quantiles of the normal law at 0.8 and 0.975: of half an interval, for power 0.8."""


def remarked(table: pl.DataFrame) -> list[str]:
    """What defenses say of themselves: a strength that takes nothing away, say."""
    reasons: dict[str, list[dict]] = {}
    for setting in table.select(SETTING).unique(maintain_order=True).to_dicts():
        if setting["remark"] is not None:
            reasons.setdefault(setting["remark"], []).append(setting)
    return [f"{listed_defenses(found)}: {why}." for why, found in reasons.items()]


def not_tried(table: pl.DataFrame, compared: list[Difference], *, priors: bool) -> list[str]:
    """Defenses that no adaptive attack met, and those without a baseline to compare with."""
    known = {one.setting["label"] for one in compared}
    settings: dict[str, dict] = {}
    adaptive: dict[str, bool] = {}
    alone: dict[str, list[str]] = {}
    for setting in table.select(SETTING).unique(maintain_order=True).to_dicts():
        name = setting["label"]
        if setting["baselines"]:
            settings.setdefault(name, setting)
            adaptive[name] = adaptive.get(name, False) or setting["adaptive"] != "none"
            if name not in known:
                alone.setdefault(name, []).append(attack_name(setting, prior=priors))
    blind = [name for name, tried in adaptive.items() if not tried]
    said = []
    if alone:
        one_by_one = "; ".join(f"{name} under {listed(names)}" for name, names in alone.items())
        said.append(
            "These attacks were not made on a baseline with the same seeds and classes to compare "
            f"with: {one_by_one}."
        )
    if blind:
        on = listed_defenses(settings[name] for name in blind)
        where = "" if len(blind) == len(adaptive) else f" on {on}"
        said.append(f"An attacker who knows the defense was not tried{where}.")
    return said


def verified(cases: list[Difference], noun: str) -> list[str]:
    """What the judge that never saw the attacked people makes of the same comparison.

    Args:
        cases: `worst_cases` by what it verifies.
        noun: what the classes are.
    """
    fell = [one for one in cases if lowers(one.corrected)]
    rest = [one for one in cases if one not in fell]
    judge = f"the judge that never saw these {noun}"
    said = []
    if fell:
        changes = listed([f"{signed(one.leakage)} in {one.setting['label']}" for one in fell])
        said.append(
            f"Of what the strongest attack found, {judge} verifies a smaller share than with the "
            f"baseline: {changes}."
        )
    if rest:
        names = listed_defenses(one.setting for one in rest)
        said.append(f"In {names} {judge} is not shown to verify a smaller share.")
    return said


def unlike(table: pl.DataFrame, compared: list[Difference], noun: str) -> list[str]:
    """Where a judge that knows real pictures of people verifies none of those that were found.

    Evaluators know the same people from the same pictures as the target does, and may be fooled as
    it is. The judge that never saw them may not be: where it verifies no more than of lookalikes
    under any attack on the baseline, but most real pictures, evaluators need not count likeness.

    Args:
        table: of one world.
        compared: `worst_cases`, of whose baselines it is asked.
        noun: what the classes are.
    """
    found = list(groups(table))
    said = []
    for label in dict.fromkeys(one.against["label"] for one in compared):
        made = [group for group in found if group.setting["label"] == label]
        strongest = next(one.against for one in compared if one.against["label"] == label)
        group = next(group for group in made if group.setting == strongest)
        real = group.outcome("independent_real_verification")
        if real is None or real.mean() < ABLE or any(map(_recognised, made)):
            continue
        verified, nearest = (
            None if (values := group.outcome(name)) is None else share(share_interval(values))
            for name in ("independent_verification", "independent_retrieval_at_1")
        )
        near = "" if nearest is None else f", and finds {nearest} of them nearest to whom they show"
        said.append(
            "But these are verdicts of networks that know the same pictures: of what the strongest "
            f"attack drew from the {label}, the judge that never saw these {noun} verifies "
            f"{verified}, not shown to be more than of lookalikes under any attack{near}; of real "
            f"pictures it verifies {real.mean():.2f}. So what is counted there need not be "
            "likeness, nor what a defense lowers."
        )
    return said


def _recognised(group: Group) -> bool:
    """Whether the judge is shown to verify more than of lookalikes, or was not asked."""
    found, strangers = (group.outcome(f"independent_{of}verification") for of in ("", "lookalike_"))
    return found is None or strangers is None or raises(share_difference(found, strangers))


def rivals(found: list[Rivalry], noun: str) -> list[str]:
    """What is shown of one defense against every other, with the intervals that this rests on.

    Args:
        found: `rivalries`.
        noun: what the classes are.
    """
    if not found:
        return []
    kinds = {
        "fewer": [one for one in found if lowers(one.corrected)],
        "more": [one for one in found if raises(one.corrected)],
    }
    same = [one for one in found if not any(one in kind for kind in kinds.values())]
    said = [
        f"the strongest attack finds {how} {noun} than in "
        + listed([f"{one.against['label']} ({signed(one.corrected)})" for one in kind])
        for how, kind in kinds.items()
        if kind
    ]
    if same:
        names = listed([f"{one.against['label']} ({signed(one.corrected)})" for one in same])
        said.append(f"no difference is shown from {names}")
    # Seeds and classes in common may differ, and with them what is safest; the first stands here.
    own = found[0].setting["label"]
    return [
        f"Of the strengths that cost at most {NEAR:g} of validation accuracy, the safest of each: "
        f"in {own} {'; '.join(said)}."
    ]


def slopes(effects: list[StrengthEffect], *, priors: bool) -> list[str]:
    """What strength changes in each defense, under the attacks on the same span of it."""
    curves: dict[tuple, list[StrengthEffect]] = {}
    for effect in effects:
        ends = f"{effect.strengths[0]:g} to {effect.strengths[-1]:g}"
        key = (kind_name(effect.setting), effect.setting["strength_name"], ends)
        curves.setdefault(key, []).append(effect)
    said = []
    for (name, strength, ends), found in curves.items():
        shown, hidden = [], []
        for one in found:
            under = f"under {attack_name(one.setting, prior=priors)}"
            if raises(one.slope) or lowers(one.slope):
                shown.append(f"by {signed(one.slope)} {under}")
            else:
                hidden.append(under)
        span = f"From {strength} {ends},"
        if shown:
            said.append(
                f"{span} each doubling of the {strength} changes Acc@1 of {name} {listed(shown)}."
            )
        if hidden:
            said.append(f"{span} no change of Acc@1 of {name} is shown {listed(hidden)}.")
        if far := sorted({strength for one in found for strength in one.left_out}):
            said.append(
                f"Left out of that trend: {strength} {listed([f'{one:g}' for one in far])}, whose "
                f"test accuracy is more than {NEAR:g} below the baseline's."
            )
    return said


def unequal(worst: list[Difference]) -> list[str]:
    """Numbers of attacks of which the strongest is chosen, where they are not all the same."""
    counts: dict[tuple[int, int], list[dict]] = {}
    for one in worst:
        counts.setdefault(one.attacks, []).append(one.setting)
    if len({number for pair in counts for number in pair}) < 2:
        return []
    told = [
        f"{own} on {listed_defenses(found)} and {bare} on its baseline"
        for (own, bare), found in counts.items()
    ]
    return [f"The strongest is chosen among different numbers of attacks: {'; '.join(told)}."]


def detectable(worst: list[Difference]) -> list[str]:
    """The falls that would have been shown, where none is: without power, silence says nothing.

    By the normal law: half of the interval that the verdict rests on, and what a standard error
    must be left for four of five repetitions to lie beyond it.
    """
    told: dict[str, list[dict]] = {}
    for one in worst:
        ends = (one.corrected.low, one.corrected.high, one.leakage.low, one.leakage.high)
        if lowers(one.corrected) or raises(one.corrected) or None in ends:
            continue
        if one.withheld is not None or one.setting["remark"] is not None:
            continue  # no fall would be called protection there
        low, high, least, most = ends
        fall = (high - low) / 2 + (most - least) / 2 * POWER  # pyright: ignore[reportOperatorIssue]
        told.setdefault(f"{fall:.2f}", []).append(one.setting)
    if not told:
        return []
    falls = listed([f"{fall} in {listed_defenses(found)}" for fall, found in told.items()])
    return [f"A fall of about {falls} would be shown in four of five such sweeps."]


def caveats(counts: list[tuple[int, int]]) -> list[str]:
    """What intervals over these numbers of seeds and classes leave out."""
    single = [seeds == 1 for seeds, _ in counts]
    said = []
    if single and all(single):
        said.append(
            "There is one seed: intervals are of these models, over classes only, and those of "
            "other seeds may differ."
        )
    elif any(single):
        said.append("Some intervals are of one seed: of those models, over classes only.")
    if (1, 1) in counts:
        said.append("One seed and one class leave no interval.")
    return said
