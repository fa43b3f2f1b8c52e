"""Where on its way out an answer meets Gaussian noise: what lower ends rest on."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from loft_jax.auditing.channel import Channel
from loft_jax.auditing.lower import Stage
from loft_jax.auditing.releases import Numbers

Slopes = Mapping[str, np.ndarray]
"""Jacobians [j m z] of each source."""


class Facts(NamedTuple):
    """What is known of how a model answers.

    Attributes:
        own_noise: (numbers, deviation) of Gaussian noise that its defense adds; None for none.
        random: whether the same picture is answered differently.
        changed: whether answers differ from what the weights compute.
        code_ends: between which ends each number of its code is; None where nothing holds them.
    """

    own_noise: tuple[str, float] | None = None
    random: bool = False
    changed: bool = False
    code_ends: tuple[float, float] | None = None


def stages_of(
    channel: Channel,
    asked: Mapping[str, list[np.ndarray]],
    silent: Callable[[str], Numbers],
    slopes: Slopes,
    facts: Facts,
) -> tuple[Stage, ...]:
    """The numbers with noise of which this release is made.

    Args:
        channel: the release.
        asked: held-out answers.
        silent: what the weights compute for the same pictures, without any noise.
        slopes: Jacobians of what the weights compute, of each source that has them.
        facts: how the model answers.
    """
    found, variance, kind = [], channel.noise**2, channel.release.source
    if facts.own_noise is not None and channel.release.follows(facts.own_noise[0]):
        own, deviation = facts.own_noise
        whole = deviation**2 + (variance if own == kind else 0.0)
        found.append(_stage(own, whole, silent(own), channel.queries, slopes, facts))
        variance = 0.0 if own == kind else variance
    # Random answers are no numbers plus noise: together they may tell more than their mean.
    if variance and (channel.queries == 1 or not facts.random):
        known = {} if facts.changed else slopes
        found.append(_stage(kind, variance, asked[kind][0], channel.queries, known, facts))
    return tuple(found)


def _stage(
    kind: str, variance: float, numbers: Numbers, queries: int, slopes: Slopes, facts: Facts
) -> Stage:
    ends = {"code": facts.code_ends, "scores": (0.0, 1.0)}.get(kind)
    return Stage(kind, variance / queries, numbers, slopes.get(kind), ends)
