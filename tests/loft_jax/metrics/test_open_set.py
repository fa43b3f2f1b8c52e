"""Thresholds of strangers, by counting them."""

import numpy as np
import pytest

from loft_jax.errors import InputError
from loft_jax.metrics.open_set import open_set_hits, stranger_thresholds


@pytest.mark.parametrize("n", [1000, 1999, 2000, 8192])
def test_at_most_one_stranger_in_a_thousand_is_above_and_a_lower_threshold_lets_in_more(n):
    logits = np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32)
    for column, threshold in zip(logits.T, stranger_thresholds(logits), strict=True):
        above = sum(1 for score in column if score > threshold)
        assert above == int(n / 1000)
        below = max(score for score in column if score < threshold)
        assert sum(1 for score in column if score > below) / n > 0.001


def test_equal_scores_are_nobodys_success():
    thresholds = stranger_thresholds(np.zeros((1000, 2)))
    hits = open_set_hits(np.array([[0.0, 0.0], [0.1, 0.0]]), np.array([0, 0]), thresholds)
    assert hits.tolist() == [False, True]


def test_each_picture_is_held_against_its_own_class_whoever_scores_higher():
    logits = np.array([[3.0, 9.0, 0.0], [3.0, 9.0, 0.0], [0.0, 0.0, 0.0]])
    hits = open_set_hits(logits, np.array([0, 1, 2]), np.array([2.5, 9.5, -1.0]))
    assert hits.tolist() == [True, False, True]


def test_bad_input_is_named():
    with pytest.raises(InputError, match="`logits` must be of at least 1000 strangers, got 999"):
        stranger_thresholds(np.zeros((999, 2)))
    with pytest.raises(InputError, match="`logits` must be finite"):
        stranger_thresholds(np.full((1000, 2), np.nan))
    with pytest.raises(InputError, match="`thresholds` and `targets` must be of the 2 classes"):
        open_set_hits(np.zeros((1, 2)), np.array([2]), np.zeros(2))
