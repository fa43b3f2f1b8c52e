"""Windows, who sees whom in them, and pools, pixel by pixel."""

import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.nets.layers.attention import relative_positions
from loft_jax.nets.layers.pooling import mean_pool_2x2, mean_pool_3x3_stride_2
from loft_jax.nets.layers.prelu import PReLU
from loft_jax.nets.layers.windows import whole, windows
from loft_jax.nets.trunks.swin import neighbours


def test_windows_hold_neighbouring_pixels_row_by_row():
    x = np.arange(2 * 6 * 4 * 3).reshape(2, 6, 4, 3).astype(np.float32)
    cut = np.asarray(windows(jnp.asarray(x), 2))
    for n, i, j in np.ndindex(2, 6, 4):
        window, place = (i // 2) * 2 + j // 2, (i % 2) * 2 + j % 2
        np.testing.assert_array_equal(cut[n, window, place], x[n, i, j])
    np.testing.assert_array_equal(whole(jnp.asarray(cut), 2, 6), x)


def test_two_pixels_have_one_way_to_lie_to_each_other():
    window = 3
    found, ways = relative_positions(window), {}
    for i, j in np.ndindex(window**2, window**2):
        way = (i // window - j // window, i % window - j % window)
        assert ways.setdefault(way, found[i, j]) == found[i, j]
    assert sorted(ways.values()) == list(range((2 * window - 1) ** 2))
    # torchvision's table begins with the way from the first pixel to the last, rows first.
    assert ways[-2, -2] == 0
    assert ways[-2, -1] == 1


@pytest.mark.parametrize("shifts", [(1, 1), (0, 1), (2, 0)])
def test_tokens_see_each_other_where_they_lay_side_by_side(shifts):
    height, width, window = 6, 9, 3
    # A rolled map: a token's own row, or None where it came around the edge.
    rows = [i + shifts[0] if i + shifts[0] < height else None for i in range(height)]
    columns = [j + shifts[1] if j + shifts[1] < width else None for j in range(width)]
    found = neighbours((height, width), window, shifts)
    for g, a, b in np.ndindex(found.shape):
        top, left = g // (width // window) * window, g % (width // window) * window
        here, there = (
            (rows[top + k // window] is None, columns[left + k % window] is None) for k in (a, b)
        )
        assert found[g, a, b] == (here == there)


def test_means_of_pixels():
    x = np.random.default_rng(0).standard_normal((2, 5, 6, 3)).astype(np.float32)
    small = np.zeros((2, 2, 3, 3))
    for i, j in np.ndindex(2, 3):
        small[:, i, j] = x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean((1, 2))
    np.testing.assert_allclose(mean_pool_2x2(jnp.asarray(x)), small, rtol=1e-5, atol=1e-6)
    padded, nine = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), np.zeros((2, 3, 3, 3))
    for i, j in np.ndindex(3, 3):
        nine[:, i, j] = padded[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3].sum((1, 2)) / 9
    np.testing.assert_allclose(mean_pool_3x3_stride_2(jnp.asarray(x)), nine, rtol=1e-5, atol=1e-6)


def test_prelu_lets_a_share_of_the_negative_through():
    layer = PReLU(2)
    layer.slope[...] = jnp.asarray([0.5, -2.0])
    x = jnp.asarray([[1.0, 1.0], [-3.0, -3.0]])[None, None]
    np.testing.assert_array_equal(layer(x)[0, 0], [[1, 1], [-1.5, 6]])
