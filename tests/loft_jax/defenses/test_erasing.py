"""MIDRE: one square of one colour a picture, of the shares that were asked for, the rest as is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from defended import configuration, updated

from loft_jax.defenses.base import Defense
from loft_jax.defenses.erasing import Erasing

SIZE, N = 24, 300
MEAN = (0.485, 0.456, 0.406)


def pictures(channels=3):
    """No pixel has a colour that is painted."""
    rng = np.random.default_rng(0)
    return rng.uniform(0.5, 1, (N, SIZE, SIZE, channels)).astype(np.float32)


def shown(defense, channels=3, seed=0):
    images = jnp.asarray(pictures(channels))
    return np.asarray(jax.jit(defense.pictures)(images, jax.random.key(seed)))


def painted(found, channels=3):
    return (found != pictures(channels)).any(axis=3)


@pytest.mark.parametrize("defense", [Erasing(), Erasing(0.8, 0.8), Erasing(0.05), Erasing(1.0)])
def test_what_is_painted_is_a_whole_square_of_an_allowed_share(defense):
    mask = painted(shown(defense))
    least = min(defense.least, defense.area)
    for one in mask:
        rows, columns = np.flatnonzero(one.any(1)), np.flatnonzero(one.any(0))
        side = len(rows)
        assert len(columns) == side
        assert one.sum() == side**2  # no hole in it, nothing outside
        assert np.ptp(rows) == np.ptp(columns) == side - 1
        # Whole pixels: the side is off by half a pixel at most.
        assert np.sqrt(least) * SIZE - 0.5 <= side <= np.sqrt(defense.area) * SIZE + 0.5


def test_shares_are_uniform_between_the_least_and_the_largest():
    shares = painted(shown(Erasing(0.4, 0.1))).mean(axis=(1, 2))
    # Uniform on .1 to .4: mean .25, standard deviation .3 / sqrt 12.
    error = 0.3 / np.sqrt(12 * N)
    assert abs(shares.mean() - 0.25) < 5 * error
    deciles = np.quantile(shares, np.arange(0.1, 1, 0.1))
    np.testing.assert_allclose(deciles, 0.1 + 0.3 * np.arange(0.1, 1, 0.1), atol=0.05)


def test_squares_lie_anywhere():
    mask = painted(shown(Erasing(0.1, 0.1)))
    side = round(np.sqrt(0.1) * SIZE)
    tops = np.array([np.flatnonzero(one.any(1))[0] for one in mask])
    lefts = np.array([np.flatnonzero(one.any(0))[0] for one in mask])
    for first in (tops, lefts):
        last = SIZE - side
        assert set(first) == set(range(last + 1))
        assert abs(first.mean() - last / 2) < 5 * (last + 1) / np.sqrt(12 * N)
    assert abs(np.corrcoef(tops, lefts)[0, 1]) < 5 / np.sqrt(N)


def test_the_rest_keeps_its_bits_and_the_square_has_one_colour():
    found = shown(Erasing())
    mask = painted(found)
    np.testing.assert_array_equal(found[~mask], pictures()[~mask])
    np.testing.assert_array_equal(found[mask], np.float32([MEAN] * mask.sum()))


def test_gray_pictures_are_painted_gray():
    found = shown(Erasing(), channels=1)
    values = np.unique(found[painted(found, 1)])
    np.testing.assert_allclose(values, [np.mean(MEAN)], rtol=1e-6)


def test_another_key_paints_elsewhere():
    assert (painted(shown(Erasing())) != painted(shown(Erasing(), seed=1))).any()


class Watched(Defense):
    """Tells by its loss how many pixels of the mean colour training was shown."""

    pictures = Erasing(0.25, 0.25).pictures

    def loss(self, outputs, images, labels, *, smoothing, progress, key):
        there = jnp.abs(images - jnp.array(MEAN)[None, None, None]).max(-1) < 1e-6
        return there.sum() + 0 * outputs.logits.sum()


def test_training_is_shown_the_painted_pictures(tiny_trunk):
    found = updated(configuration(Watched()))
    assert float(found.metrics["loss"]) == 8 * 4**2  # a quarter of 8 x 8 px in each of 8 pictures
