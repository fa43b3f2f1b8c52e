"""Whether scores are odds: how often the answers that a network is 80 % sure of are right."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float64, Integer, Shaped

from loft_jax.metrics.interval import Interval

BINS = 15
RESAMPLES = 1000


class Bins(NamedTuple):
    """Answers by how sure the network is of them, in bins of equal width.

    Attributes:
        count: answers in each.
        confidence: their mean highest probability; NaN where there are none.
        accuracy: share of right ones; likewise.
    """

    count: Float64[np.ndarray, " b"]
    confidence: Float64[np.ndarray, " b"]
    accuracy: Float64[np.ndarray, " b"]


def probabilities(logits: Float[np.ndarray, "n c"]) -> Float64[np.ndarray, "n c"]:
    """The softmax, in float64."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)


def reliability(
    confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], bins: int = BINS
) -> Bins:
    """The reliability diagram: bins ((b - 1) / B, b / B], the first with 0.

    Source: Guo et al., "On calibration of modern neural networks" (ICML 2017), section 2.
    """
    sums = [
        np.bincount(_bin(confidence, bins), weights, bins)
        for weights in (np.ones(len(right)), confidence.astype(np.float64), right.astype(float))
    ]
    with np.errstate(invalid="ignore"):
        return Bins(sums[0], sums[1] / sums[0], sums[2] / sums[0])


def expected_calibration_error(
    confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], bins: int = BINS
) -> float:
    """ECE: mean over answers of |accuracy - confidence| of their bin.

    It is biased upwards: chance alone puts accuracies off in bins of few answers, so that perfect
    odds have an ECE above 0 (`chance` says how much). What differs within a bin it does not see.

    Source: Naeini, Cooper, Hauskrecht, "Obtaining well calibrated probabilities using Bayesian
    binning" (AAAI 2015); Guo et al. (ICML 2017), equation 3, with 15 bins.
    """
    weights = np.ones((1, len(right)))
    return float(_errors(confidence, right[None], weights, bins)[0])


def chance(
    confidence: Float[np.ndarray, " n"], rng: np.random.Generator, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Mean and 95 % quantile of the ECE if every answer were right as often as it is sure.

    Source: Broecker and Smith, "Increasing the reliability of reliability diagrams", Weather and
    Forecasting 22 (2007): consistency resampling.
    """
    right = rng.random((resamples, len(confidence))) < confidence
    found = _errors(confidence, right, np.ones((1, len(confidence))), BINS)
    return float(found.mean()), float(np.quantile(found, 0.95))


def ece_interval(
    confidence: Float[np.ndarray, " n"],
    right: Bool[np.ndarray, " n"],
    people: Integer[np.ndarray, " n"],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Interval:
    """The ECE and a 95 % interval over people: the basic bootstrap, within [0, 1].

    2 ECE less the quantiles of the resampled ECE, which is about as far above the ECE as that is
    above the truth: so the bias comes off the ends. The value keeps it, as it is published.

    Source: Davison and Hinkley, "Bootstrap methods and their application" (1997), section 5.2.
    """
    value = expected_calibration_error(confidence, right)
    known, who = np.unique(people, return_inverse=True)
    if len(known) < 2:
        return Interval(value, None, None, len(known))
    times = rng.multinomial(len(known), np.full(len(known), 1 / len(known)), resamples)
    found = _errors(confidence, right[None], times[:, who].astype(float), BINS)
    high, low = np.quantile(found, [0.025, 0.975])
    low, high = (float(np.clip(2 * value - end, 0, 1)) for end in (low, high))
    return Interval(value, low, high, len(known))


def brier_scores(
    scores: Float[np.ndarray, "n c"], labels: Integer[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """Of each answer the squared distance of the probabilities from the truth, in [0, 2].

    Source: Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather
    Review 78 (1950): the sum over all classes.
    """
    away = scores.astype(np.float64)
    away[np.arange(len(labels)), labels] -= 1
    return np.sum(away**2, axis=1)


def _bin(confidence: Float[np.ndarray, " n"], bins: int) -> Integer[np.ndarray, " n"]:
    return np.clip(np.ceil(confidence.astype(np.float64) * bins).astype(int) - 1, 0, bins - 1)


def _errors(
    confidence: Float[np.ndarray, " n"],
    right: Bool[np.ndarray, "r n"],
    weights: Shaped[np.ndarray, "s n"],
    bins: int,
) -> Float64[np.ndarray, " m"]:
    """The ECE of each row of truths or of weights, one of which is one row."""
    member = np.eye(bins)[_bin(confidence, bins)]
    gaps = (weights * (right - confidence.astype(np.float64))) @ member
    return np.abs(gaps).sum(1) / np.broadcast_to(weights.sum(1), len(gaps))
