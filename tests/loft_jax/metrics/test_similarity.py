"""PSNR and SSIM against values by hand and the paper's formula, written as loops."""

import math

import numpy as np
import pytest

from loft_jax.errors import InputError
from loft_jax.metrics.similarity import nearest_similarity, psnr, ssim


def ssim_by_definition(x, y):
    """Wang et al. 2004, eq. 13 in every 11 x 11 window that fits, then their mean."""
    offsets = np.arange(-5, 6)
    window = np.exp(-(offsets[:, None] ** 2 + offsets[None, :] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    c1, c2 = (0.01 * 1) ** 2, (0.03 * 1) ** 2
    values = []
    for channel in range(x.shape[2]):
        for i in range(x.shape[0] - 10):
            for j in range(x.shape[1] - 10):
                a = x[i : i + 11, j : j + 11, channel]
                b = y[i : i + 11, j : j + 11, channel]
                mu_a, mu_b = (window * a).sum(), (window * b).sum()
                var_a = (window * (a - mu_a) ** 2).sum()
                var_b = (window * (b - mu_b) ** 2).sum()
                cov = (window * (a - mu_a) * (b - mu_b)).sum()
                values.append(
                    (2 * mu_a * mu_b + c1)
                    * (2 * cov + c2)
                    / ((mu_a**2 + mu_b**2 + c1) * (var_a + var_b + c2))
                )
    return np.mean(values)


def pictures(n, seed, size=(16, 13), channels=3):
    return np.random.default_rng(seed).random((n, *size, channels))


def test_ssim_is_the_papers_formula_in_every_window():
    x = pictures(2, 0)
    y = np.clip(x + 0.2 * (pictures(2, 1) - 0.5), 0, 1)
    expected = [ssim_by_definition(a, b) for a, b in zip(x, y, strict=True)]
    assert ssim(x, y) == pytest.approx(expected, rel=1e-10)


def test_flat_pictures_have_the_luminance_term_alone():
    black, gray = np.zeros((1, 11, 11, 1)), np.full((1, 11, 11, 1), 0.5)
    assert ssim(black, gray)[0] == pytest.approx(1e-4 / (0.25 + 1e-4))


def test_ssim_is_1_for_a_copy_and_symmetric():
    x, y = pictures(3, 2), pictures(3, 3)
    assert ssim(x, x) == pytest.approx(np.ones(3), abs=1e-12)
    assert ssim(x, y) == pytest.approx(ssim(y, x), abs=1e-12)


def test_an_error_of_a_tenth_everywhere_is_20_decibels():
    x = np.full((1, 4, 4, 1), 0.3)
    assert psnr(x, x + 0.1)[0] == pytest.approx(20)
    assert psnr(x, x)[0] == math.inf


def test_the_reference_is_the_private_picture_with_the_smallest_squared_difference():
    private = [pictures(n, n).astype(np.float32) for n in (3, 1)]
    images = np.stack(
        [
            np.clip(np.stack([private[0][2], private[0][0]]) + np.float32(0.02), 0, 1),
            pictures(2, 9).astype(np.float32),
        ]
    )
    found = nearest_similarity(images, private)
    for i, j, nearest in ((0, 0, 2), (0, 1, 0), (1, 0, 0), (1, 1, 0)):
        pair = images[i, j][None], private[i][nearest][None]
        assert found.psnr[i, j] == psnr(*pair)[0]
        assert found.ssim[i, j] == pytest.approx(ssim(*pair)[0], rel=1e-12)


def test_bad_input_is_named():
    x = pictures(2, 4)
    with pytest.raises(InputError, match=r"`images` must have pixels in \[0, 1\]"):
        psnr(255 * x, x)
    with pytest.raises(InputError, match=r"`reference` must have pixels in \[0, 1\]"):
        ssim(x, x - 1)
    with pytest.raises(InputError, match="at least 11 pixels wide and high"):
        ssim(x[:, :10], x[:, :10])
    with pytest.raises(InputError, match="must hold one array for each of the 2 classes, got 1"):
        nearest_similarity(x[:, None], [x])
    with pytest.raises(InputError, match="`private` must not be empty"):
        nearest_similarity(x[:, None], [x, x[:0]])
