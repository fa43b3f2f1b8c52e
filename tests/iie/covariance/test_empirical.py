"""Empirical covariances, against the formula written out and against scikit-learn."""

import covariance_laws as laws
import numpy as np
import pytest
import sklearn.covariance
import strategies
from hypothesis import given
from hypothesis import strategies as st

from iie.covariance import DenseCovariance, LowRankCovariance, empirical_covariance

RNG = np.random.default_rng


def shrunk(X, a):
    """(1 - a) S_hat + a (tr S_hat / d) I, S_hat with 1/n."""
    S = np.cov(X, rowvar=False, bias=True).reshape(X.shape[1], X.shape[1])
    return (1 - a) * S + a * np.trace(S) / len(S) * np.eye(len(S))


@given(st.integers(2, 6), st.integers(1, 6), st.sampled_from([0.0, 0.1, 1.0]), strategies.seeds())
def test_equals_the_formula_above_and_below_n_equal_to_d(n, d, a, seed):
    X = RNG(seed).standard_normal((n, d)) * np.arange(1, d + 1) + 3.0
    laws.assert_equals_dense(empirical_covariance(X, a), shrunk(X, a))


@pytest.mark.parametrize(("n", "d"), [(30, 4), (5, 12), (12, 12)])
def test_ledoit_wolf_is_scikit_learns_estimate(n, d):
    X = RNG(n).standard_normal((n, d)) @ np.diag(np.arange(1.0, d + 1)) + 7.0
    S = empirical_covariance(X)
    expected, shrinkage = sklearn.covariance.ledoit_wolf(X)
    assert 0 < S.shrinkage < 1
    assert S.shrinkage == pytest.approx(shrinkage, rel=1e-10)
    np.testing.assert_allclose(S.dense(), expected, atol=1e-11 * np.trace(expected))
    np.testing.assert_allclose(S.mean, X.mean(axis=0))
    assert S.samples == n


@pytest.mark.parametrize("a", [0, 0.25, 1])
def test_the_trace_is_the_samples_variance_for_any_shrinkage(a):
    X = RNG(0).standard_normal((6, 9))
    assert empirical_covariance(X, a).trace() == pytest.approx(np.sum(X.var(axis=0)), rel=1e-12)


@pytest.mark.parametrize(("n", "kind"), [(4, LowRankCovariance), (5, DenseCovariance)])
def test_fewer_samples_than_coordinates_never_make_a_matrix(n, kind):
    S = empirical_covariance(RNG(0).standard_normal((n, 5)), 0.1)
    assert isinstance(S.estimate, kind)


def test_draws_have_its_covariance():
    X = RNG(0).standard_normal((3, 4))
    laws.assert_samples_have_covariance(empirical_covariance(X, 0.2), shrunk(X, 0.2))


def test_equal_samples_have_no_variance():
    laws.assert_equals_dense(empirical_covariance(np.ones((4, 3))), np.zeros((3, 3)))


def test_the_samples_are_left_as_they_were():
    X = RNG(0).standard_normal((4, 3))
    before = X.copy()
    empirical_covariance(X)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize(
    ("samples", "shrinkage", "message"),
    [
        (
            np.ones((1, 3)),
            0.1,
            r"`samples` must have at least 2 rows and 1 column, got .* \(1, 3\)",
        ),
        (
            np.ones((3, 0)),
            0.1,
            r"`samples` must have at least 2 rows and 1 column, got .* \(3, 0\)",
        ),
        (np.ones(3), 0.1, r"`samples` must have 2 dimension\(s\)"),
        ([[1.0], [np.nan]], 0.1, "`samples` must be finite"),
        ([[1.0], [1j]], 0.1, "`samples` must hold real numbers"),
        (np.eye(2), "oas", "`shrinkage` must be \"ledoit-wolf\" or in \\[0, 1\\], got 'oas'"),
        (np.eye(2), 1.5, r"`shrinkage` must be .* in \[0, 1\], got 1\.5"),
        (np.eye(2), -0.1, r"`shrinkage` must be .* in \[0, 1\], got -0\.1"),
        (np.eye(2), np.nan, r"`shrinkage` must be .* in \[0, 1\], got nan"),
    ],
)
def test_names_what_is_wrong(samples, shrinkage, message):
    with pytest.raises(ValueError, match=message):
        empirical_covariance(samples, shrinkage)
