"""Outcomes of classes as numbers of attack.json: a mean with its 95 % interval over classes."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float64, Shaped

from loft_jax.metrics.crossed import mean_interval, share_difference, share_interval
from loft_jax.metrics.interval import Interval

SHARES = ("accuracy", "retrieval", "verification", "knowledge")
"""What is a share of hits has one of these words in its name."""
PROMISED = (
    "accuracy_at_1", "lookalike_accuracy_at_1", "open_set_accuracy",
    "lookalike_open_set_accuracy", "real_accuracy_at_1", "retrieval_at_1",
    "independent_retrieval_at_1", "independent_verification",
)  # fmt: skip
"""Names that are always there, null where they were not measured."""


def pooled_numbers(outcomes: Mapping[str, Float64[np.ndarray, " k"]]) -> dict[str, float | None]:
    """Every outcome with its interval, and what the attack gains over its own lookalikes.

    `accuracy_over_lookalikes` is paired: a class that strangers are easily taken for is so in both.
    """
    numbers: dict[str, float | None] = {}
    for name in dict.fromkeys((*PROMISED, *outcomes)):
        found = outcomes.get(name)
        numbers |= none_of(name) if found is None else with_interval(name, found[:, None])
    if "lookalike_accuracy_at_1" in outcomes:
        found, control = outcomes["accuracy_at_1"], outcomes["lookalike_accuracy_at_1"]
        numbers |= _told("accuracy_over_lookalikes", share_difference(found[None], control[None]))
    return numbers


def with_interval(name: str, values: Shaped[np.ndarray, "k s"]) -> dict[str, float | None]:
    """`name`: mean over classes; `name`_low and `name`_high: ends of its 95 % interval.

    It is of this one model: reconstructions of one class share a target, so classes count.
    """
    interval = share_interval if any(word in name for word in SHARES) else mean_interval
    return _told(name, interval(values.mean(1, dtype=np.float64)[None]))


def none_of(name: str) -> dict[str, float | None]:
    """The same of what was not measured."""
    return {name: None, f"{name}_low": None, f"{name}_high": None}


def _told(name: str, found: Interval) -> dict[str, float | None]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
