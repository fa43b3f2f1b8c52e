"""Corruptions: what they keep, what they change, and that they are the same every time."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from loft_jax.robustness.corruptions import CORRUPTIONS, blur_matrix, blurred, corrupted, flattened


def pictures(channels=3, seed=0):
    return np.random.default_rng(seed).random((5, 16, 16, channels), np.float32)


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_every_severity_changes_more_and_none_changes_nothing(kind):
    images = pictures()
    assert corrupted(kind, 0, images) is images
    away = []
    for severity in (1, 2, 3):
        changed = corrupted(kind, severity, images)
        assert changed.dtype == np.float32
        assert changed.shape == images.shape
        assert changed.min() >= 0
        assert changed.max() <= 1
        away.append(float(np.mean((changed - images) ** 2)))
        np.testing.assert_array_equal(changed, corrupted(kind, severity, images))
    assert 0 < away[0] < away[1] < away[2]


@pytest.mark.parametrize("kind", ["noise", "occlusion"])
def test_another_seed_draws_others(kind):
    images = pictures()
    assert not np.array_equal(corrupted(kind, 2, images, 0), corrupted(kind, 2, images, 1))


def test_blur_is_scipy_s_with_mirrored_edges_and_keeps_the_mean():
    images = pictures()
    found = blurred(images, 0.1, np.random.default_rng(0))
    expected = [gaussian_filter(one, (1.6, 1.6, 0), mode="reflect", truncate=12) for one in images]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(found.mean((1, 2)), images.mean((1, 2)), rtol=1e-5)
    assert blur_matrix(16, 30.0) == pytest.approx(np.full((16, 16), 1 / 16), abs=1e-3)


def test_contrast_keeps_the_mean_and_scales_the_deviation():
    images = pictures()
    found = flattened(images, 0.35, np.random.default_rng(0))
    np.testing.assert_allclose(found.mean((1, 2, 3)), images.mean((1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(found.std((1, 2, 3)), 0.35 * images.std((1, 2, 3)), rtol=1e-5)


def test_noise_has_the_deviation_that_is_told_where_it_is_not_cut():
    images = np.full((40, 16, 16, 3), 0.5, np.float32)
    for severity, amount in zip((1, 2), CORRUPTIONS["noise"].amounts, strict=False):
        away = corrupted("noise", severity, images) - images
        error = amount / np.sqrt(2 * away.size)
        assert away.std() == pytest.approx(amount, abs=4 * error)
        assert away.mean() == pytest.approx(0, abs=4 * amount / np.sqrt(away.size))


def test_occlusion_hides_a_growing_square_of_the_area_that_is_told():
    images = np.ones((50, 20, 20, 1), np.float32)
    before = np.zeros((50, 20, 20), bool)
    for severity, amount in zip((1, 2, 3), CORRUPTIONS["occlusion"].amounts, strict=True):
        hidden = corrupted("occlusion", severity, images)[..., 0] == 0.5
        side = round(20 * amount**0.5)
        for one in hidden:
            rows, columns = np.nonzero(one)
            assert len(rows) == side**2
            assert np.ptp(rows) == np.ptp(columns) == side - 1
        assert (hidden >= before).all()
        before = hidden
    assert len({one.tobytes() for one in before}) > 10
