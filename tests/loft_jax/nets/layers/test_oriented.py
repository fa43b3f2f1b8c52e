"""Histograms of oriented gradients, against the definition pixel by pixel."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.nets.layers import oriented
from loft_jax.nets.layers.oriented import WIDTH

oriented_gradients = jax.jit(oriented.oriented_gradients)
summed_slope = jax.jit(jax.grad(lambda x: oriented.oriented_gradients(x).sum()))


def by_hand(gray):
    """The definition in loops: `gray` in [0, 1], 16 x 16, hence cells of 2 px."""
    side, pitch = len(gray), len(gray) / 8
    cells = np.zeros((8, 8, 8))
    for i in range(side):
        for j in range(side):
            p = (gray[i, min(j + 1, side - 1)] - gray[i, max(j - 1, 0)]) / 2
            q = (gray[min(i + 1, side - 1), j] - gray[max(i - 1, 0), j]) / 2
            length, angle = np.sqrt(p**2 + q**2 + 1e-6), np.arctan2(q, p)
            flat = (p**2 + q**2) / length**2  # below 1 where there is hardly an edge
            for k in range(8):
                vote = length * max(0, flat * np.cos(2 * angle - 2 * np.pi * k / 8)) ** 2
                for a in range(8):
                    for b in range(8):
                        down = max(0, 1 - abs(i - ((a + 0.5) * pitch - 0.5)) / pitch)
                        right = max(0, 1 - abs(j - ((b + 0.5) * pitch - 0.5)) / pitch)
                        cells[a, b, k] += vote * down * right * (8 / pitch) ** 2
    blocks = []
    for a in range(7):
        for b in range(7):
            block = np.concatenate([cells[a + i, b + j] for i in (0, 1) for j in (0, 1)])
            blocks.append(block / np.sqrt((block**2).sum() + 0.05**2))
    return np.concatenate(blocks)


@pytest.fixture(scope="module")
def gray():
    rng = np.random.default_rng(0)
    return rng.uniform(size=(16, 16)).astype(np.float32)


def test_the_histograms_are_those_of_the_definition(gray):
    found = oriented_gradients(jnp.asarray(2 * gray - 1)[None, :, :, None])
    assert found.shape == (1, WIDTH)
    np.testing.assert_allclose(found[0], by_hand(gray), atol=2e-5)


def test_brightness_and_contrast_hardly_count(gray):
    darker = 0.3 * gray + 0.1
    both = oriented_gradients(2 * jnp.stack([gray, darker])[..., None] - 1)
    assert float(jnp.abs(both[0] - both[1]).max()) < 0.02
    assert float(jnp.abs(both[0]).max()) > 0.2


def test_colours_count_by_their_mean(gray):
    colour = np.stack([gray, gray**2, gray**3], -1)
    mean = jnp.asarray(colour.mean(-1, keepdims=True))
    np.testing.assert_allclose(
        oriented_gradients(2 * jnp.asarray(colour)[None] - 1),
        oriented_gradients(2 * mean[None] - 1),
        atol=1e-5,
    )


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_an_even_picture_has_a_finite_gradient(level):
    image = jnp.full((1, 8, 8, 1), 2 * level - 1)
    assert np.isfinite(summed_slope(image)).all()
