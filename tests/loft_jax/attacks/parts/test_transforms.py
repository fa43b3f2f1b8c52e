"""Views of a picture: what each change does, that it is random row by row, and its gradient."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.attacks.parts.keys import row_keys
from loft_jax.attacks.parts.transforms import NO_TRANSFORM, Transform, flipped, transformed

KEYS = row_keys(jax.random.key(0), jnp.arange(1), 64)
IMAGES = jax.random.uniform(jax.random.key(1), (64, 8, 8, 1))

CHANGES = [
    Transform(crop_scale=(0.5, 0.9), crop_ratio=1.25),
    Transform(flip=0.5),
    Transform(brightness=0.2),
    Transform(contrast=0.2),
    Transform(shift=0.2),
    Transform(offset=0.2),
]


def test_nothing_asked_is_nothing_done():
    assert transformed(KEYS, IMAGES, NO_TRANSFORM) is IMAGES


def test_a_flip_of_probability_half_mirrors_half_of_the_pictures():
    got = np.asarray(transformed(KEYS, IMAGES, Transform(flip=0.5)))
    kept = (got == np.asarray(IMAGES)).all((1, 2, 3))
    turned = (got == np.asarray(flipped(IMAGES))).all((1, 2, 3))
    assert (kept ^ turned).all()
    assert abs(kept.mean() - 0.5) < 4 * 0.5 / 8  # four standard errors of 64 draws


def test_brightness_multiplies_and_contrast_keeps_the_mean():
    bright = np.asarray(transformed(KEYS, IMAGES, Transform(brightness=0.2)) / IMAGES)
    assert np.ptp(bright, axis=(1, 2, 3)).max() < 1e-5
    assert 0.8 <= bright.min() < 0.85
    assert 1.15 < bright.max() <= 1.2
    contrast = transformed(KEYS, IMAGES, Transform(contrast=0.2))
    np.testing.assert_allclose(contrast.mean((1, 2, 3)), IMAGES.mean((1, 2, 3)), rtol=1e-5)


def test_a_crop_of_a_ramp_is_a_flatter_ramp_from_within_it():
    ramp = jnp.broadcast_to(jnp.arange(8.0)[None, :, None, None], (64, 8, 8, 1))
    got = np.asarray(transformed(KEYS, ramp, Transform(crop_scale=(0.5, 0.9))))
    # Away from the border, where it is repeated, the slope is the side of the crop.
    slopes = np.diff(got[:, 2:6, 4, 0], axis=1).mean(1)
    assert got.min() >= 0
    assert got.max() <= 7
    assert np.sqrt(0.5) - 0.01 < slopes.min() < 0.8
    assert 0.88 < slopes.max() < np.sqrt(0.9) + 0.01


def test_a_crop_of_a_constant_is_the_constant():
    flat = jnp.full((64, 8, 8, 1), 0.3)
    got = transformed(KEYS, flat, Transform(crop_scale=(0.5, 0.9), crop_ratio=1.25))
    np.testing.assert_allclose(got, flat, rtol=1e-5)


@pytest.mark.parametrize("change", CHANGES)
def test_rows_draw_on_their_own_and_the_same_key_draws_the_same(change):
    same = jnp.broadcast_to(IMAGES[:1], IMAGES.shape)
    got = np.asarray(transformed(KEYS, same, change))
    assert len(np.unique(got.reshape(64, -1), axis=0)) > 1
    np.testing.assert_array_equal(got, transformed(KEYS, same, change))
    np.testing.assert_allclose(got[8:9], transformed(KEYS[8:9], same[:1], change), atol=1e-6)


@pytest.mark.parametrize("change", CHANGES)
def test_views_are_linear_in_the_pictures_so_the_gradient_is_their_transpose(change):
    x, v = IMAGES[:3], jax.random.normal(jax.random.key(5), (3, 8, 8, 1))
    out, back = jax.vjp(lambda y: transformed(KEYS[:3], y, change), x)
    w = jax.random.normal(jax.random.key(6), out.shape)
    change_of_out = transformed(KEYS[:3], x + v, change) - out
    np.testing.assert_allclose(jnp.vdot(back(w)[0], v), jnp.vdot(w, change_of_out), rtol=1e-3)


def test_a_shift_moves_by_whole_pixels_and_repeats_the_edge():
    ramp = jnp.broadcast_to(jnp.arange(10.0)[None, None, :, None], (len(KEYS), 10, 10, 1))
    got = np.asarray(transformed(KEYS, ramp, Transform(shift=0.2)))[:, :, :, 0]
    moved = {tuple(np.clip(np.arange(10.0) + by, 0, 9)) for by in range(-2, 3)}
    assert {tuple(row[0]) for row in got} == moved
    assert np.all(got == got[:, :1])  # rows are alike, whatever the move down


def test_an_offset_adds_one_number_to_all_pixels():
    added = np.asarray(transformed(KEYS, IMAGES, Transform(offset=0.1)) - IMAGES)
    numbers = added[:, 0, 0, 0]
    np.testing.assert_allclose(added, numbers[:, None, None, None] * np.ones_like(added), atol=1e-6)
    assert np.abs(numbers).max() <= 0.1
    assert np.abs(numbers).max() > 0.05
    assert len(np.unique(numbers)) > len(KEYS) // 2
