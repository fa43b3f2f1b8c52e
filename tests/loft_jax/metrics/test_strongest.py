"""The strongest, by a loop; several differences, by Holm's rule on p-values."""

import numpy as np
import pytest

from loft_jax.metrics.crossed import share_difference
from loft_jax.metrics.holm import holm_differences
from loft_jax.metrics.strongest import strongest_elsewhere


@pytest.mark.parametrize("k", [1, 2, 7, 12])
def test_each_class_is_reported_under_the_attack_that_others_chose(k):
    outcomes = np.random.default_rng(k).random((4, 3, k))
    found = strongest_elsewhere(outcomes)
    for j in range(k):
        others = [i for i in range(k) if i % 2 != j % 2] or [j]
        means = [np.mean([attack[:, i] for i in others]) for attack in outcomes]
        np.testing.assert_array_equal(found[:, j], outcomes[int(np.argmax(means)), :, j])


def test_the_best_of_equals_is_not_flattered():
    rng = np.random.default_rng(0)
    outcomes = rng.binomial(6, 0.5, (4000, 4, 1, 24)) / 6
    error = outcomes.std() / np.sqrt(4000 * 24)
    assert strongest_elsewhere(outcomes).mean() == pytest.approx(0.5, abs=5 * error)
    assert outcomes.mean((2, 3)).max(1).mean() > 0.5 + 20 * error


def test_one_attack_is_itself():
    outcomes = np.random.default_rng(1).random((1, 2, 5))
    np.testing.assert_array_equal(strongest_elsewhere(outcomes), outcomes[0])


def p_value(first, second):
    """The level at which zero is just left out, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        one = share_difference(first, second, middle)
        low, high = (low, middle) if one.low <= 0 <= one.high else (middle, high)
    return 1 - low


def test_what_is_shown_is_what_holm_rejects():
    rng = np.random.default_rng(2)
    for _ in range(3):
        pairs = [
            (rng.binomial(6, 0.6 - drop, (3, 16)) / 6, rng.binomial(6, 0.6, (3, 16)) / 6)
            for drop in (0.0, 0.1, 0.2, 0.25, 0.5)
        ]
        p = np.array([p_value(*pair) for pair in pairs])
        rejected, order = set(), np.argsort(p)
        for i, j in enumerate(order):
            if p[j] > 0.05 / (len(p) - i):
                break
            rejected.add(int(j))
        found = holm_differences(pairs)
        assert {i for i, one in enumerate(found) if not one.low <= 0 <= one.high} == rejected
    assert holm_differences([]) == []
