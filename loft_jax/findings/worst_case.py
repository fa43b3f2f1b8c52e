"""The strongest attack on a head against the strongest on the plain one, with 95 % intervals.

An attacker takes what works best, and a head may be strong against one attack because it only hides
gradients. So whether a head protects is asked of the strongest attacks, not of one and the same.
"""

import numpy as np
import polars as pl

from loft_jax.findings.effects import Difference, accuracy, utility
from loft_jax.findings.groups import Group, groups, in_common
from loft_jax.findings.summary import over_seeds
from loft_jax.findings.table import ATTACK, MODEL
from loft_jax.metrics.bootstrap import strongest_interval

WORLD = ("data", "fingerprint", "trunk")
"""What a head and the plain one must share."""


def worst_cases(table: pl.DataFrame) -> list[Difference]:
    """Every head that was attacked as some plain head was.

    The plain head counts only the attacks that were made on the head too, or it would be compared
    under attacks that the head was spared. A head with input norm is compared with the plain head
    with input norm if there is one. The strongest is the one with the highest mean Acc@1 over all
    seeds and classes that both sides have; attacks on others are left out.
    """
    models: dict[tuple, list[Group]] = {}
    for group in groups(table):
        models.setdefault(_key(group, MODEL), []).append(group)
    plain = [found for found in models.values() if found[0].setting["head"] == "plain"]
    cases = []
    for found in models.values():
        if found[0].setting["head"] == "plain":
            continue
        for bare in _baselines(found, plain):
            case = _compared(found, bare)
            if case is not None:
                cases.append(case)
                break
    return cases


def _baselines(found: list[Group], plain: list[list[Group]]) -> list[list[Group]]:
    own = found[0].setting
    return [
        bare
        for norm in dict.fromkeys((own["input_norm"], False))
        for bare in plain
        if bare[0].setting["input_norm"] == norm and _key(bare[0], WORLD) == _key(found[0], WORLD)
    ]


def _compared(found: list[Group], bare: list[Group]) -> Difference | None:
    made = {_key(group, ATTACK) for group in found}
    both = [group for group in bare if _key(group, ATTACK) in made]
    if not both:
        return None
    shared = in_common(*found, *both)
    if not len(shared[0].seeds) or not len(shared[0].labels):
        return None
    head, plain = shared[: len(found)], shared[len(found) :]
    outcomes = [np.stack([accuracy(group) for group in side]) for side in (head, plain)]
    strongest, base = (
        side[int(values.mean((1, 2)).argmax())]
        for side, values in zip((head, plain), outcomes, strict=True)
    )
    leakage = strongest_interval(outcomes[0], outcomes[1], np.random.default_rng(0))
    cost = over_seeds(utility(strongest) - utility(base))
    return Difference(
        strongest.setting,
        leakage.within(-1.0, 1.0),
        cost.within(-1.0, 1.0),
        len(strongest.seeds),
        base.setting,
    )


def _key(group: Group, names: tuple[str, ...]) -> tuple:
    return tuple(group.setting[name] for name in names)
