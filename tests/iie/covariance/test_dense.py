"""Dense covariances, and whatever else becomes one."""

import covariance_laws as laws
import numpy as np
import pytest
import scipy.stats
import strategies
from hypothesis import given
from hypothesis import strategies as st

from iie.covariance import DenseCovariance, IsotropicCovariance, as_covariance

RNG = np.random.default_rng


def rotated(spectrum, seed=0):
    Q = strategies.orthogonal(len(spectrum), RNG(seed))
    S = Q * spectrum @ Q.T
    return (S + S.T) / 2


@given(strategies.instances(max_d=5))
def test_dense_equals_its_matrix_for_every_rank(instance):
    S, _ = instance
    laws.assert_equals_dense(DenseCovariance(S), S)


@given(strategies.seeds(), st.integers(1, 6), st.floats(0, 10))
def test_dense_equals_its_matrix_up_to_a_condition_number_of_1e10(seed, d, digits):
    S = rotated(np.geomspace(1, 10**-digits, d), seed)
    laws.assert_equals_dense(DenseCovariance(S), S)


@pytest.mark.parametrize("rank", [0, 1, 3, 5])
def test_the_root_of_a_singular_covariance_has_as_many_columns_as_its_rank(rank):
    A = RNG(rank).standard_normal((5, rank))
    S = DenseCovariance(A @ A.T)
    assert S.root_dim == rank


@pytest.mark.parametrize("seed", range(20))
def test_a_singular_matrix_with_a_cholesky_factor_is_still_singular(seed):
    # The factor's last pivot is then a rounding error, and its root 1e-8: no rounding error.
    A = RNG(seed).standard_normal((6, 4))
    S = DenseCovariance(A @ A.T)
    assert S.root_dim == 4
    with pytest.raises(ValueError, match="singular: numerical rank 4 of 6 at a relative cut-off"):
        S.solve(np.eye(6))


def test_a_float32_matrix_is_the_float64_matrix_of_its_entries():
    A = RNG(1).standard_normal((6, 3)).astype(np.float32)
    single = DenseCovariance(A @ A.T)
    double = DenseCovariance((A @ A.T).astype(np.float64))
    assert single.matrix.dtype == np.float64
    assert single.root_dim == double.root_dim
    # The rank is 3 in float32 arithmetic only; the numbers as they are have small eigenvalues more.
    negative = np.linalg.eigvalsh(double.matrix).clip(max=0)
    F = single.root(np.eye(single.root_dim))
    assert np.sum((F @ F.T - double.matrix) ** 2) <= 2 * np.sum(negative**2)


def test_the_units_of_the_coordinates_decide_no_rank():
    units = np.array([1.0, 1e-100, 1e100])
    C = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, 0.3], [0.2, 0.3, 1.0]])
    S = DenseCovariance(C * np.outer(units, units))
    assert S.root_dim == S.rank() == 3
    F = S.root(np.eye(3)) / units[:, None]
    np.testing.assert_allclose(F @ F.T, C, rtol=1e-14)


def test_what_is_too_small_for_a_root_still_varies():
    # C has eigenvalues 2 - e and e; e is below the cut-off.
    e = 2.0**-50
    S = DenseCovariance(np.array([[1.0, 1 - e], [1 - e, 1.0]]))
    assert S.root_dim == 1
    assert S.beyond_root() == pytest.approx(e, rel=0.3, abs=0)
    assert DenseCovariance(np.eye(2)).beyond_root() == 0


def test_a_matrix_that_is_vouched_for_is_neither_checked_nor_copied():
    S = np.array([[1.0, 0.5], [0.5, 1.0]])
    assert DenseCovariance(S, check=False).matrix is S
    assert DenseCovariance(S.astype(np.float32), check=False).matrix.dtype == np.float64
    with pytest.raises(ValueError, match="must be a square matrix"):
        DenseCovariance(S[:1], check=False)


@pytest.mark.parametrize("rank", [2, 3])
def test_dense_draws_have_its_covariance(rank):
    A = RNG(2).standard_normal((3, rank))
    laws.assert_samples_have_covariance(DenseCovariance(A @ A.T), A @ A.T)


def test_rounding_below_zero_is_not_an_eigenvalue():
    S = DenseCovariance(np.diag([1.0, -1e-12]))
    np.testing.assert_array_equal(S.spectrum(), [1.0, 0.0])
    np.testing.assert_array_equal(S.top(2).values, [1.0, 0.0])


def test_the_spectrum_handed_out_is_a_copy():
    S = DenseCovariance(np.eye(2))
    S.spectrum()[:] = 7.0
    np.testing.assert_array_equal(S.spectrum(), [1.0, 1.0])


BAD = [
    ([[1.0, 2.0], [0.0, 1.0]], "must be symmetric, got entries that differ by 2"),
    ([[1.0, 2.0], [2.0, 1.0]], "must be positive semidefinite, got an eigenvalue of -1 beside a"),
    (-np.eye(2), r"largest of -1 \(rounding down to -1\.49e-08 of the largest"),
    (np.ones((2, 3)), r"must be a square matrix, got shape \(2, 3\)"),
    (np.ones((0, 0)), r"must be a square matrix, got shape \(0, 0\)"),
    ([1.0, 2.0], r"must have 2 dimension\(s\), got shape \(2,\)"),
    (np.float64(3.0), r"must have 2 dimension\(s\), got shape \(\)"),
    ([[np.nan]], "must be finite, got NaN or infinity"),
    ([[1j]], "must hold real numbers, got dtype complex128"),
    ([["a"]], "must hold real numbers, got dtype <U1"),
    (np.array(None), "must hold real numbers, got dtype object"),
    ([[1.0], [1.0, 2.0]], "must be a rectangular array of numbers"),
]


@pytest.mark.parametrize(("matrix", "message"), BAD)
def test_as_covariance_says_what_is_wrong_with_the_argument_it_was_told(matrix, message):
    with pytest.raises(ValueError, match="`prior` must .*" + message.removeprefix("must ")):
        as_covariance(matrix, name="prior")


def test_a_dense_covariance_names_its_own_argument():
    with pytest.raises(ValueError, match="`matrix` must be symmetric"):
        DenseCovariance(np.array([[1.0, 2.0], [0.0, 1.0]]))


def test_a_covariance_stays_what_it_is():
    S = IsotropicCovariance(1.0, 2)
    assert as_covariance(S) is S


@pytest.mark.parametrize("matrix", [[[4, 2], [2, 3]], np.array([[4, 2], [2, 3]], dtype=np.float32)])
def test_lists_and_other_types_become_float64(matrix):
    laws.assert_equals_dense(as_covariance(matrix), np.array([[4.0, 2.0], [2.0, 3.0]]))


S = np.array([[4.0, 2.0], [2.0, 3.0]])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (scipy.stats.Covariance.from_diagonal([1.0, 4.0]), np.diag([1.0, 4.0])),
        (scipy.stats.Covariance.from_cholesky(np.linalg.cholesky(S)), S),
        (scipy.stats.Covariance.from_precision(np.linalg.inv(S)), S),
        (scipy.stats.Covariance.from_eigendecomposition(np.linalg.eigh(S)), S),
    ],
    ids=["diagonal", "cholesky", "precision", "eigendecomposition"],
)
def test_scipys_covariances_are_the_matrices_they_stand_for(value, expected):
    laws.assert_equals_dense(as_covariance(value), expected)


@pytest.mark.parametrize("d", [2, 16, 64, 127, 128])
@pytest.mark.parametrize("scale", [1e-300, 1e-150, 1.0, 1e150, 1e300])
def test_an_indefinite_matrix_is_refused_on_every_scale_and_rounding_is_not(d, scale):
    """Truth from the construction: Q diag(1, ..., 1, l) Q^T has the eigenvalue l."""
    v = np.random.default_rng(d).standard_normal(d)
    v /= np.linalg.norm(v)

    def matrix(least):
        return (np.eye(d) - (1 - least) * np.outer(v, v)) * scale

    with pytest.raises(ValueError, match="positive semidefinite"):
        DenseCovariance(matrix(-1e-7))
    for least in (-1e-12, 0.0, 1e-12):
        trace = (d - 1 + least) * scale
        assert DenseCovariance(matrix(least)).trace() == pytest.approx(trace, rel=1e-12, abs=0)
