"""Low rank plus diagonal, against A A^T + diag(v) formed in full."""

import covariance_laws as laws
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from iie.covariance import LowRankCovariance, low_rank

RNG = np.random.default_rng


@st.composite
def factors(draw, max_d=5):
    """A factor of any shape and rank, its entries quarters."""
    d, k = draw(st.integers(1, max_d)), draw(st.integers(0, max_d + 1))
    rank = draw(st.integers(0, min(d, k)))
    return draw(strategies.matrices(d, rank)) @ draw(strategies.matrices(rank, k))


@given(factors(), st.sampled_from([0.0, 0.25, 4.0]))
def test_equals_the_matrix_with_constant_variances(A, c):
    S = A @ A.T + c * np.eye(len(A))
    laws.assert_equals_dense(LowRankCovariance(A, np.full(len(A), c)), S)


@given(factors(), st.data())
def test_equals_the_matrix_with_any_variances_zeros_included(A, data):
    entries = st.sampled_from([0.0, 0.25, 1.0, 4.0])
    v = np.array(data.draw(st.lists(entries, min_size=len(A), max_size=len(A))))
    laws.assert_equals_dense(LowRankCovariance(A, v), A @ A.T + np.diag(v))


@given(strategies.seeds(), st.floats(-12, 4), st.integers(0, 6), st.integers(1, 6))
def test_solves_as_well_as_the_condition_number_allows(seed, digits, k, d):
    A = RNG(seed).standard_normal((d, k))
    v = 10**digits * RNG(seed + 1).uniform(0.5, 2.0, d)
    S = A @ A.T + np.diag(v)
    x = RNG(seed + 2).standard_normal((d, 2))
    y = LowRankCovariance(A, v).solve(x)
    # Backward error: how far S y is from x, beside |S| |y|.
    norm = np.linalg.norm(S, 2) * np.linalg.norm(y)
    assert np.linalg.norm(S @ y - x) <= 1e-13 * d * norm + 1e-13 * np.linalg.norm(x)


def test_tiny_variances_where_the_factor_makes_up_for_them_cost_no_digits():
    # S is nearly the identity; dividing by v first would lose all 16 digits.
    A = np.eye(3, 2)
    v = np.array([1e-14, 0.0, 1.0])
    x = RNG(0).standard_normal((3, 2))
    expected = x / np.array([1 + 1e-14, 1.0, 1.0])[:, None]
    np.testing.assert_allclose(LowRankCovariance(A, v).solve(x), expected, rtol=1e-14)


@pytest.mark.parametrize(
    "v",
    [
        [0.0, 0.0, 0.0, 1.0],  # three zeros, two columns
        [0.0, 0.0, 1.0, 1.0],  # two zeros, but the factor's rows there are parallel
        [1e-20, 1e-20, 1e-20, 1e-20],  # below rounding
    ],
)
def test_refuses_to_solve_a_singular_covariance(v):
    A = np.array([[1.0, 2.0], [2.0, 4.0], [1.0, 0.0], [0.0, 1.0]])
    with pytest.raises(ValueError, match=r"covariance is (numerically )?singular"):
        LowRankCovariance(A, v).solve(np.eye(4))


def test_draws_have_its_covariance():
    A, v = RNG(0).standard_normal((4, 2)), np.array([1.0, 0.0, 0.5, 2.0])
    laws.assert_samples_have_covariance(LowRankCovariance(A, v), A @ A.T + np.diag(v))


def test_a_large_one_never_forms_the_matrix_and_keeps_its_trace(monkeypatch):
    d, k = 50_000, 5
    A = RNG(0).standard_normal((d, k))
    S = LowRankCovariance(A, np.full(d, 0.5))
    spectrum = S.spectrum()
    assert np.sum(spectrum) == pytest.approx(S.trace(), rel=1e-12)
    # A^T A has the same non-zero eigenvalues as A A^T.
    np.testing.assert_allclose(spectrum[:k], 0.5 + np.linalg.eigvalsh(A.T @ A)[::-1], rtol=1e-12)
    values, vectors = S.top(k + 3)
    residual = S.apply(vectors) - vectors * values
    assert np.linalg.norm(residual) <= 1e-12 * values[0]
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(k + 3), atol=1e-13)
    x = RNG(1).standard_normal((d, 2))
    np.testing.assert_allclose(S.solve(S.apply(x)), x, atol=1e-9)


def test_lanczos_finds_the_largest_eigenvalues_with_other_variances():
    d = 5_000
    A, v = RNG(0).standard_normal((d, 4)), RNG(1).uniform(0, 1, d)
    S = LowRankCovariance(A, v)
    values, vectors = S.top(4)
    residual = S.apply(vectors) - vectors * values
    assert np.linalg.norm(residual) <= 1e-10 * values[0]
    assert np.all(np.diff(values) <= 0)
    # Weyl: l_i(A A^T) <= l_i(S) <= l_i(A A^T) + max v.
    gram = np.linalg.eigvalsh(A.T @ A)[::-1]
    assert np.all((gram <= values) & (values <= gram + v.max()))
    assert S.top(0).vectors.shape == (d, 0)


def test_says_what_to_do_when_a_spectrum_would_need_the_matrix():
    d = low_rank.DENSE_LIMIT + 1
    S = LowRankCovariance(np.ones((d, 1)), np.arange(d))
    with pytest.raises(ValueError, match=r"the spectrum .* needs constant `variances`.* use their"):
        S.spectrum()
    with pytest.raises(ValueError, match=r"all eigenvectors .* needs constant `variances`"):
        S.top(d)


@pytest.mark.parametrize(
    ("factor", "variances", "message"),
    [
        (np.ones((2, 1)), [1.0], r"`variances` must have length 2 \(the rows of `factor`\), got 1"),
        (np.ones((2, 1)), [1.0, -1.0], "`variances` must not be negative, got -1"),
        (np.ones((2, 1)), [1.0, np.nan], "`variances` must be finite"),
        (np.ones((0, 1)), [], "`variances` must hold at least one number"),
        (np.ones(2), [1.0, 1.0], r"`factor` must have 2 dimension\(s\), got shape \(2,\)"),
        ([[np.inf]], [1.0], "`factor` must be finite"),
        ([[1j]], [1.0], "`factor` must hold real numbers"),
    ],
)
def test_names_what_is_wrong(factor, variances, message):
    with pytest.raises(ValueError, match=message):
        LowRankCovariance(factor, variances)


def test_white_noise_of_the_wrong_length_is_not_broadcast():
    S = LowRankCovariance(np.ones((3, 1)), np.ones(3))
    with pytest.raises(ValueError, match=r"`z` must hold columns of length 4, got shape \(2, 1\)"):
        S.root(np.ones((2, 1)))
