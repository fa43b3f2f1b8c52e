"""One-sided confidence limits of a mean: how every estimated bound becomes a bound that holds."""

import math
from typing import NamedTuple, SupportsFloat

import numpy as np
import scipy  # not its parts: they load at first use, and `import iie` is quick
from jaxtyping import Float64, Int64

from iie._input import checks

FEWEST = 20  # samples in each half; with fewer, the limits below mean little


class Limit(NamedTuple):
    """A mean's confidence limit, with the mean and its standard error."""

    value: float
    mean: float
    standard_error: float


def upper_limit(values: Float64[np.ndarray, " n"], confidence: float) -> Limit:
    """The mean is at most this, with the given probability.

    mean + s / sqrt(n) (t + g (2 t^2 + 1) / (6 sqrt n)), t Student's quantile, g the skewness if it
    is positive and else 0: means of values with a long right tail come out too small, and with too
    small a standard error, which this mends to first order. Wants a finite third moment.

    Source: references.bib:hall1983inverting (Edgeworth inversion of Student's t).
    """
    n = len(values)
    mean, spread = float(np.mean(values)), float(np.std(values, ddof=1))
    if spread == 0:
        return Limit(mean, mean, 0.0)
    t = float(scipy.special.stdtrit(n - 1, confidence))
    skewness = max(0.0, float(np.mean(((values - mean) / spread) ** 3)))
    stretched = t + skewness * (2 * t**2 + 1) / (6 * math.sqrt(n))
    error = spread / math.sqrt(n)
    return Limit(mean + error * stretched, mean, error)


def lower_limit(values: Float64[np.ndarray, " n"], confidence: float) -> Limit:
    """The mean is at least this, with the given probability: `upper_limit` mirrored."""
    mirrored = upper_limit(-values, confidence)
    return Limit(-mirrored.value, -mirrored.mean, mirrored.standard_error)


def halves(
    n: int, rng: np.random.Generator
) -> tuple[Int64[np.ndarray, " a"], Int64[np.ndarray, " b"]]:
    """Numbers of the samples that fit and of those that measure, drawn at random.

    What is chosen on one half is fixed for the other: its mean there is unbiased.

    Raises:
        ValueError: if there are too few.
    """
    if n < 2 * FEWEST:
        msg = f"`samples` must be at least {2 * FEWEST}, to fit and to measure, got {n}"
        raise ValueError(msg)
    shuffled = rng.permutation(n).astype(np.int64)
    return shuffled[: n // 2], shuffled[n // 2 :]


def checked_confidence(value: SupportsFloat) -> float:
    """`value` if it lies in [0.5, 1).

    Raises:
        ValueError: if it does not.
    """
    confidence = checks.number("confidence", value)
    if not 0.5 <= confidence < 1:
        msg = f"`confidence` must be in [0.5, 1), got {confidence:g}"
        raise ValueError(msg)
    return confidence
