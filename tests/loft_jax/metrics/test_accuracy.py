"""Accuracy, its interval and the cross-entropy against values worked out by hand."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from loft_jax.metrics.accuracy import accuracy, cross_entropy


@pytest.mark.parametrize("right", [0, 1, 8, 10])
def test_the_interval_is_wilsons(right):
    labels = np.zeros(10, np.int32)
    logits = np.where(np.arange(10)[:, None] < right, [[1.0, 0.0]], [[0.0, 1.0]])
    found = accuracy(logits.astype(np.float32), labels)
    expected = binomtest(right, 10).proportion_ci(method="wilson")
    assert found.value == right / 10
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_cross_entropy_of_equal_scores_is_log_of_the_number_of_classes():
    logits = np.full((4, 5), 1000.0, np.float32)
    assert cross_entropy(logits, np.array([0, 1, 2, 4])) == pytest.approx(math.log(5))
