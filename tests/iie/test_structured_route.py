"""The route without d x d matrices agrees with the accurate one, and falls back where it must."""

import numpy as np
import pytest
import scipy.sparse.linalg
import strategies
from hypothesis import given
from hypothesis import strategies as st

from iie.covariance import (
    DenseCovariance,
    DiagonalCovariance,
    LowRankCovariance,
    StationaryCovariance,
)
from iie.error import closed_form
from iie.error import linear as linear_error
from iie.error import structured as _structured
from iie.error.factorisation import condition
from iie.releases import Linear

CUTOFF = 1e-12


def covariance(d, rng):
    Q = strategies.orthogonal(d, rng)
    S = Q * np.arange(1.0, d + 1) ** -1.2 @ Q.T
    return DenseCovariance((S + S.T) / 2)


@given(st.integers(1, 30), st.data())
def test_both_ways_equal_the_accurate_route(d, data):
    m = data.draw(st.integers(0, d + 2))
    rank = data.draw(st.integers(0, min(m, d)))
    rng = np.random.default_rng(data.draw(strategies.seeds()))
    noise = data.draw(st.sampled_from([None, 0.3, "matrix"]))
    if noise == "matrix":
        root = rng.standard_normal((m, m))
        noise = root @ root.T + 0.1 * np.eye(m) if m else None
    W = rng.standard_normal((m, rank)) @ rng.standard_normal((rank, d))
    S, release = covariance(d, rng), Linear(W, noise=noise)
    expected = condition(S, release, CUTOFF)
    for route in (_structured.structured_error, _structured._orthonormal):
        result = route(S, release, CUTOFF)
        assert result.rank == expected.rank
        assert result.total == pytest.approx(expected.error, abs=1e-11 * S.trace())


@pytest.mark.parametrize("noise", [None, 0.3])
@pytest.mark.parametrize("shape", [(4, 5, 3), (5, 6, 1)])
def test_a_prior_with_modes_equals_its_matrix(shape, noise):
    S = StationaryCovariance.natural_images(shape)
    release = Linear(np.random.default_rng(2).standard_normal((7, S.dim)), noise=noise)
    assert S.modes(release.weight.T) is not None
    result = _structured.structured_error(S, release, CUTOFF)
    expected = condition(DenseCovariance(S.dense()), release, CUTOFF)
    assert result.rank == expected.rank
    assert result.total == pytest.approx(expected.error, abs=1e-12 * S.trace())


def test_a_well_conditioned_release_takes_the_cheap_way_and_a_deficient_one_does_not():
    rng = np.random.default_rng(0)
    S, W = covariance(20, rng), rng.standard_normal((5, 20))
    assert _structured.cholesky_gram(S, Linear(W), CUTOFF) is not None
    assert _structured.cholesky_gram(S, Linear(W[[0, 1, 1]]), CUTOFF) is None
    assert _structured.cholesky_gram(S, Linear(W[[0, 1, 1]], noise=1.0), CUTOFF).rank is None


def test_a_cutoff_that_would_drop_rows_forbids_the_cheap_way():
    W = np.diag([1.0, 1e-2, 1e-3])
    release = Linear(W)
    identity = DenseCovariance(np.eye(3))
    assert _structured.structured_error(identity, release, 1e-2 * 1.1).rank == 1
    assert _structured.structured_error(identity, release, 1e-4).rank == 3


@pytest.mark.parametrize("condition_number", [1e2, 1e6, 1e12])
def test_the_error_stays_within_eps_of_tr_s_when_w_s_wt_is_ill_conditioned(condition_number):
    rng = np.random.default_rng(1)
    d, m = 40, 6
    Q = strategies.orthogonal(d, rng)
    W = strategies.orthogonal(m, rng) * np.geomspace(1, condition_number**-0.5, m) @ Q[:, :m].T
    S = DiagonalCovariance(np.ones(d))
    result = _structured.structured_error(S, Linear(W), CUTOFF)
    assert result.total == pytest.approx(d - m, abs=1e-8 if condition_number < 1e8 else 1e-12)
    assert _structured._orthonormal(S, Linear(W), CUTOFF).total == pytest.approx(d - m, abs=1e-12)


def test_a_large_dense_covariance_with_little_left_goes_back_to_the_accurate_route():
    d = linear_error.ACCURATE_DIM + 8
    variances = np.r_[np.ones(5), np.full(d - 5, 1e-13)]
    S, W = np.diag(variances), np.eye(d)[:5]
    expected = 1e-13 * (d - 5)
    assert closed_form.ideal_inversion_error(S, W, cutoff=1e-15).total == pytest.approx(
        expected, rel=1e-10, abs=0
    )


def test_a_large_low_rank_prior_never_needs_its_matrix():
    d, rng = 20_000, np.random.default_rng(2)
    factor = rng.standard_normal((d, 3))
    S = LowRankCovariance(factor, np.ones(d))
    W = np.eye(4, d)
    # S = I + A A^T; after the first 4 coordinates, x2 | x1 has I + A2 (I + A1^T A1)^{-1} A2^T.
    inner = np.linalg.inv(np.eye(3) + factor[:4].T @ factor[:4])
    expected = d - 4 + np.sum(factor[4:] @ inner * factor[4:])
    for weight in (W, W.astype(np.float32), scipy.sparse.csr_array(W)):
        result = closed_form.ideal_inversion_error(S, weight)
        assert result.total == pytest.approx(expected, rel=1e-12)
        assert result.rank == 4


def test_singular_noise_with_a_deficient_weight_is_refused_with_the_fix():
    S = DiagonalCovariance(np.ones(600))
    release = Linear(np.ones((3, 600)), noise=[1.0, 0.0, 0.0])
    with pytest.raises(ValueError, match="`noise` must be positive definite"):
        closed_form.ideal_inversion_error(S, release)
