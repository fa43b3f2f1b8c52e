"""The cheap way, through W S W^T, agrees with the sure one, and says nothing where it must not."""

import ml_dtypes
import numpy as np
import pytest
import scipy.sparse.linalg
import strategies
from hypothesis import given
from hypothesis import strategies as st

import iie
from iie.covariance import (
    DenseCovariance,
    DiagonalCovariance,
    KroneckerCovariance,
    LowRankCovariance,
    StationaryCovariance,
)
from iie.error.factorisation import condition
from iie.error.gram import gram
from iie.releases import Linear


def covariance(d, rng):
    Q = strategies.orthogonal(d, rng)
    S = Q * np.arange(1.0, d + 1) ** -1.2 @ Q.T
    return DenseCovariance((S + S.T) / 2)


@given(st.integers(1, 30), st.data())
def test_both_ways_agree_where_the_cheap_one_answers(d, data):
    m = data.draw(st.integers(0, d + 2))
    rank = data.draw(st.integers(0, min(m, d)))
    rng = np.random.default_rng(data.draw(strategies.seeds()))
    noise = data.draw(st.sampled_from([None, 0.3, "matrix", "some quiet"]))
    if noise == "matrix":
        root = rng.standard_normal((m, m))
        noise = root @ root.T + 0.1 * np.eye(m) if m else None
    elif noise == "some quiet":
        noise = np.arange(m) % 3.0
    W = rng.standard_normal((m, rank)) @ rng.standard_normal((rank, d))
    S, release = covariance(d, rng), Linear(W, noise=noise)
    expected = condition(S, release)
    assert expected.rank == rank
    # Its attacker has that error: what it gets wrong of x, and what noise adds.
    gain, N = expected.seen @ expected.decoder, np.zeros((m, m))
    if release.noise is not None:
        N = release.noise.dense()
    missed = np.eye(d) - gain @ W
    attack = np.sum(missed @ S.matrix * missed) + np.sum(gain @ N * gain)
    assert attack == pytest.approx(expected.error, rel=1e-8, abs=1e-11 * S.trace())
    cheap = gram(S, release)
    if rank < m or m == 0:
        assert cheap is None
    if cheap is not None:
        assert cheap.error == pytest.approx(expected.error, rel=1e-11)
        result = iie.ideal_inversion_error(S, release)
        assert (result.rank, result.total) == (m, cheap.error)


@pytest.mark.parametrize("noise", [None, 0.3])
@pytest.mark.parametrize("shape", [(4, 5, 3), (5, 6, 1)])
def test_a_prior_with_modes_equals_its_matrix(shape, noise):
    S = StationaryCovariance.natural_images(shape)
    release = Linear(np.random.default_rng(2).standard_normal((7, S.dim)), noise=noise)
    assert S.modes(release.weight.T) is not None
    found, plain = gram(S, release), gram(S, release, modes=False)
    expected = condition(DenseCovariance(S.dense()), release)
    for route in (found, plain, condition(S, release)):
        assert route.error == pytest.approx(expected.error, rel=1e-12)
    gain = (plain.shared.T @ plain.precision) / plain.lengths
    np.testing.assert_allclose(gain, expected.seen @ expected.decoder, atol=1e-12)


def test_what_rounding_of_its_type_may_be_is_no_rank_the_cheap_way_either():
    # Sixteen rows e_0 + 0.0605 e_i: singular values 4 and 0.06, and rounding to bfloat16 may make
    # sqrt(16) 2^-8 of the first. K has a condition number of 4400, and nothing else to fear.
    W = np.zeros((16, 400))
    W[:, 0], W[np.arange(16), np.arange(1, 17)] = 1, 0.0605
    coarse = W.astype(ml_dtypes.bfloat16)
    assert iie.ideal_inversion_error(np.eye(400), W).rank == 16
    assert iie.ideal_inversion_error(np.eye(400), coarse).rank == 1
    assert iie.inversion_errors(np.eye(400), W[None]).rank == [16]
    assert iie.inversion_errors(np.eye(400), coarse[None]).rank == [1]


def test_many_blocks_of_rows_are_one_matrix(monkeypatch):
    rng = np.random.default_rng(5)
    W, S = rng.standard_normal((7, 40)), covariance(40, rng)
    with monkeypatch.context() as patch:
        patch.setattr("iie.releases.ROWS", 3)
        parts = gram(S, Linear(W))
    whole = gram(S, Linear(W))
    assert parts.error == pytest.approx(whole.error, rel=1e-14)
    np.testing.assert_allclose(parts.precision, whole.precision, rtol=1e-10)


def test_each_row_of_an_operator_is_asked_for_once():
    W, asked = np.random.default_rng(6).standard_normal((5, 40)), []

    def rows(y):
        asked.append(y.shape[1])
        return W.T @ y

    operator = scipy.sparse.linalg.LinearOperator(
        W.shape, matvec=lambda x: W @ x, rmatvec=lambda y: W.T @ y, rmatmat=rows, dtype=float
    )
    found = gram(DiagonalCovariance(np.ones(40)), Linear(operator))
    assert found.error == pytest.approx(35, rel=1e-13)
    assert asked == [5]


def test_as_many_rows_as_coordinates_leave_nothing_to_subtract():
    W = np.eye(4) + 0.1
    assert gram(DiagonalCovariance(np.ones(4)), Linear(W)) is None
    assert gram(DiagonalCovariance(np.ones(4)), Linear(W, noise=1.0)) is not None
    for total in (
        iie.ideal_inversion_error(np.eye(4), W).total,
        *iie.inversion_errors(np.eye(4), [W]).total,
    ):
        assert total == 0


@pytest.mark.parametrize("condition_number", [1e2, 1e6, 1e12])
def test_a_badly_conditioned_weight_costs_no_digits(condition_number):
    # S = I, so the error is d - m whatever W is.
    rng, d, m = np.random.default_rng(1), 40, 6
    Q = strategies.orthogonal(d, rng)
    W = strategies.orthogonal(m, rng) * np.geomspace(1, condition_number**-0.5, m) @ Q[:, :m].T
    S = DiagonalCovariance(np.ones(d))
    assert (gram(S, Linear(W)) is None) == (condition_number > 1e3)
    assert iie.ideal_inversion_error(S, W).total == pytest.approx(d - m, rel=1e-13)
    assert condition(S, Linear(W)).error == pytest.approx(d - m, rel=1e-14)


def test_the_units_of_the_outputs_cost_no_digits():
    rng = np.random.default_rng(3)
    W, S = rng.standard_normal((5, 20)), covariance(20, rng)
    units = np.array([1e-150, 1e-3, 1.0, 1e9, 1e150])
    found = gram(S, Linear(units[:, None] * W))
    assert found.error == pytest.approx(gram(S, Linear(W)).error, rel=1e-13)
    np.testing.assert_allclose(found.lengths, units * gram(S, Linear(W)).lengths, rtol=1e-14)


@pytest.mark.parametrize("dim", [60, 520])
@pytest.mark.parametrize("left", [1e-3, 1e-9, 1e-20])
def test_a_small_error_keeps_its_digits(dim, left):
    # W sees the five large variances of a diagonal prior: by hand, all others are left.
    variances = np.r_[np.ones(5), np.full(dim - 5, left / (dim - 5))]
    W = np.random.default_rng(0).standard_normal((5, 5)) @ np.eye(5, dim)
    for S in (np.diag(variances), DiagonalCovariance(variances)):
        result = iie.ideal_inversion_error(S, W)
        assert (result.rank, result.total) == (5, pytest.approx(left, rel=1e-9, abs=0))
        assert iie.truncated(S, W)[-1] == pytest.approx(left, rel=1e-9, abs=0)
        assert iie.position(S, W).total == pytest.approx(left, rel=1e-9, abs=0)
        assert iie.ideal_error_law(S, W).mean == pytest.approx(left, rel=1e-9, abs=0)


def test_a_large_low_rank_prior_never_needs_its_matrix():
    d, rng = 20_000, np.random.default_rng(2)
    factor = rng.standard_normal((d, 3))
    S = LowRankCovariance(factor, np.ones(d))
    W = np.eye(4, d)
    # S = I + A A^T; after the first 4 coordinates, x2 | x1 has I + A2 (I + A1^T A1)^{-1} A2^T.
    inner = np.linalg.inv(np.eye(3) + factor[:4].T @ factor[:4])
    expected = d - 4 + np.sum(factor[4:] @ inner * factor[4:])
    for weight in (W, W.astype(np.float32), scipy.sparse.csr_array(W), W[[0, 1, 2, 3, 0]]):
        result = iie.ideal_inversion_error(S, weight)
        assert result.total == pytest.approx(expected, rel=1e-12)
        assert result.rank == 4


def test_small_correlated_noise_is_noise():
    # S = W = I: each axis of the noise keeps n / (1 + n), here 1/2 and 1e-9.
    axes = np.array([[0.6, 0.8], [-0.8, 0.6]])
    release = Linear(np.eye(2), noise=axes.T * [1.0, 1e-9] @ axes)
    error = condition(DiagonalCovariance(np.ones(2)), release).error
    assert error - 0.5 == pytest.approx(1e-9, rel=1e-5, abs=0)


def test_singular_noise_on_dependent_outputs_is_conditioned_on_at_any_size():
    # Three copies of the sum of 600 numbers, one of them exact: the sum is known.
    S = DiagonalCovariance(np.ones(600))
    release = Linear(np.ones((3, 600)), noise=[1.0, 0.0, 1.0])
    result = iie.ideal_inversion_error(S, release)
    assert (result.rank, result.total) == (1, pytest.approx(599, rel=1e-14))


@pytest.mark.parametrize("dependent", [False, True])
def test_kronecker_factors_without_full_rank_have_roots_of_their_own(dependent):
    rng = np.random.default_rng(4)
    A = rng.integers(-2, 3, (4, 2)).astype(float)
    S = KroneckerCovariance([A @ A.T, np.diag([1.0, 2.0, 3.0])])
    W = rng.integers(-2, 3, (3, 12)).astype(float)
    W[2] = W[0] if dependent else W[2]
    expected = iie.rational_inversion_error(S.dense().round(), W)
    result = iie.ideal_inversion_error(S, W)
    assert result.rank == expected.rank
    assert result.total == pytest.approx(float(expected.total), rel=1e-12)
    assert S.rank() == 6
