"""A stack of filters is each of them alone, whatever their rank."""

import ml_dtypes
import numpy as np
import pytest
import strategies
from exact_theory import exact
from hypothesis import given
from hypothesis import strategies as st

import iie


@given(st.integers(1, 6), st.integers(0, 7), st.integers(0, 9), strategies.seeds())
def test_each_of_a_stack_is_exact_for_every_rank(d, m, count, seed):
    rng = np.random.default_rng(seed)
    root = rng.integers(-2, 3, (d, rng.integers(0, d + 1)))
    S, W = root @ root.T, rng.integers(-2, 3, (count, m, d))
    W[: count // 2, m // 2 :] = W[: count // 2, : m - m // 2]
    found = iie.inversion_errors(S, W)
    for i in range(count):
        truth = exact(S, W[i])
        assert found.rank[i] == truth.rank
        assert found.total[i] == pytest.approx(truth.total, rel=1e-10, abs=1e-11 * truth.variance)
    assert found.variance == np.trace(S)
    assert np.all((found.relative >= 0) & (found.relative <= 1))


def test_many_blocks_are_one_stack_in_any_shape():
    rng = np.random.default_rng(0)
    S, W = np.diag(np.arange(1.0, 65)), rng.standard_normal((30, 20, 3, 64))
    W[7, 7] = 0
    found = iie.inversion_errors(iie.DiagonalCovariance(np.arange(1.0, 65)), W)
    assert found.total.shape == found.rank.shape == (30, 20)
    for i, j in ((0, 0), (7, 7), (29, 19)):
        alone = iie.ideal_inversion_error(S, W[i, j])
        assert found.total[i, j] == pytest.approx(alone.total, rel=1e-13)
        assert found.rank[i, j] == alone.rank


def test_the_type_of_the_stack_rules_its_ranks():
    rng = np.random.default_rng(1)
    W = (rng.standard_normal((4, 5, 2)) @ rng.standard_normal((4, 2, 9))).astype(ml_dtypes.bfloat16)
    assert iie.inversion_errors(np.eye(9), W).rank.tolist() == [2] * 4
    assert iie.inversion_errors(np.eye(9), W.astype(float)).rank.tolist() == [5] * 4


@pytest.mark.parametrize("shape", [(2, 3), (4, 2, 2), (3,)])
def test_what_is_no_stack_is_refused(shape):
    with pytest.raises(ValueError, match=r"`weights` must be a stack of matrices, \(..., m, 3\)"):
        iie.inversion_errors(np.eye(3), np.ones(shape))


def test_a_stack_with_nan_is_refused():
    with pytest.raises(ValueError, match="`weights` must be finite"):
        iie.inversion_errors(np.eye(3), np.full((1, 2, 3), np.nan))
