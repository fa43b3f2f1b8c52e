"""Means over seeds and classes with their intervals: of any number, of shares, of differences."""

import numpy as np
from jaxtyping import Float64, Shaped
from scipy.special import stdtrit

from loft_jax.errors import InputError
from loft_jax.metrics import _checks
from loft_jax.metrics.interval import Interval
from loft_jax.metrics.two_way import reach

Ends = tuple[Float64[np.ndarray, " b"], Float64[np.ndarray, " b"]]


def mean_interval(values: Shaped[np.ndarray, "r k"], level: float = 0.95) -> Interval:
    """Mean of a number of r seeds and k classes -+ `two_way.reach`.

    Raises:
        InputError: if `values` is empty or not finite.
    """
    _checks.finite("values", values)
    known = values.astype(np.float64)[None]
    half, mean = reach(known, level), known.mean((1, 2))
    return _interval(known, mean - half, mean + half)


def share_interval(values: Shaped[np.ndarray, "r k"], level: float = 0.95) -> Interval:
    """Mean of shares of r seeds and k classes, in [0, 1], and its interval, right near 0 and 1 too.

    Wilson's, with as many trials as the spread over seeds and classes is worth; where all are
    equal to 0 or 1, a trial a class. So it is never below 0, above 1, or of no width there.

    Raises:
        InputError: if `values` is empty, not finite, or outside [0, 1].

    Source: Wilson, JASA 22 (1927); the effective number of trials: Korn and Graubard, Survey
    Methodology 24 (1998).
    """
    _shares("values", values)
    known = values.astype(np.float64)[None]
    return _interval(known, *share_ends(known, level))


def share_difference(
    first: Shaped[np.ndarray, "r k"], second: Shaped[np.ndarray, "t l"], level: float = 0.95
) -> Interval:
    """Mean of `first` - `second` on the same seeds and classes, shares in [0, 1], and its interval.

    The ends are recovered from those of the two shares and from how far they vary together, so
    that what makes a class easy drops out, and a difference near -1, 0 or 1 has an honest width.

    Raises:
        InputError: if one is empty, not finite or outside [0, 1], or shapes differ.

    Source: Newcombe, "Improved confidence intervals for the difference between binomial
    proportions based on paired data", Stat. Med. 17 (1998), method 10; Zou and Donner, Stat. Med.
    27 (2008).
    """
    for name, values in (("first", first), ("second", second)):
        _shares(name, values)
    if first.shape != second.shape:
        msg = (
            "`first` and `second` must hold the same seeds and classes, "
            f"got shapes {first.shape} and {second.shape}"
        )
        raise InputError(msg)
    one, other = first.astype(np.float64)[None], second.astype(np.float64)[None]
    return _interval(one - other, *difference_ends(one, other, level))


def share_ends(values: Float64[np.ndarray, "b r k"], level: float = 0.95) -> Ends:
    """Ends of `share_interval`, of many at once."""
    p, half = values.mean((-2, -1)), reach(values, level)
    return _wilson(p, half, values.shape[-2:], level)


def difference_ends(
    first: Float64[np.ndarray, "b r k"], second: Float64[np.ndarray, "b r k"], level: float = 0.95
) -> Ends:
    """Ends of `share_difference`, of many at once."""
    shape = first.shape[-2:]
    p, q = first.mean((-2, -1)), second.mean((-2, -1))
    half = [reach(values, level) for values in (first, second, first - second)]
    (p_low, p_high), (q_low, q_high) = (
        _wilson(mean, reached, shape, level) for mean, reached in ((p, half[0]), (q, half[1]))
    )
    joint, product = half[0] ** 2 + half[1] ** 2 - half[2] ** 2, 2 * half[0] * half[1]
    shared = np.divide(joint, product, out=np.zeros_like(joint), where=product > 0)
    shared = np.clip(shared, -1, 1)
    below = _together(p - p_low, q_high - q, shared)
    above = _together(p_high - p, q - q_low, shared)
    if shape[0] == 2:
        # Intervals of shares end at 0 and 1; two seeds reach there, and then hide how far they go.
        below, above = (np.maximum(side, half[2]) for side in (below, above))
    return np.maximum(p - q - below, -1), np.minimum(p - q + above, 1)


def _wilson(
    p: Float64[np.ndarray, " b"],
    half: Float64[np.ndarray, " b"],
    shape: tuple[int, ...],
    level: float,
) -> Ends:
    """Roots of (x - p)^2 = w x (1 - x) with w = half^2 / p (1 - p)."""
    n = shape[1] if shape[1] > 1 else shape[0]
    alone = stdtrit(n - 1, (1 + level) / 2) ** 2 / n if n > 1 else np.nan
    inner = (p > 0) & (p < 1)
    w = np.divide(half**2, p * (1 - p), out=np.full_like(p, alone), where=inner)
    middle = (p + w / 2) / (1 + w)
    width = np.sqrt(w * p * (1 - p) + w**2 / 4) / (1 + w)
    # Exactly 0 and 1 where p is: rounding may leave 1e-17.
    return np.where(p == 0, 0 * w, middle - width), np.where(p == 1, 1 + 0 * w, middle + width)


def _together(
    one: Float64[np.ndarray, " b"],
    other: Float64[np.ndarray, " b"],
    shared: Float64[np.ndarray, " b"],
) -> Float64[np.ndarray, " b"]:
    return np.sqrt(np.maximum(one**2 + other**2 - 2 * shared * one * other, 0))


def _interval(values: Float64[np.ndarray, "1 r k"], low: np.ndarray, high: np.ndarray) -> Interval:
    value, n = float(values.mean()), values.shape[2]
    if np.isnan(low[0]):
        return Interval(value, None, None, n)
    return Interval(value, float(low[0]), float(high[0]), n)


def _shares(name: str, values: Shaped[np.ndarray, "r k"]) -> None:
    _checks.finite(name, values)
    if values.min() < 0 or values.max() > 1:
        msg = f"`{name}` must hold shares from 0 to 1, got {values.min():g} to {values.max():g}"
        raise InputError(msg)
