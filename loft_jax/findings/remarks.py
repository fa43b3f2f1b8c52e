"""What stands beside the verdicts: what was not tried, what rank changes, what to beware of."""

import polars as pl

from loft_jax.findings.effects import RankEffect, lowers, raises
from loft_jax.findings.table import SETTING
from loft_jax.findings.wording import attack_name, head_name, heads_listed, listed, signed

FEW = 6
"""Classes or seeds below which a bootstrap interval is too narrow, see `bootstrap_interval`."""


def not_tried(table: pl.DataFrame, compared: list[str], *, priors: bool) -> list[str]:
    """Heads that no adaptive attack met, and heads without a plain one to compare with."""
    adaptive: dict[str, bool] = {}
    alone: dict[str, list[str]] = {}
    for setting in table.select(SETTING).unique(maintain_order=True).to_dicts():
        name = head_name(setting)
        if setting["head"] != "plain":
            adaptive[name] = adaptive.get(name, False) or setting["adaptive"] != "none"
            if name not in compared:
                alone.setdefault(name, []).append(attack_name(setting, prior=priors))
    blind = [name for name, tried in adaptive.items() if not tried]
    said = []
    if alone:
        one_by_one = "; ".join(f"{name} under {listed(names)}" for name, names in alone.items())
        said.append(
            "These attacks were not made on a plain head with the same seeds and people to "
            f"compare with: {one_by_one}."
        )
    if blind:
        on = "" if len(blind) == len(adaptive) else f" on {heads_listed(blind)}"
        said.append(f"An attacker who knows the head was not tried{on}.")
    return said


def slopes(effects: list[RankEffect], *, priors: bool) -> list[str]:
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


def caveats(counts: list[tuple[int, int]]) -> list[str]:
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
