"""Ranks of matrices whose rank is known by construction."""

import numpy as np
import pytest

from loft_jax.metrics.rank import matrix_rank, sample_rank


@pytest.mark.parametrize("rank", [1, 3, 7])
def test_a_product_through_r_dimensions_has_rank_r(rank):
    rng = np.random.default_rng(rank)
    matrix = rng.standard_normal((40, rank)) @ rng.standard_normal((rank, 12))
    assert matrix_rank(matrix.astype(np.float32)).numerical == rank


def test_equal_singular_values_have_effective_rank_equal_to_the_rank():
    orthogonal, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((30, 5)))
    found = matrix_rank(orthogonal.astype(np.float32))
    assert found.numerical == 5
    assert found.effective == pytest.approx(5, rel=1e-5)


def test_effective_rank_is_exp_of_the_entropy_of_the_shares():
    # Shares 1/2, 1/4, 1/4: entropy 1.5 ln 2.
    assert matrix_rank(np.diag([2.0, 1.0, 1.0])).effective == pytest.approx(2**1.5)


def test_a_constant_cloud_has_rank_zero():
    assert sample_rank(np.full((9, 4), 3.25, np.float32))[:2] == (0, 0.0)


def test_centring_removes_the_mean_direction():
    cloud = np.outer([1.0, 2.0, 3.0], [1.0, 0.0]) + np.array([[5.0, 7.0]])
    assert sample_rank(cloud.astype(np.float32)).numerical == 1
