"""AUROC of people and strangers: scikit-learn's, and a law whose AUROC is known."""

from statistics import NormalDist

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from loft_jax.robustness.detection import auroc


@pytest.mark.parametrize("ties", [False, True])
def test_auroc_is_scikit_learn_s_for_a_picture_a_person(ties):
    rng = np.random.default_rng(0)
    known, strangers = rng.normal(1, 1, 40), rng.normal(0, 1, 70)
    if ties:
        known, strangers = np.round(known), np.round(strangers)
    truth = roc_auc_score([1] * 40 + [0] * 70, [*known, *strangers])
    assert auroc(known, np.arange(40), strangers).value == pytest.approx(truth)


def test_people_count_alike_however_many_pictures_they_have():
    known, people = np.array([3.0, 3, 3, 0]), np.array([0, 0, 0, 7])
    strangers = np.array([1.0, 2])
    found = auroc(known, people, strangers)
    assert (found.value, found.n) == (0.5, 2)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Score = person's N(0, 1) + picture's N(0, 1) + 1.5, strangers' N(0, 2): Phi(1.5 / 2)."""
    truth, rng = NormalDist().cdf(1.5 / 2), np.random.default_rng(1)
    hits, repeats = 0, 400
    for _ in range(repeats):
        own = np.repeat(rng.normal(size=30), 4)
        known = 1.5 + own + rng.normal(size=120)
        found = auroc(known, np.repeat(np.arange(30), 4), rng.normal(0, 2**0.5, 60))
        assert 0 < found.low < found.value < found.high < 1
        hits += found.low <= truth <= found.high
    assert hits / repeats == pytest.approx(0.95, abs=4 * 0.011)


def test_a_width_remains_where_nobody_is_out_of_place():
    known, strangers = np.linspace(2, 3, 20), np.linspace(0, 1, 30)
    found = auroc(known, np.arange(20), strangers)
    assert (found.value, found.high) == (1, 1)
    assert 0.7 < found.low < 1
    turned = auroc(strangers, np.arange(30), known)
    assert (turned.value, turned.low) == (0, 0)
    assert turned.high == pytest.approx(1 - found.low)
    assert auroc(known[:1], np.zeros(1, int), strangers).low is None
