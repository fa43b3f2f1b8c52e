"""Centre-crop, antialiased resize and change of channels, on pictures whose result is known."""

import numpy as np
import pytest

from loft_jax.data.resize import resize, to_channels
from loft_jax.errors import InputError
from loft_jax.runs import memory


def test_the_right_size_is_kept_pixel_for_pixel():
    images = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(resize(images, 8, source="x"), images)
    np.testing.assert_array_equal(resize(images, None, source="x"), images)


@pytest.mark.parametrize("axis", [1, 2])
def test_only_the_centred_square_is_seen(axis):
    images = np.full((2, 16, 16, 1), 255, np.uint8)
    images = np.concatenate([images[:, :, :4], 0 * images, images[:, :, :4]], axis=2)
    images = images if axis == 2 else images.swapaxes(1, 2)
    assert resize(images, 16, source="x").max() == 0
    inner = slice(2, -2)  # at the border the filter reaches over the edge of the square
    assert resize(images, 8, source="x")[:, inner, inner].max() == 0


@pytest.mark.parametrize("channels", [1, 3])
def test_shrinking_a_chequerboard_gives_its_mean(channels):
    board = 255 * (np.indices((64, 64)).sum(axis=0) % 2)
    images = np.repeat(board[None, ..., None], channels, axis=3).astype(np.uint8)
    small = resize(images, 16, source="x")
    assert small.shape == (1, 16, 16, channels)
    assert np.abs(small - 127.5).max() <= 1.5  # without antialiasing: 0 or 255


def test_a_ramp_stays_the_same_ramp_at_another_size():
    ramp = np.broadcast_to(np.arange(64) * 4 + 1, (1, 64, 64))[..., None].astype(np.uint8)
    expected = 4 * ((np.arange(32) + 0.5) * 2 - 0.5) + 1
    inner = slice(2, -2)  # the filter is cut off at the borders
    shrunk = resize(ramp, 32, source="x")[0, :, inner, 0]
    np.testing.assert_allclose(shrunk, np.tile(expected[inner], (32, 1)), atol=0.5 + 1e-6)


def test_pictures_that_are_not_square_need_a_size():
    with pytest.raises(InputError, match=r"x\.npz: pictures are 9x8, not square: give --size"):
        resize(np.zeros((1, 8, 9, 1), np.uint8), None, source="x.npz")


@pytest.mark.parametrize("size", [7, 0, -8, 1025])
def test_a_size_out_of_range_is_refused(size):
    with pytest.raises(InputError, match=f"`--size` must be 8..1024 pixels, got {size}"):
        resize(np.zeros((1, 8, 8, 1), np.uint8), size, source="x")


def test_gray_is_the_rounded_luma_and_colour_of_gray_repeats_it():
    rgb = np.random.default_rng(1).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    red, green, blue = (rgb[..., k].astype(int) for k in range(3))
    exact = 299 * red + 587 * green + 114 * blue  # thousandths
    gray = to_channels(rgb, 1)
    assert np.abs(1000 * gray[..., 0].astype(int) - exact).max() <= 500
    np.testing.assert_array_equal(to_channels(gray, 3)[..., 2], gray[..., 0])
    np.testing.assert_array_equal(to_channels(to_channels(gray, 3), 1), gray)
    assert to_channels(rgb, None) is rgb
    with pytest.raises(InputError, match=r"`channels` must be 1 \(gray\) or 3 \(RGB\), got 2"):
        to_channels(rgb, 2)


def test_what_would_not_fit_is_refused_by_its_numbers(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 3 * 16 * 16 - 1)
    with pytest.raises(InputError, match="x: 3 pictures of 16x16x1 bytes must fit into memory"):
        resize(np.zeros((3, 8, 8, 1), np.uint8), 16, source="x")
