"""FID against closed forms of Gaussians and SciPy's matrix square root."""

import numpy as np
import pytest
import scipy.linalg

from loft_jax.errors import InputError
from loft_jax.metrics.fid import fid, fid_needs


def cloud_with(mean, covariance, n, seed):
    """n points whose sample mean and unbiased sample covariance are exactly these."""
    white = np.random.default_rng(seed).standard_normal((n, len(mean)))
    white -= white.mean(axis=0)
    white = white @ np.linalg.inv(np.linalg.cholesky(np.cov(white.T)).T)
    return white @ np.linalg.cholesky(covariance).T + mean


def random_covariance(d, seed):
    factor = np.random.default_rng(seed).standard_normal((d, 2 * d))
    return factor @ factor.T / (2 * d)


def test_diagonal_gaussians_have_the_sum_of_squared_differences_of_means_and_deviations():
    deviations = np.array([[1.0, 2.0, 0.5], [3.0, 1.0, 0.5]])
    means = np.array([[0.0, 1.0, -1.0], [1.0, 1.0, 1.0]])
    real, fake = (
        cloud_with(means[i], np.diag(deviations[i] ** 2), 40 + i, seed=i) for i in range(2)
    )
    # means: 1 + 0 + 4; deviations: 4 + 1 + 0.
    assert fid(real, fake) == pytest.approx(10.0, rel=1e-10)


def test_full_covariances_agree_with_the_matrix_square_root_of_their_product():
    d = 12
    means = np.random.default_rng(0).standard_normal((2, d))
    covariances = [random_covariance(d, seed) for seed in (1, 2)]
    real, fake = (cloud_with(means[i], covariances[i], 50, seed=i) for i in range(2))
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1])
    expected = np.sum((means[0] - means[1]) ** 2) + np.trace(
        covariances[0] + covariances[1] - 2 * root.real
    )
    assert fid(real, fake) == pytest.approx(expected, rel=1e-9)


def test_a_shift_costs_its_squared_length_in_any_basis():
    cloud = np.random.default_rng(3).standard_normal((100, 8))
    turned, _ = np.linalg.qr(np.random.default_rng(4).standard_normal((8, 8)))
    assert fid(cloud, cloud + 0.5) == pytest.approx(8 * 0.25, rel=1e-10)
    assert fid(cloud @ turned, (cloud + 0.5) @ turned) == pytest.approx(8 * 0.25, rel=1e-10)


def test_a_cloud_is_at_distance_zero_from_itself_even_when_features_are_dead():
    cloud = np.maximum(np.random.default_rng(5).standard_normal((300, 64)), 0).astype(np.float32)
    cloud[:, ::4] = 0
    cloud[:, 1::4] = cloud[:, 2::4]
    assert 0 <= fid(cloud, cloud[::-1]) < 1e-12 * np.sum(cloud.var(axis=0))


def test_distance_is_symmetric_and_scales_with_the_square_of_the_unit():
    rng = np.random.default_rng(6)
    real, fake = rng.standard_normal((30, 5)), 2 + rng.standard_normal((25, 5)) ** 2
    assert fid(real, fake) == pytest.approx(fid(fake, real), rel=1e-10)
    assert fid(10 * real, 10 * fake) == pytest.approx(100 * fid(real, fake), rel=1e-10)


def test_too_few_samples_are_an_error_and_one_more_is_enough():
    rng = np.random.default_rng(7)
    real, fake = rng.standard_normal((fid_needs(16), 16)), rng.standard_normal((16, 16))
    with pytest.raises(InputError, match=r"`fake` must hold at least 17 samples for 16 features"):
        fid(real, fake)
    with pytest.raises(InputError, match=r"`real` must hold at least 17 samples .* got 16"):
        fid(fake, real)
    assert fid(real, real + 1) == pytest.approx(16)


def test_bad_input_is_named():
    good = np.random.default_rng(8).standard_normal((9, 4))
    with pytest.raises(InputError, match="same number of features, got 4 and 3"):
        fid(good, good[:, :3])
    with pytest.raises(InputError, match="`fake` must be finite"):
        fid(good, good * np.nan)
