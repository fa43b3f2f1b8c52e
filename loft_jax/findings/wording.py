"""Defenses, attacks and intervals in words, as sentences, tables and pictures name them."""

from collections.abc import Iterable
from typing import Any

from loft_jax.metrics.interval import Interval

Setting = dict[str, Any]


def kind_name(setting: Setting) -> str:
    """The defense without its strength: `LoFt (relu)`."""
    return setting["label"].replace(_strength(setting), "", 1)


def listed_defenses(settings: Iterable[Setting]) -> str:
    """Defenses, each kind said once: `LoFt rank 4, 8 and 16, and SVD cut rank 4`."""
    kinds: dict[tuple, dict[str, Setting]] = {}
    for one in settings:
        kinds.setdefault((one["defense"], one["variant"]), {})[one["label"]] = one
    told = [_together(list(found.values())) for found in kinds.values()]
    if any(len(found) > 1 for found in kinds.values()):
        return ", and ".join(told)  # "and" stands between strengths already
    return listed(told)


def attack_name(setting: Setting, *, prior: bool) -> str:
    """The attack in words: `ppa (pre-code, prior faces)`; its prior only if asked for."""
    more = [] if setting["adaptive"] == "none" else [setting["adaptive"]]
    more += [f"prior {setting['prior']}"] if prior else []
    return setting["attack"] + (f" ({', '.join(more)})" if more else "")


def priors_differ(rows: Iterable[Setting]) -> bool:
    """Whether some attack was made with several priors, so that its name must say which."""
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["attack"], set()).add(row["prior"])
    return any(len(priors) > 1 for priors in found.values())


def signed(interval: Interval) -> str:
    """`-0.120 (-0.200 to -0.050)`."""
    if interval.low is None or interval.high is None:
        return f"{interval.value:+.3f}"
    return f"{interval.value:+.3f} ({interval.low:+.3f} to {interval.high:+.3f})"


def share(interval: Interval) -> str:
    """`0.92 (0.85 to 0.96)`."""
    if interval.low is None or interval.high is None:
        return f"{interval.value:.2f}"
    return f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})"


def listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _strength(setting: Setting) -> str:
    if setting["strength"] is None:
        return ""
    return f" {setting['strength_name']} {setting['strength']:g}"


def _together(alike: list[Setting]) -> str:
    """One kind with its strengths, in the order in which they came."""
    first = alike[0]
    if len(alike) == 1 or first["strength"] is None:
        return listed([one["label"] for one in alike])
    strengths = listed([f"{one['strength']:g}" for one in alike])
    several = f" {first['strength_name']} {strengths}"
    return first["label"].replace(_strength(first), several, 1)
