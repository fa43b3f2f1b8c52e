"""Pooling equals its definition, loop by loop."""

import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.nets.layers.pooling import adaptive_mean_pool, max_pool_2x2, max_pool_3x3_stride_2


def images(height, width):
    rng = np.random.default_rng(0)
    return rng.standard_normal((2, height, width, 3)).astype(np.float32)


def window_maxima(x, window, stride):
    rows = (x.shape[1] - window) // stride + 1
    columns = (x.shape[2] - window) // stride + 1
    out = np.empty((x.shape[0], rows, columns, x.shape[3]), x.dtype)
    for i, j in np.ndindex(rows, columns):
        square = x[:, i * stride : i * stride + window, j * stride : j * stride + window]
        out[:, i, j] = square.max((1, 2))
    return out


@pytest.mark.parametrize(("height", "width"), [(6, 6), (7, 5)])
def test_max_pool_2x2_is_the_largest_of_each_square(height, width):
    x = images(height, width)
    np.testing.assert_array_equal(max_pool_2x2(jnp.asarray(x)), window_maxima(x, 2, 2))


@pytest.mark.parametrize(("height", "width"), [(8, 8), (7, 6)])
def test_max_pool_3x3_is_the_largest_of_each_padded_window(height, width):
    x = images(height, width)
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-np.inf)
    expected = window_maxima(padded, 3, 2)
    np.testing.assert_array_equal(max_pool_3x3_stride_2(jnp.asarray(x)), expected)


@pytest.mark.parametrize("size", [3, 7, 10, 14])
def test_adaptive_mean_pool_averages_pytorchs_cells(size):
    x = images(size, size)
    expected = np.empty((2, 7, 7, 3))
    for i, j in np.ndindex(7, 7):
        rows = slice(int(np.floor(i * size / 7)), int(np.ceil((i + 1) * size / 7)))
        columns = slice(int(np.floor(j * size / 7)), int(np.ceil((j + 1) * size / 7)))
        expected[:, i, j] = x[:, rows, columns].mean((1, 2))
    np.testing.assert_allclose(adaptive_mean_pool(jnp.asarray(x), 7), expected, atol=1e-6)
