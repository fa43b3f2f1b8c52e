"""Share of right answers, with its binomial interval."""

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

    Source: Wilson, JASA 22 (1927); computed by scipy.stats.binomtest.
    """
    from scipy.stats import binomtest

    right = int(np.sum(logits.argmax(axis=1) == labels))
    interval = binomtest(right, len(labels)).proportion_ci(method="wilson")
    return Accuracy(right / len(labels), float(interval.low), float(interval.high), len(labels))


def cross_entropy(logits: Float[np.ndarray, "n c"], labels: Integer[np.ndarray, "n"]) -> float:
    """Mean negative log likelihood of the labels, in nats."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    log_norm = np.log(np.exp(shifted).sum(axis=1))
    return float(np.mean(log_norm - shifted[np.arange(len(labels)), labels]))
