"""Verification by brute force: every threshold tried, every comparison counted in Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loft_jax.errors import InputError
from loft_jax.metrics.verification import (
    accepted_at,
    centred_units,
    compared,
    equal_error_rate,
    prototypes,
    threshold,
)

scores = st.lists(st.integers(-9, 9).map(float), min_size=1, max_size=30)


@given(scores, st.sampled_from([0.05, 0.1, 0.25, 0.5]))
def test_no_smaller_threshold_keeps_the_rate(strangers, rate):
    values = np.array(strangers)
    found = threshold(values, rate)
    allowed = [t for t in strangers if sum(s > t for s in strangers) <= rate * len(strangers)]
    if rate * len(strangers) < 1:
        assert found is None
    else:
        assert found == min(allowed)


@given(scores, scores)
def test_equal_error_rate_is_where_both_errors_are_nearest(genuine, strangers):
    errors = [
        (
            sum(s > t for s in strangers) / len(strangers),
            sum(g <= t for g in genuine) / len(genuine),
        )
        for t in sorted({*genuine, *strangers})
    ]
    accept, reject = min(errors, key=lambda pair: abs(pair[0] - pair[1]))
    assert equal_error_rate(np.array(genuine), np.array(strangers)) == pytest.approx(
        (accept + reject) / 2
    )


def test_separated_people_have_no_errors_and_strangers_as_near_have_half():
    assert equal_error_rate(np.array([0.9, 0.8]), np.array([0.1, 0.2, 0.3])) == 0
    same = np.random.default_rng(0).normal(size=4000)
    assert equal_error_rate(same[:2000], same[2000:]) == pytest.approx(0.5, abs=0.02)


def test_the_curve_of_normal_scores_is_known():
    # Strangers N(0, 1), own N(d, 1): accepted at rate f is Phi(d - Phi^-1(1 - f)).
    from statistics import NormalDist

    normal = NormalDist()
    rng, rates = np.random.default_rng(1), np.array([0.01, 0.1, 0.5])
    found = accepted_at(2 + rng.normal(size=40_000), rng.normal(size=40_000), rates)
    truth = [normal.cdf(2 - normal.inv_cdf(1 - rate)) for rate in rates]
    # 5 standard errors: of the share, and of the quantile where the density is f(t).
    np.testing.assert_allclose(found, truth, atol=5 * 0.006)
    assert np.isnan(accepted_at(np.ones(3), np.zeros(9), np.array([0.1]))).all()


def test_comparisons_are_cosines_from_the_centre_one_by_one():
    rng = np.random.default_rng(2)
    galleries = [rng.normal(size=(n, 3)) for n in (1, 2, 4)]
    probes, owners, centre = rng.normal(size=(5, 3)), np.array([2, 0, 1, 1, 0]), rng.normal(size=3)
    found = compared(centred_units(probes, centre), owners, prototypes(galleries, centre))

    def cosine(a, b):
        return sum(x * y for x, y in zip(a, b, strict=True)) / np.sqrt(sum(a * a) * sum(b * b))

    def direction(vector):
        return (vector - centre) / np.sqrt(np.sum((vector - centre) ** 2))

    for row, (probe, owner) in enumerate(zip(probes, owners, strict=True)):
        table = [cosine(probe - centre, sum(map(direction, each))) for each in galleries]
        assert found.own[row] == pytest.approx(table[owner])
        others = [value for person, value in enumerate(table) if person != owner]
        np.testing.assert_allclose(found.others[row], others)
        assert found.nearest[row] == (table[owner] > max(others))


def test_a_tie_is_no_retrieval():
    people = np.array([[1.0, 0], [1, 0]])
    assert not compared(people[:1], np.array([0]), people).nearest.any()


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(InputError, match=r"`people` must be at least 2 prototypes, got 1"):
        compared(np.ones((1, 2)), np.array([0]), np.ones((1, 2)))
    with pytest.raises(InputError, match=r"`rate` must be in \(0, 1\), got 1"):
        threshold(np.ones(3), 1.0)
    with pytest.raises(InputError, match=r"`strangers` must not be empty"):
        threshold(np.ones(0), 0.1)
    with pytest.raises(InputError, match=r"`genuine` must be finite"):
        equal_error_rate(np.array([np.nan]), np.ones(3))
