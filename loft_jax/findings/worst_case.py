"""The strongest attack on a defense against the strongest on its baseline, with intervals.

An attacker takes what works best, and a defense may be strong against one attack because it only
hides gradients. So whether it protects is asked of the strongest attacks, not of one and the same.
The strongest is chosen on one half of the classes and reported on the other, both ways.
"""

import numpy as np
import polars as pl

from loft_jax.findings.columns import ATTACK, MODEL, WORLD
from loft_jax.findings.effects import (
    Difference,
    Sides,
    baselines_of,
    judged_together,
)
from loft_jax.findings.groups import Group, groups, in_common
from loft_jax.metrics.strongest import strongest_elsewhere

VERIFIED = "independent_verification"
"""The share that a judge verifies who never saw the attacked people."""


def worst_cases(table: pl.DataFrame, outcome: str = "accuracy_at_1") -> list[Difference]:
    """Every defense that was attacked as one of its baselines was.

    The baseline counts only the attacks that were made on the defense too, or it would be compared
    under attacks that the defense was spared; `attacks` says how many each side had. The strongest
    is named by its mean Acc@1 over all seeds and classes that both sides have (attacks on others
    are left out), but on each half of the classes the one reported is that of the other half. All
    defenses of the same pictures and trunk are judged together.

    Args:
        table: as `rows_of` gives its rows.
        outcome: what an attack is strong by; where it was not measured nothing is compared. The
            evaluators' faults withhold no verdict but their own, on Acc@1.
    """
    found = list(groups(table))
    models: dict[tuple, list[Group]] = {}
    for group in found:
        models.setdefault(group.key(MODEL), []).append(group)
    cases = []
    for own in (forms for forms in models.values() if forms[0].defended):
        compared = (_compared(own, bare, outcome) for bare in baselines_of(own[0], found))
        if (case := next(filter(None, compared), None)) is not None:
            cases.append(case)
    return judged_together(cases, WORLD)


def _compared(found: list[Group], bare: list[Group], outcome: str) -> Sides | None:
    made = {group.key(ATTACK) for group in found}
    both = [group for group in bare if group.key(ATTACK) in made]
    if not both:
        return None
    shared = in_common(*found, *both)
    if not len(shared[0].seeds) or not len(shared[0].labels):
        return None
    known = [values for group in shared if (values := group.outcome(outcome)) is not None]
    if len(known) < len(shared):
        return None
    sides = shared[: len(found)], shared[len(found) :]
    outcomes = [np.stack(known[: len(found)]), np.stack(known[len(found) :])]
    strongest, base = (
        side[int(values.mean((1, 2)).argmax())]
        for side, values in zip(sides, outcomes, strict=True)
    )
    withheld = next(filter(None, (group.withheld for group in shared)), None)
    return Sides(
        strongest,
        base,
        strongest_elsewhere(outcomes[0]),
        strongest_elsewhere(outcomes[1]),
        (len(sides[0]), len(sides[1])),
        None if outcome == VERIFIED else withheld,
    )
