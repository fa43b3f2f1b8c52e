"""Isotropic and diagonal covariances are the diagonal matrices they stand for."""

import covariance_laws as laws
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iie.covariance import DiagonalCovariance, IsotropicCovariance

VARIANCES = st.sampled_from([0.0, 1e-6, 0.25, 1.0, 3.0, 1e6])


@given(VARIANCES, st.integers(1, 5))
def test_isotropic_equals_a_multiple_of_the_identity(variance, d):
    laws.assert_equals_dense(IsotropicCovariance(variance, d), variance * np.eye(d))


@given(st.lists(st.sampled_from([0.0, 0.25, 1.0, 3.0, 100.0]), min_size=1, max_size=6))
def test_diagonal_equals_the_diagonal_matrix(variances):
    laws.assert_equals_dense(DiagonalCovariance(variances), np.diag(variances))


@pytest.mark.parametrize("variance", [0.0, 2.5])
def test_isotropic_draws_have_its_covariance(variance):
    laws.assert_samples_have_covariance(IsotropicCovariance(variance, 3), variance * np.eye(3))


def test_diagonal_draws_have_its_covariance():
    v = [4.0, 0.0, 1e-4]
    laws.assert_samples_have_covariance(DiagonalCovariance(v), np.diag(v))


def test_diagonal_is_solved_digit_by_digit_at_any_condition_number():
    S = DiagonalCovariance([1.0, 1e-200])
    np.testing.assert_array_equal(S.solve(np.array([[3.0], [1e-200]])), [[3.0], [1.0]])


def test_of_equal_variances_the_first_come_first():
    vectors = DiagonalCovariance([1, 2, 2, 1]).top(3).vectors
    np.testing.assert_array_equal(vectors.argmax(axis=0), [1, 2, 0])


@pytest.mark.parametrize("variance", [4, np.float32(4), np.int8(4), np.array(4.0)])
def test_every_kind_of_real_number_is_a_variance(variance):
    assert IsotropicCovariance(variance, np.int64(3)).trace() == 12.0


@pytest.mark.parametrize("variances", [[1, 2], [1.0, 2], np.array([1, 2], dtype=np.float32)])
def test_every_kind_of_real_vector_holds_variances(variances):
    S = DiagonalCovariance(variances)
    assert S.variances.dtype == np.float64
    assert S.trace() == 3.0


def test_the_callers_array_is_not_shared():
    v = np.array([1.0, 2.0])
    S = DiagonalCovariance(v)
    v[0] = 100.0
    assert S.trace() == 3.0


@pytest.mark.parametrize(
    ("variance", "dim", "message"),
    [
        (-1.0, 2, "`variance` must be at least 0, got -1"),
        (np.nan, 2, "`variance` must be finite"),
        (np.inf, 2, "`variance` must be finite"),
        (np.complex128(1j), 2, "`variance` must hold real numbers, got dtype complex128"),
        (True, 2, "`variance` must be a number, got True"),
        (np.ones(1), 2, r"`variance` must have 0 dimension\(s\), got shape \(1,\)"),
        (1.0, 0, "`dim` must be an integer at least 1, got 0"),
        (1.0, -3, "`dim` must be an integer at least 1, got -3"),
        (1.0, 2.0, r"`dim` must be an integer at least 1, got 2\.0"),
    ],
)
def test_isotropic_names_what_is_wrong(variance, dim, message):
    with pytest.raises(ValueError, match=message):
        IsotropicCovariance(variance, dim)


@pytest.mark.parametrize(
    ("variances", "message"),
    [
        ([], r"`variances` must hold at least one number, got shape \(0,\)"),
        ([1.0, -0.5], r"`variances` must not be negative, got -0\.5"),
        ([1.0, np.nan], "`variances` must be finite"),
        ([1.0, 1j], "`variances` must hold real numbers, got dtype complex128"),
        (["a", "b"], "`variances` must hold real numbers, got dtype <U1"),
        ([[1.0]], r"`variances` must have 1 dimension\(s\), got shape \(1, 1\)"),
        ([[1.0], [1.0, 2.0]], "`variances` must be a rectangular array of numbers"),
    ],
)
def test_diagonal_names_what_is_wrong(variances, message):
    with pytest.raises(ValueError, match=message):
        DiagonalCovariance(variances)


@pytest.mark.parametrize("S", [IsotropicCovariance(1.0, 3), DiagonalCovariance([1.0, 2.0, 3.0])])
@pytest.mark.parametrize("verb", ["apply", "solve", "root", "root_adjoint"])
def test_a_single_row_is_not_broadcast_to_d_rows(S, verb):
    with pytest.raises(ValueError, match=r"must hold columns of length 3, got shape \(1, 2\)"):
        getattr(S, verb)(np.ones((1, 2)))


@pytest.mark.parametrize("S", [IsotropicCovariance(1.0, 3), DiagonalCovariance([1.0, 2.0, 3.0])])
@pytest.mark.parametrize("r", [-1, 4])
def test_no_more_than_d_eigenpairs_and_no_fewer_than_none(S, r):
    with pytest.raises(ValueError, match=rf"`r` must be an integer in 0\.\.3, got {r}"):
        S.top(r)
