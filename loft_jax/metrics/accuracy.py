"""Share of right answers, with its binomial interval."""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer


class Accuracy(NamedTuple):
    """An estimated probability of a right answer.

    Attributes:
        value: right answers / answers.
        low: lower end of the 95 % Wilson interval.
        high: upper end.
        n: number of answers.
    """

    value: float
    low: float
    high: float
    n: int


def accuracy(logits: Float[np.ndarray, "n c"], labels: Integer[np.ndarray, "n"]) -> Accuracy:
    """Top-1 accuracy and its 95 % interval, the pictures taken as independent draws.

    Source: Wilson, JASA 22 (1927), whose interval is written out here because importing
    scipy.stats costs every command a second.
    """
    n, right = len(labels), int(np.sum(logits.argmax(axis=1) == labels))
    share, z = right / n, NormalDist().inv_cdf(0.975)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return Accuracy(share, max(centre - half, 0.0), min(centre + half, 1.0), n)


def cross_entropy(logits: Float[np.ndarray, "n c"], labels: Integer[np.ndarray, "n"]) -> float:
    """Mean negative log likelihood of the labels, in nats."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    log_norm = np.log(np.exp(shifted).sum(axis=1))
    return float(np.mean(log_norm - shifted[np.arange(len(labels)), labels]))
