"""Verification: whether two pictures show the same person, at a stated share of false accepts."""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float64, Integer

from loft_jax.errors import InputError
from loft_jax.metrics import _checks


class Compared(NamedTuple):
    """Similarities of n pictures with the prototypes of p people.

    Attributes:
        own: with the prototype of the person on the picture.
        others: with those of all others.
        nearest: whether its own prototype is nearer than every other; a tie is none.
    """

    own: Float64[np.ndarray, " n"]
    others: Float64[np.ndarray, "n _"]
    nearest: Bool[np.ndarray, " n"]


def centred_units(
    embedded: Float[np.ndarray, "n d"], centre: Float[np.ndarray, " d"]
) -> Float64[np.ndarray, "n d"]:
    """Directions from the centre: unit vectors, of which scalar products are cosines."""
    away = embedded.astype(np.float64) - centre
    lengths = np.linalg.norm(away, axis=1, keepdims=True)
    return away / np.maximum(lengths, np.finfo(np.float64).tiny)


def prototypes(
    galleries: list[Float[np.ndarray, "_ d"]], centre: Float[np.ndarray, " d"]
) -> Float64[np.ndarray, "p d"]:
    """One unit vector a person: that of the mean of the directions of all their pictures."""
    means = np.stack([centred_units(gallery, centre).mean(axis=0) for gallery in galleries])
    return centred_units(means, np.zeros(means.shape[1]))


def compared(
    probes: Float64[np.ndarray, "n d"],
    owners: Integer[np.ndarray, " n"],
    people: Float64[np.ndarray, "p d"],
) -> Compared:
    """Every probe, a unit vector of person `owners`, beside every prototype.

    Raises:
        InputError: if there are fewer than 2 people.
    """
    if len(people) < 2:
        msg = f"`people` must be at least 2 prototypes, got {len(people)}"
        raise InputError(msg)
    similar = probes @ people.T
    mine = np.arange(len(people)) == owners[:, None]
    others = similar[~mine].reshape(len(probes), -1)
    own = similar[mine]
    return Compared(own, others, own > others.max(axis=1))


def threshold(strangers: Float[np.ndarray, " m"], rate: float) -> float | None:
    """The smallest similarity above which at most a share `rate` of m comparisons lies.

    None where m < 1 / rate: then one comparison is more than that share.

    Raises:
        InputError: if `strangers` is empty or not finite, or `rate` is not in (0, 1).
    """
    _checks.finite("strangers", strangers)
    if not 0 < rate < 1:
        msg = f"`rate` must be in (0, 1), got {rate}"
        raise InputError(msg)
    # The product of m and a decimal fraction may fall short of a whole number.
    allowed = math.floor(len(strangers) * rate * (1 + 1e-12))
    if allowed == 0:
        return None
    return float(np.partition(strangers, -allowed - 1)[-allowed - 1])


def equal_error_rate(genuine: Float[np.ndarray, " n"], strangers: Float[np.ndarray, " m"]) -> float:
    """The error rate at the threshold where false accepts and false rejects are alike.

    Of the thresholds at the similarities that came, with s > t accepted, the one where both differ
    least; their mean there.

    Raises:
        InputError: if either is empty or not finite.

    Source: ISO/IEC 19795-1, Biometric performance testing and reporting.
    """
    _checks.finite("genuine", genuine)
    _checks.finite("strangers", strangers)
    levels = np.unique(np.concatenate([genuine, strangers]))
    accepts, rejects = 1 - _at_most(strangers, levels), _at_most(genuine, levels)
    best = int(np.argmin(np.abs(accepts - rejects)))
    return float((accepts[best] + rejects[best]) / 2)


def accepted_at(
    scores: Float[np.ndarray, " n"],
    strangers: Float[np.ndarray, " m"],
    rates: Float64[np.ndarray, " r"],
) -> Float64[np.ndarray, " r"]:
    """The verification curve: share of `scores` that is accepted where strangers are at each rate.

    NaN where there are too few strangers for the rate.
    """
    levels = [threshold(strangers, rate) for rate in rates]
    return np.array([np.nan if t is None else np.mean(scores > t) for t in levels])


def _at_most(
    values: Float[np.ndarray, " n"], levels: Float[np.ndarray, " t"]
) -> Float64[np.ndarray, " t"]:
    return np.searchsorted(np.sort(values), levels, side="right") / len(values)
