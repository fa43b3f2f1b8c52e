"""Heads, attacks and intervals in words, as sentences, tables and pictures name them."""

from collections.abc import Iterable
from typing import Any

from loft_jax.metrics.bootstrap import Interval


def head_name(setting: dict[str, Any]) -> str:
    """The head in words: `LoFt rank 16 (activation relu)`."""
    name = {"plain": "plain", "loft": "LoFt", "svd": "SVD", "covariance": "PCA"}[setting["head"]]
    more = []
    if setting["head"] == "loft" and setting["activation"] != "tanh":
        more.append(f"activation {setting['activation']}")
    if setting["input_norm"]:
        more.append("input norm")
    ranked = name if setting.get("rank") is None else f"{name} rank {setting['rank']}"
    return ranked + (f" ({', '.join(more)})" if more else "")


def attack_name(setting: dict[str, Any], *, prior: bool) -> str:
    """The attack in words: `ppa (pre-code, prior faces)`; its prior only if asked for."""
    more = [] if setting["adaptive"] == "none" else [setting["adaptive"]]
    more += [f"prior {setting['prior']}"] if prior else []
    return setting["attack"] + (f" ({', '.join(more)})" if more else "")


def priors_differ(rows: Iterable[dict[str, Any]]) -> bool:
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


def heads_listed(names: list[str]) -> str:
    """Names of heads; their kind is said once: `LoFt rank 4, 8 and 16, and SVD rank 4`."""
    kinds: dict[str, list[str]] = {}
    for name in names:
        kind, _, rank = name.rpartition(" ")
        kinds.setdefault(kind if rank.isdecimal() else name, []).append(rank)
    told = [
        f"{kind} {listed(ranks)}" if ranks[0].isdecimal() else kind for kind, ranks in kinds.items()
    ]
    if any(len(ranks) > 1 for ranks in kinds.values()):
        return ", and ".join(told)  # "and" stands between ranks already
    return listed(told)


def listed(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
