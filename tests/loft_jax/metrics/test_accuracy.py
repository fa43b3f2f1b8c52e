"""Accuracy, its interval and the cross-entropy against values worked out by hand."""

import math

import numpy as np
import pytest

from loft_jax.metrics.accuracy import accuracy, cross_entropy


def test_the_interval_is_wilsons():
    labels = np.zeros(10, np.int32)
    logits = np.tile(np.array([[1.0, 0.0]], np.float32), (10, 1))
    logits[:2] = [[0.0, 1.0]]
    found = accuracy(logits, labels)
    # Wilson's centre and half width for p = 0.8, n = 10, z = 1.959964.
    z2, p, n = 1.959964**2, 0.8, 10
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2) / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    assert found.value == 0.8
    assert found.low == pytest.approx(centre - half, rel=1e-6)
    assert found.high == pytest.approx(centre + half, rel=1e-6)


def test_cross_entropy_of_equal_scores_is_log_of_the_number_of_classes():
    logits = np.full((4, 5), 1000.0, np.float32)
    assert cross_entropy(logits, np.array([0, 1, 2, 4])) == pytest.approx(math.log(5))
