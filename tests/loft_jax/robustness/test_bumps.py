"""Bumps of the square attack, drawn by two loops over the paper's formula."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.robustness.bumps import Window
from loft_jax.robustness.bumps import bump as bump_now
from loft_jax.robustness.bumps import moved as moved_now
from loft_jax.robustness.bumps import tiles as tiles_now

bump, moved, tiles = jax.jit(bump_now), jax.jit(moved_now), jax.jit(tiles_now)


def rectangle(height, width):
    """eta of equation 2 with n = floor(width / 2), not normalised; counts from 1 as the paper."""
    n, plane = width // 2, np.zeros((height, width))
    for r in range(1, height + 1):
        for s in range(1, width + 1):
            m = n - max(abs(r - height // 2 - 1), abs(s - width // 2 - 1))
            plane[r - 1, s - 1] = sum(1 / (n + 1 - k) ** 2 for k in range(m + 1))
    return plane


@pytest.mark.parametrize("side", [3, 5, 6, 9])
@pytest.mark.parametrize("turned", [False, True])
def test_a_bump_is_the_paper_s(side, turned):
    above = rectangle(side // 2, side)
    plane = np.concatenate([above, -rectangle(side - side // 2, side)])
    plane = plane.T if turned else plane
    expected = np.zeros((9, 9))
    top, left = min(1, 9 - side), min(2, 9 - side)
    expected[top : top + side, left : left + side] = plane / np.linalg.norm(plane)
    numbers = jnp.arange(9)
    window = Window(numbers[:, None] - top, numbers[None] - left, jnp.asarray(side))
    np.testing.assert_allclose(bump(window, jnp.asarray(turned)), expected, atol=1e-6)


@pytest.mark.parametrize("size", [4, 8, 16])
def test_the_first_change_has_the_whole_length_and_differs_from_draw_to_draw(size):
    centre = jnp.full((size, size, 3), 0.5)
    found = [np.asarray(tiles(jax.random.key(k), centre, 0.3) - centre) for k in (0, 1)]
    for change in found:
        assert np.linalg.norm(change) == pytest.approx(0.3, rel=1e-5)
    assert not np.allclose(*found)


def test_a_move_keeps_the_length_empties_one_square_and_fills_another():
    centre = jnp.full((12, 12, 2), 0.5)
    start = tiles(jax.random.key(0), centre, 0.3)
    for key in jax.random.split(jax.random.key(1), 20):
        after = np.asarray(moved(key, start, centre, jnp.asarray(3), jnp.float32(0.3)) - centre)
        before = np.asarray(start - centre)
        assert np.linalg.norm(after) == pytest.approx(0.3, rel=1e-4)
        touched = (after != before).any(-1)
        assert touched.sum() <= 18
        empty = touched & (after == 0).all(-1)
        filled = touched & ~empty
        assert filled.sum() == 9
        rows, columns = np.nonzero(filled)
        assert np.ptp(rows) == np.ptp(columns) == 2


def test_length_that_is_not_used_yet_is_used():
    centre = jnp.full((12, 12, 2), 0.5)
    after = moved(jax.random.key(0), centre, centre, jnp.asarray(5), jnp.float32(0.3)) - centre
    assert np.linalg.norm(np.asarray(after)) == pytest.approx(0.3, rel=1e-5)
