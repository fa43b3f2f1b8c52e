"""Whether a network is less sure of people whom it does not know: AUROC of how sure it is."""

import numpy as np
from jaxtyping import Float, Float64, Integer
from scipy.special import expit, logit, stdtrit

from loft_jax.metrics.interval import Interval
from loft_jax.robustness.people import means


def auroc(
    known: Float[np.ndarray, " n"],
    people: Integer[np.ndarray, " n"],
    strangers: Float[np.ndarray, " m"],
) -> Interval:
    """P(a known person's score is higher than a stranger's), ties half, and its 95 % interval.

    Mean over people of the mean over their pictures, each of which is placed among the strangers.
    The variance is DeLong's with people in the place of pictures: of the people's mean places,
    over the number of people, plus that of the strangers' places. The ends are Student's on the
    scale of log-odds, with one degree of freedom less than people or strangers, if these are fewer.

    Args:
        known: scores of pictures of known people.
        people: who is on each.
        strangers: scores of pictures of others, each of somebody else.

    Source: Hendrycks and Gimpel, "A baseline for detecting misclassified and out-of-distribution
    examples" (ICLR 2017); DeLong, DeLong, Clarke-Pearson, Biometrics 44 (1988); Obuchowski,
    Biometrics 53 (1997), for people with several pictures.
    """
    of_people = means(placed(known, strangers), people)
    _, who = np.unique(people, return_inverse=True)
    shares = 1 / np.bincount(who)[who] / len(of_people)
    of_strangers = 1 - _weighted(strangers, known, shares)
    value, k, m = float(of_people.mean()), len(of_people), len(strangers)
    if min(k, m) < 2:
        return Interval(value, None, None, k)
    variance = of_people.var(ddof=1) / k + of_strangers.var(ddof=1) / m
    quantile = stdtrit(min(k, m) - 1, 0.975)
    if value in (0, 1):
        # No place varies: as wide as Wilson's interval of as many right answers of as many.
        reach = quantile**2 / min(k, m)
        width = reach / (1 + reach)
        return Interval(value, max(0.0, value - width), min(1.0, value + width), k)
    half = quantile * np.sqrt(variance) / (value * (1 - value))
    low, high = (float(expit(logit(value) + side * half)) for side in (-1, 1))
    return Interval(value, low, high, k)


def placed(
    scores: Float[np.ndarray, " n"], among: Float[np.ndarray, " m"]
) -> Float64[np.ndarray, " n"]:
    """The share of the others that each score is above, ties half."""
    return _weighted(scores, among, np.full(len(among), 1 / len(among)))


def _weighted(
    scores: Float[np.ndarray, " n"],
    among: Float[np.ndarray, " m"],
    shares: Float64[np.ndarray, " m"],
) -> Float64[np.ndarray, " n"]:
    order = np.argsort(among, kind="stable")
    below = np.concatenate([[0.0], np.cumsum(shares[order])])
    below /= below[-1]  # exactly 1 at the end, whatever rounding adds up to
    places = [np.searchsorted(among[order], scores, side) for side in ("left", "right")]
    return (below[places[0]] + below[places[1]]) / 2
