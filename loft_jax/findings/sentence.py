"""The first sentence of a report, from intervals alone: no effect whose interval holds zero."""

from typing import Any

import polars as pl

from loft_jax.findings.effects import Difference, differences, lowers, raises, rank_effects
from loft_jax.metrics.bootstrap import Interval

NAMES = {"loft": "the LoFt head", "svd": "the head cut by SVD", "covariance": "the projected head"}


def conclusion(table: pl.DataFrame) -> str:
    """One or two sentences for each (pictures, trunk, prior) of the table.

    "Protects" is said of a head only if every attack on it, adaptive ones included, stays below the
    same attack on the plain head with its whole 95 % interval; utility is told beside it.
    """
    found = differences(table)
    if not found:
        attacks = table.select("run", "attack_folder").n_unique()
        return (
            f"{attacks} attacks are shown; whether a head protects is not: there is none beside "
            "a plain head under the same attack."
        )
    worlds: dict[tuple, list[Difference]] = {}
    for one in found:
        world = tuple(one.setting[name] for name in ("data", "fingerprint", "trunk", "prior"))
        worlds.setdefault(world, []).append(one)
    parts = [_of_world(world, alike) for world, alike in worlds.items()]
    return " ".join([*parts, *_slopes(table)])


def _of_world(world: tuple, found: list[Difference]) -> str:
    data, _, trunk, prior = world
    where = f"On {data} ({trunk}), attacked with the prior {prior},"
    variants: dict[str, list[Difference]] = {}
    for one in found:
        variants.setdefault(head_name(one.setting), []).append(one)
    protecting = {n: all(lowers(one.leakage) for one in v) for n, v in variants.items()}
    safe = [name for name in variants if protecting[name]]
    masked = [
        name
        for name, v in variants.items()
        if not protecting[name]
        and any(lowers(one.leakage) for one in v if one.setting["adaptive"] == "none")
    ]
    rest = [name for name in variants if name not in safe and name not in masked]
    said = []
    if safe:
        costs = "; ".join(f"{name}: {_weakest(variants[name])}" for name in safe)
        said.append(f"{where} every attack tried finds fewer people than without defense in {costs}.")
    if masked:
        said.append(
            f"{where if not said else 'Only'} "
            + ("the attack as it is" if not said else "the attack as it is")
            + f" finds fewer people in {_listed(masked)}; with an attacker who knows the head no "
            "protection is shown."
        )
    if rest:
        begin = where if not said else "For"
        said.append(
            f"{begin} {_listed(rest)}{' show' if not said else ''} no protection"
            f"{'' if not said else ' is shown'}: the 95 % interval of the difference holds zero."
        )
    worse = [n for n, v in variants.items() if any(raises(one.leakage) for one in v)]
    if worse:
        said.append(f"More people than without defense are found in {_listed(worse)}.")
    return " ".join(said)


def _weakest(found: list[Difference]) -> str:
    """The difference under the attack that gets most out, and what the head costs."""
    one = max(found, key=lambda difference: difference.leakage.value)
    attack = f"{one.setting['attack']}, {one.setting['adaptive']}"
    cost = one.utility
    said = f"Acc@1 {signed(one.leakage)} under the strongest ({attack})"
    if lowers(cost) or raises(cost):
        return f"{said}, test accuracy {signed(cost)}"
    return f"{said}, no change of test accuracy shown ({signed(cost)})"


def _slopes(table: pl.DataFrame) -> list[str]:
    said = []
    for effect in rank_effects(table):
        if effect.setting["head"] != "loft":
            continue
        attack = f"{effect.setting['attack']}, {effect.setting['adaptive']}"
        span = f"ranks {effect.ranks[0]} to {effect.ranks[-1]} ({attack})"
        if raises(effect.slope) or lowers(effect.slope):
            said.append(f"Each doubling of the rank changes Acc@1 by {signed(effect.slope)}, {span}.")
        else:
            said.append(f"No slope of Acc@1 along the rank is shown, {span}.")
    return said


def head_name(setting: dict[str, Any]) -> str:
    """The head in words: `LoFt rank 16 (relu)`."""
    if setting["head"] == "plain":
        return "plain"
    name = {"loft": "LoFt", "svd": "SVD", "covariance": "PCA"}[setting["head"]]
    more = []
    if setting["head"] == "loft" and setting["activation"] != "tanh":
        more.append(f"activation {setting['activation']}")
    if setting["input_norm"]:
        more.append("input norm")
    return f"{name} rank {setting['rank']}" + (f" ({', '.join(more)})" if more else "")


def signed(interval: Interval) -> str:
    """`-0.12 (-0.20 to -0.05)`."""
    if interval.low is None or interval.high is None:
        return f"{interval.value:+.3f}"
    return f"{interval.value:+.3f} ({interval.low:+.3f} to {interval.high:+.3f})"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
