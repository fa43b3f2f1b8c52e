"""Odds: by hand, by scikit-learn, and for scores whose law is known."""

import math

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from loft_jax.robustness.calibration import (
    brier_scores,
    chance,
    ece_interval,
    expected_calibration_error,
    probabilities,
    reliability,
)


def test_ece_of_four_answers_by_hand():
    # Bins of 1/15: 0.95 and 0.97 share the last (0.9333, 1]; 0.5 is in (0.4667, 0.5333], and
    # 0.6 = 9/15 is the upper end of its bin, not the lower end of the next.
    confidence = np.array([0.95, 0.97, 0.5, 0.6])
    right = np.array([True, False, False, True])
    by_hand = (2 * abs(0.5 - 0.96) + 1 * abs(0 - 0.5) + 1 * abs(1 - 0.6)) / 4
    assert expected_calibration_error(confidence, right) == pytest.approx(by_hand)
    found = reliability(confidence, right)
    assert [int(n) for n in found.count] == [0] * 7 + [1, 1] + [0] * 5 + [2]
    assert found.confidence[14] == pytest.approx(0.96)
    assert found.accuracy[[7, 8, 14]].tolist() == [0, 1, 0.5]
    assert math.isnan(found.accuracy[0])


def test_certainty_and_none_have_a_bin():
    assert reliability(np.array([0.0, 1.0]), np.array([False, True])).count[[0, 14]].tolist() == [
        1,
        1,
    ]


def calibrated(rng, n):
    confidence = rng.uniform(0.1, 1, n)
    return confidence, rng.random(n) < confidence


def test_perfect_odds_have_the_ece_of_chance_and_no_more():
    """|gap| of a bin of m answers is about a half normal of variance p (1 - p) / m."""
    rng, n = np.random.default_rng(0), 3000
    found = [expected_calibration_error(*calibrated(rng, n)) for _ in range(200)]
    # 14 bins hold 1/15 of the law each (of width 0.9), the first one the rest.
    low = np.array([0.1, *np.arange(2, 15) / 15])
    high = np.array([*np.arange(2, 15) / 15, 1.0])
    mass = (high - low) / 0.9
    variance = ((high**2 - low**2) / 2 - (high**3 - low**3) / 3) / (high - low)
    expected = np.sum(np.sqrt(2 / np.pi) * np.sqrt(mass * variance / n))
    error = np.std(found) / np.sqrt(200)
    assert np.mean(found) == pytest.approx(expected, abs=4 * error + 0.01 * expected)
    by_chance, high_end = chance(calibrated(rng, n)[0], rng)
    assert by_chance == pytest.approx(expected, abs=5 * np.std(found) / np.sqrt(1000) + 2e-4)
    assert np.mean(np.array(found) > high_end) == pytest.approx(0.05, abs=4 * 0.0155 + 0.01)


def test_wrong_odds_have_the_ece_of_their_law():
    """Right with probability c - 0.2 where it says c: every bin is 0.2 off."""
    rng = np.random.default_rng(1)
    confidence = rng.uniform(0.5, 1, 40_000)
    right = rng.random(40_000) < confidence - 0.2
    # All gaps have one sign, so that the ECE is the mean gap, with its binomial standard error.
    assert expected_calibration_error(confidence, right) == pytest.approx(0.2, abs=4 * 0.5 / 200)


def test_the_interval_holds_the_true_ece_as_often_as_it_says():
    rng, hits, repeats = np.random.default_rng(2), 0, 200
    for _ in range(repeats):
        people = np.repeat(np.arange(80), 5)
        # People are easy or not: their pictures are right or wrong together.
        shift = np.repeat(rng.choice([-0.1, 0.1], 80), 5)
        confidence = rng.uniform(0.6, 0.9, 400)
        right = rng.random(400) < confidence - 0.15 + shift
        found = ece_interval(confidence, right, people, rng, 200)
        hits += found.low <= 0.15 <= found.high
    # 95 % within four standard errors of 200 repeats (0.015 each).
    assert 0.95 - 4 * 0.0154 < hits / repeats <= 1


def test_of_one_person_there_is_no_interval():
    found = ece_interval(
        np.full(3, 0.5), np.array([True, True, False]), np.zeros(3, int), np.random.default_rng(0)
    )
    assert (found.low, found.high) == (None, None)
    assert found.value == pytest.approx(1 / 6)


def test_brier_is_scikit_learn_s_summed_over_classes():
    rng = np.random.default_rng(3)
    logits, labels = rng.normal(size=(50, 4)) * 3, rng.integers(0, 4, 50)
    scores = probabilities(logits)
    by_hand = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(scores, by_hand)
    truth = sum(brier_score_loss(labels == k, scores[:, k]) for k in range(4))
    assert brier_scores(scores, labels).mean() == pytest.approx(truth)
    assert brier_scores(np.array([[1.0, 0], [1, 0]]), np.array([0, 1])).tolist() == [0, 2]


def test_probabilities_of_great_logits_are_finite():
    found = probabilities(np.array([[5000.0, 0], [-5000, 0]], np.float32))
    np.testing.assert_allclose(found, [[1, 0], [0, 1]])
