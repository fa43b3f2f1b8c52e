"""Augmentation, against laws written down in NumPy, SciPy and colorsys."""

import colorsys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from loft_jax.data.augment import augment
from loft_jax.data.settings import AugmentConfig

OFF = AugmentConfig()
EVERYTHING = AugmentConfig(
    crop_scale=(0.5, 1.0), flip=True, shift=0.1, brightness=0.3, contrast=0.3, saturation=0.3,
    hue=0.2, erase=0.5,
)  # fmt: skip
N = 512
"""Pictures in a batch of the statistical tests."""

jitted = jax.jit(augment, static_argnums=2)


def pictures(n=N, side=8, channels=1, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((n, side, side, channels), dtype=np.float32)


def augmented(images, config, seed=0):
    return np.asarray(jitted(jax.random.key(seed), jnp.asarray(images), config))


def assert_mean(sample, expected, standard_errors=5):
    sem = np.std(sample) / np.sqrt(len(sample))
    assert abs(np.mean(sample) - expected) <= standard_errors * sem


@pytest.mark.parametrize("channels", [1, 3])
def test_with_everything_off_no_bit_changes(channels):
    images = pictures(4, channels=channels)
    np.testing.assert_array_equal(augmented(images, OFF), images)


@pytest.mark.parametrize("channels", [1, 3])
def test_with_everything_on_shape_and_unit_interval_are_kept(channels):
    images = np.rint(pictures(64, 16, channels))  # only 0 and 1, the hardest to keep inside
    result = augmented(images, EVERYTHING)
    assert result.shape == images.shape
    assert result.min() >= 0
    assert result.max() <= 1
    assert (result != images).mean() > 0.2


def test_the_same_key_gives_the_same_bits_another_key_others_and_nothing_recompiles():
    images = pictures(64, 16, 3)
    first = augmented(images, EVERYTHING)
    compiled = jitted._cache_size()
    np.testing.assert_array_equal(first, augmented(images, EVERYTHING))
    assert (first != augmented(images, EVERYTHING, seed=1)).any(axis=(1, 2, 3)).all()
    assert jitted._cache_size() == compiled


def test_each_picture_draws_its_own():
    same = np.repeat(pictures(1, 16, 3), 64, axis=0)
    result = augmented(same, EVERYTHING)
    assert len(np.unique(result.reshape(64, -1), axis=0)) == 64


def test_flip_mirrors_half_of_the_pictures_and_leaves_the_others():
    images = pictures()
    result = augmented(images, AugmentConfig(flip=True))
    mirrored = (result == images[:, :, ::-1]).all(axis=(1, 2, 3))
    kept = (result == images).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(mirrored, ~kept)
    assert abs(mirrored.mean() - 0.5) <= 5 * 0.5 / np.sqrt(N)


def test_switching_a_change_off_leaves_the_draws_of_the_others():
    images = pictures()
    flipped = augmented(images, AugmentConfig(flip=True))
    both = augmented(images, AugmentConfig(flip=True, brightness=0.001))
    assert np.abs(flipped - both).max() <= 0.001 + 1e-6


def test_shift_is_uniform_over_whole_pixel_moves_with_edges_repeated():
    images = pictures()
    result = augmented(images, AugmentConfig(shift=0.25))  # 2 of 8 pixels
    padded = np.pad(images, [(0, 0), (2, 2), (2, 2), (0, 0)], mode="edge")
    moves = [(down, right) for down in range(5) for right in range(5)]
    matches = np.stack(
        [
            (result == padded[:, down : down + 8, right : right + 8]).all(axis=(1, 2, 3))
            for down, right in moves
        ]
    )
    assert (matches.sum(axis=0) == 1).all()
    expected = N / 25
    chi_square = ((matches.sum(axis=1) - expected) ** 2 / expected).sum()
    assert abs(chi_square - 24) <= 5 * np.sqrt(2 * 24)


def ramps(side):
    """Pictures whose channels are their own row and column, so that a crop tells its window."""
    grid = (np.arange(side, dtype=np.float32) + 0.5) / side
    rows, columns = np.meshgrid(grid, grid, indexing="ij")
    return np.stack([rows, columns, 0 * rows], axis=-1)


def windows(crops):
    """Start and length, in shares of the side, of each crop of `ramps`, from two inner pixels."""
    side = crops.shape[1]
    low, high = side // 4, 3 * side // 4
    rows = crops[:, low, low, 0], crops[:, high, high, 0]
    columns = crops[:, low, low, 1], crops[:, high, high, 1]
    length = [(last - first) * side / (high - low) for first, last in (rows, columns)]
    start = [
        first - share * (low + 0.5) / side
        for (first, _), share in zip((rows, columns), length, strict=True)
    ]
    return np.stack(start, axis=1), np.stack(length, axis=1)


def test_crop_area_is_uniform_its_aspect_log_uniform_and_its_place_uniform():
    low, high = 0.25, 0.5  # the longest side is sqrt(0.5 * 4 / 3) < 1: none is cut
    crops = augmented(np.repeat(ramps(16)[None], N, axis=0), AugmentConfig(crop_scale=(low, high)))
    start, length = windows(crops)
    area = length.prod(axis=1)
    aspect = np.log(length[:, 1] / length[:, 0]) / np.log(4 / 3)
    place = start / (1 - length)
    tolerance = 1e-4  # single precision, read off two pixels
    assert area.min() >= low - tolerance
    assert area.max() <= high + tolerance
    assert_mean(area, (low + high) / 2)
    assert_mean((area - area.mean()) ** 2, (high - low) ** 2 / 12)
    assert np.abs(aspect).max() <= 1 + 10 * tolerance
    assert_mean(aspect, 0)
    assert_mean(aspect**2, 1 / 3)
    assert place.min() >= -10 * tolerance
    assert place.max() <= 1 + 10 * tolerance
    for axis in range(2):
        assert_mean(place[:, axis], 1 / 2)
        assert_mean((place[:, axis] - 0.5) ** 2, 1 / 12)


def test_crop_is_bilinear_interpolation_of_its_window():
    config = AugmentConfig(crop_scale=(0.25, 0.5))
    start, length = windows(augmented(np.repeat(ramps(16)[None], N, axis=0), config))
    images = pictures(N, 16, 3)
    result = augmented(images, config)
    for index in range(8):
        axes = [
            16 * (start[index, k] + (np.arange(16) + 0.5) * length[index, k] / 16) - 0.5
            for k in range(2)
        ]
        places = np.meshgrid(*axes, indexing="ij")
        for channel in range(3):
            expected = ndimage.map_coordinates(
                images[index, ..., channel], places, order=1, mode="nearest"
            )
            np.testing.assert_allclose(result[index, ..., channel], expected, atol=2e-4)


def test_brightness_adds_a_uniform_number():
    strength = 0.3
    images = np.full((N, 8, 8, 3), 0.5, np.float32)
    added = augmented(images, AugmentConfig(brightness=strength)) - 0.5
    np.testing.assert_array_equal(added, np.broadcast_to(added[:, :1, :1, :1], added.shape))
    drawn = added[:, 0, 0, 0]
    assert np.abs(drawn).max() <= strength
    assert_mean(drawn, 0)
    assert_mean(drawn**2, strength**2 / 3)


def test_contrast_multiplies_the_distance_to_the_mean_by_a_uniform_number():
    strength = 0.4
    images = 0.4 + 0.2 * pictures(channels=3)  # far from 0 and 1: nothing is clipped
    mean = images.mean(axis=(1, 2), keepdims=True)
    result = augmented(images, AugmentConfig(contrast=strength))
    deviation = images - mean
    factor = ((result - mean) * deviation).sum(axis=(1, 2, 3)) / (deviation**2).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(result, mean + factor[:, None, None, None] * deviation, atol=1e-6)
    assert np.abs(factor - 1).max() <= strength + 1e-5
    assert_mean(factor, 1)
    assert_mean((factor - 1) ** 2, strength**2 / 3)


def hsv(images):
    flat = images.reshape(-1, 3).astype(float)
    return np.array([colorsys.rgb_to_hsv(*pixel) for pixel in flat]).reshape(images.shape)


def test_saturation_multiplies_s_and_keeps_hue_and_value():
    images = 0.3 + 0.3 * pictures(16, 4, 3)  # s <= 1/2, so that no product is cut at 1
    before, after = hsv(images), hsv(augmented(images, AugmentConfig(saturation=0.5)))
    np.testing.assert_allclose(after[..., 2], before[..., 2], atol=1e-5)
    turned = (after[..., 0] - before[..., 0] + 0.5) % 1 - 0.5
    assert np.abs(turned * after[..., 1]).max() <= 1e-5  # the hue of gray means nothing
    ratio = after[..., 1].sum(axis=(1, 2)) / before[..., 1].sum(axis=(1, 2))
    np.testing.assert_allclose(after[..., 1], ratio[:, None, None] * before[..., 1], atol=1e-5)
    assert (np.abs(ratio - 1) <= 0.5).all()
    assert ratio.min() < 0.9
    assert ratio.max() > 1.1


def test_hue_turns_all_pixels_of_a_picture_by_one_angle():
    images = pictures(16, 4, 3)
    before, after = hsv(images), hsv(augmented(images, AugmentConfig(hue=0.2)))
    np.testing.assert_allclose(after[..., 1:], before[..., 1:], atol=1e-5)
    turned = (after[..., 0] - before[..., 0] + 0.5) % 1 - 0.5
    angle = np.median(turned, axis=(1, 2))
    error = (turned - angle[:, None, None]) * before[..., 1] * before[..., 2]
    assert np.abs(error).max() <= 1e-5
    assert (np.abs(angle) <= 0.2).all()
    assert np.ptp(angle) > 0.1


def test_gray_pictures_have_no_hue_or_saturation_to_change():
    images = pictures(4)
    np.testing.assert_array_equal(augmented(images, AugmentConfig(saturation=0.5, hue=0.5)), images)


def test_erasing_paints_one_rectangle_of_one_colour_with_its_probability():
    images = 2 + pictures(side=32, channels=3)  # no colour in [0, 1] occurs
    low, high, probability = 0.05, 0.25, 0.3
    config = AugmentConfig(erase=probability, erase_scale=(low, high))
    result = augmented(images, config)
    erased = (result != images).any(axis=-1)
    hit = erased.any(axis=(1, 2))
    assert abs(hit.mean() - probability) <= 5 * np.sqrt(probability * (1 - probability) / N)
    for mask, picture in zip(erased[hit], result[hit], strict=True):
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert mask.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
        colours = np.unique(picture[mask], axis=0)
        assert len(colours) == 1
        assert 0 <= colours.min() <= colours.max() < 1


def test_erased_area_is_uniform_between_its_bounds():
    low, high = 0.05, 0.25  # the longest side is sqrt(0.25 / 0.3) < 1: none is cut
    images = np.full((N, 32, 32, 1), 2, np.float32)
    result = augmented(images, AugmentConfig(erase=1.0, erase_scale=(low, high)))
    area = (result != 2).mean(axis=(1, 2, 3))
    assert_mean(area, (low + high) / 2)
    assert_mean((area - area.mean()) ** 2, (high - low) ** 2 / 12)
    assert np.corrcoef(area[:-1], area[1:])[0, 1] < 5 / np.sqrt(N)


def test_gradients_are_finite_for_black_white_gray_and_random_pixels():
    images = pictures(64, 16, 3)
    images[:8], images[8:16], images[16:24] = 0, 1, 0.5
    images[24:32] = images[24:32, ..., :1]  # gray pixels, where hue is undefined
    weights = pictures(64, 16, 3, seed=1)

    @jax.jit
    def gradient(x):
        return jax.grad(lambda y: (augment(jax.random.key(0), y, EVERYTHING) * weights).sum())(x)

    found = np.asarray(gradient(jnp.asarray(images)))
    assert np.isfinite(found).all()
    assert (np.abs(found).sum(axis=(1, 2, 3)) > 0).mean() > 0.7


def test_a_linear_augmentation_is_its_own_derivative():
    config = AugmentConfig(crop_scale=(0.5, 1.0), shift=0.2, flip=True)
    images, direction = pictures(8, 16), pictures(8, 16, seed=1)
    _, derivative = jax.jvp(lambda x: jitted(jax.random.key(0), x, config), (images,), (direction,))
    np.testing.assert_allclose(derivative, augmented(direction, config), atol=1e-6)
