"""Kronecker products, against numpy.kron."""

from functools import reduce

import covariance_laws as laws
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from iie.covariance import (
    DiagonalCovariance,
    IsotropicCovariance,
    KroneckerCovariance,
    LowRankCovariance,
    StationaryCovariance,
)

RNG = np.random.default_rng


@given(st.lists(strategies.instances(max_d=3), min_size=1, max_size=3))
def test_equals_numpy_kron_of_its_factors(instances):
    factors = [S for S, _ in instances]
    laws.assert_equals_dense(KroneckerCovariance(factors), reduce(np.kron, factors))


def test_factors_of_every_structure_combine():
    factors = [
        IsotropicCovariance(2.0, 2),
        DiagonalCovariance([1.0, 0.5, 3.0]),
        LowRankCovariance(np.array([[1.0], [2.0]]), [0.5, 1.0]),
    ]
    dense = [2 * np.eye(2), np.diag([1.0, 0.5, 3.0]), np.array([[1.5, 2.0], [2.0, 5.0]])]
    laws.assert_equals_dense(KroneckerCovariance(factors), reduce(np.kron, dense))


def test_a_product_of_products_is_a_product():
    A, B, C = (strategies.orthogonal(2, RNG(s)) * [1.0, 2.0] for s in range(3))
    A, B, C = A @ A.T, B @ B.T, C @ C.T
    nested = KroneckerCovariance([A, KroneckerCovariance([B, C])])
    laws.assert_equals_dense(nested, np.kron(np.kron(A, B), C))


def test_the_first_factor_varies_slowest():
    # diag(1, 10) (x) diag(1, 2, 3) on an image of 2 rows and 3 columns, flattened in C order.
    S = KroneckerCovariance([np.diag([1.0, 10.0]), np.diag([1.0, 2.0, 3.0])])
    image = S.apply(np.ones((6, 1))).reshape(2, 3)
    np.testing.assert_array_equal(image, [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])


def test_draws_have_its_covariance():
    A, B = np.array([[2.0, 1.0], [1.0, 1.0]]), np.array([[1.0, 0.9], [0.9, 1.0]])
    laws.assert_samples_have_covariance(KroneckerCovariance([A, B]), np.kron(A, B))


def test_blocks_of_columns_change_nothing(monkeypatch):
    S = KroneckerCovariance([np.diag([1.0, 2.0]), np.array([[2.0, 1.0], [1.0, 3.0]])])
    x = RNG(0).standard_normal((4, 11))
    whole = S.apply(x)
    monkeypatch.setattr("iie.covariance._columns.BUDGET", 3 * 4 * 8 * 4)  # three columns at once
    np.testing.assert_array_equal(S.apply(x), whole)
    np.testing.assert_allclose(whole, np.kron(*(f.dense() for f in S.factors)) @ x, rtol=1e-13)


def test_a_large_product_of_blurred_rows_and_columns_keeps_its_trace():
    # 120 x 120 x 3 = 43,200 numbers: the matrix would take 15 GB.
    distance = np.abs(np.subtract.outer(np.arange(120), np.arange(120)))
    S = KroneckerCovariance([0.9**distance, 0.8**distance, IsotropicCovariance(0.5, 3)])
    assert S.dim == 43_200
    assert S.trace() == pytest.approx(S.dim * 0.5, rel=1e-12)
    assert np.sum(S.spectrum()) == pytest.approx(S.trace(), rel=1e-10)
    values, vectors = S.top(4)
    residual = S.apply(vectors) - vectors * values
    assert np.linalg.norm(residual) <= 1e-10 * values[0]


def test_stationary_factors_work_as_factors():
    S = KroneckerCovariance([np.diag([1.0, 2.0]), StationaryCovariance([[4.0, 1.0, 1.0]])])
    circulant = np.ones((3, 3)) + np.eye(3)
    laws.assert_equals_dense(S, np.kron(np.diag([1.0, 2.0]), circulant))


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ([], "`factors` must hold at least one covariance, got none"),
        ([np.eye(2), np.ones((2, 3))], r"`factors\[1\]` must be a square matrix"),
        ([[[1j]]], r"`factors\[0\]` must hold real numbers"),
        ([np.diag([1.0, -1.0])], r"`factors\[0\]` must be positive semidefinite"),
    ],
)
def test_names_what_is_wrong(factors, message):
    with pytest.raises(ValueError, match=message):
        KroneckerCovariance(factors)


def test_columns_of_another_length_are_refused():
    with pytest.raises(ValueError, match="reshape"):
        KroneckerCovariance([np.eye(2), np.eye(3)]).apply(np.ones((5, 2)))
