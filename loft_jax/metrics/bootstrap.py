"""Means over classes with their 95 % bootstrap intervals, the classes being what is resampled."""

import math

import numpy as np
from jaxtyping import Float64, Shaped
from scipy.special import ndtr, stdtrit

from loft_jax.errors import InputError
from loft_jax.metrics import _checks
from loft_jax.metrics.interval import Interval

RESAMPLES = 10_000


def bootstrap_interval(
    values: Shaped[np.ndarray, "k s"],
    rng: np.random.Generator,
    *,
    resamples: int = RESAMPLES,
) -> Interval:
    """Mean of k classes with s reconstructions each, and its 95 % interval over classes.

    Reconstructions of one class share a target and are not independent: classes are drawn with
    replacement, each with all its reconstructions (cluster bootstrap). The ends are percentiles of
    the resampled means, widened as Student's t asks: at Phi(-+ sqrt(k / (k - 1)) t_{k-1, 0.975})
    instead of 2.5 % and 97.5 %. Below about 6 classes those lie beyond the extremes of any
    bootstrap, and the interval is too narrow.

    Args:
        values: one number for each reconstruction; hits count as 0 and 1.
        rng: source of the resamples.
        resamples: number of them.

    Raises:
        InputError: if `values` is empty or not finite, or `resamples` is less than 1.

    Source: Davison and Hinkley, "Bootstrap methods and their application" (1997), section 3.8;
    Hesterberg, Am. Stat. 69 (2015), "expanded percentile".
    """
    _checks.finite("values", values)
    _check_resamples(resamples)
    return crossed_interval(values[None], rng, resamples=resamples)


def paired_interval(
    first: Shaped[np.ndarray, "k s"],
    second: Shaped[np.ndarray, "l t"],
    rng: np.random.Generator,
    *,
    resamples: int = RESAMPLES,
) -> Interval:
    """Mean of `first` - `second` over the same k classes, and its 95 % interval.

    What makes a class easy or hard is in both and drops out of the difference.

    Raises:
        InputError: as `bootstrap_interval`, or if the numbers of classes differ.
    """
    if len(first) != len(second):
        msg = (
            "`first` and `second` must hold the same classes, "
            f"got {len(first)} and {len(second)} of them"
        )
        raise InputError(msg)
    _checks.finite("first", first)
    _checks.finite("second", second)
    means = [part.astype(np.float64).mean(axis=1) for part in (first, second)]
    return bootstrap_interval((means[0] - means[1])[:, None], rng, resamples=resamples)


def crossed_interval(
    values: Shaped[np.ndarray, "r k s"],
    rng: np.random.Generator,
    *,
    resamples: int = RESAMPLES,
) -> Interval:
    """Mean over r seeds of the same k classes, and its 95 % interval over seeds and classes.

    Seeds and classes are drawn with replacement, each on its own (pigeonhole bootstrap: never too
    small, up to three times the variance of what is left once seeds and classes are accounted
    for). With m = min(r, k) the interval is mean -+ t_{m-1, 0.975} sqrt(m / (m - 1)) x the
    resampled means' standard deviation: percentiles of three seeds would say far too little. One
    seed is `bootstrap_interval`, and says nothing of other seeds.

    Raises:
        InputError: as `bootstrap_interval`.

    Source: Owen, "The pigeonhole bootstrap", Ann. Appl. Stat. 1 (2007).
    """
    _checks.finite("values", values)
    _check_resamples(resamples)
    means = values.astype(np.float64).mean(axis=2)
    (draws,) = _crossed(means[None], rng, resamples)
    return _interval(float(means.mean()), draws, means.shape)


def strongest_interval(
    first: Float64[np.ndarray, "a r k"],
    second: Float64[np.ndarray, "b r k"],
    rng: np.random.Generator,
    *,
    resamples: int = RESAMPLES,
) -> Interval:
    """The largest mean of a attacks minus the largest of b others, and its 95 % interval.

    Both were made on the same r seeds and k classes, which are drawn as in `crossed_interval`;
    every resample chooses its own strongest attack, so that the interval holds what the choice
    leaves uncertain. The largest of several means is too large on average, the more so the more
    there are.

    Raises:
        InputError: as `bootstrap_interval`, or if there is no attack on one side.
    """
    for name, values in (("first", first), ("second", second)):
        _checks.finite(name, values)
    _check_resamples(resamples)
    both = np.concatenate([first, second])
    draws = _crossed(both, rng, resamples)
    a = len(first)
    means = both.mean(axis=(1, 2))
    found = means[:a].max() - means[a:].max()
    return _interval(float(found), draws[:a].max(axis=0) - draws[a:].max(axis=0), both.shape[1:])


def _crossed(
    means: Float64[np.ndarray, "a r k"], rng: np.random.Generator, resamples: int
) -> Float64[np.ndarray, "a b"]:
    """Means of seeds and classes that are drawn with replacement, the same for all a."""
    _, r, k = means.shape
    seeds = _weights(r, rng, resamples) if r > 1 else np.ones((resamples, 1))
    classes = _weights(k, rng, resamples) if k > 1 else np.ones((resamples, 1))
    return np.sum((seeds @ means) * classes, axis=2)


def _interval(mean: float, draws: Float64[np.ndarray, " b"], shape: tuple[int, ...]) -> Interval:
    """The interval of r seeds of k classes from its resampled means."""
    r, k = shape
    if r == 1 and k == 1:
        return Interval(mean, None, None, 1)
    m = min(r, k) if min(r, k) > 1 else max(r, k)
    t, wider = float(stdtrit(m - 1, 0.975)), math.sqrt(m / (m - 1))
    if min(r, k) == 1:
        tail = ndtr(-wider * t)
        low, high = np.quantile(draws, (tail, 1 - tail))
        return Interval(mean, float(low), float(high), k)
    half = wider * t * float(draws.std())
    return Interval(mean, mean - half, mean + half, k)


def _weights(k: int, rng: np.random.Generator, resamples: int) -> Float64[np.ndarray, "b {k}"]:
    """How often each of k rows is drawn in k draws with replacement, over k."""
    drawn = rng.integers(k, size=(resamples, k)) + k * np.arange(resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=resamples * k).reshape(resamples, k) / k


def _check_resamples(resamples: int) -> None:
    if resamples < 1:
        msg = f"`resamples` must be at least 1, got {resamples}"
        raise InputError(msg)
