"""What stands where on the picture of an attack, found by looking for it."""

import io

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image

from loft_jax.attacks.sheet import sheet
from loft_jax.reports.reconstructions import private_pictures


@pytest.fixture(scope="module")
def pictures():
    """Images, lookalikes and private pictures of 19 classes, in two blocks of classes."""
    rng = np.random.default_rng(0)
    images, lookalikes = rng.integers(0, 256, (2, 19, 3, 32, 32, 3), np.uint8)
    return images, lookalikes, list(rng.integers(0, 256, (19, 4, 32, 32, 3), np.uint8))


def place(paper, picture):
    """(y, x) of a picture that was enlarged twice; None if it is not there."""
    corners = sliding_window_view(paper, (2, 2, 3))[:, :, 0]
    first = np.all(corners == picture[0, 0], axis=(2, 3, 4))
    for y, x in zip(*np.nonzero(first), strict=True):
        if np.array_equal(paper[y : y + 64 : 2, x : x + 64 : 2], picture):
            return y, x
    return None


def drawn(*parts):
    names = [f"person {index}" for index in range(19)]
    with Image.open(io.BytesIO(sheet(parts[0], names, *parts[1:]))) as opened:
        return np.asarray(opened)


def test_private_pictures_reconstructions_and_lookalikes_stand_side_by_side(pictures):
    images, lookalikes, private = pictures
    paper = drawn(*pictures)
    for index in (0, 9, 10, 18):
        shown = [*private[index][:2], *images[index], *lookalikes[index][:2]]
        found = [place(paper, picture) for picture in shown]
        rows, columns = zip(*found, strict=True)
        assert len(set(rows)) == 1
        assert list(columns) == sorted(columns)
        assert place(paper, private[index][2]) is place(paper, lookalikes[index][2]) is None


def test_nobody_private_is_on_it_unless_they_are_given(pictures):
    images, lookalikes, private = pictures
    paper = drawn(images, lookalikes)
    assert place(paper, private[0][0]) is None
    assert place(paper, lookalikes[0][1]) is not None
    assert place(drawn(images), lookalikes[0][1]) is None


@pytest.mark.parametrize("controls", [True, False])
def test_the_report_finds_private_pictures_on_it_again(pictures, tmp_path, controls):
    images, lookalikes, private = pictures
    path = tmp_path / "sheet.png"
    Image.fromarray(drawn(images, lookalikes if controls else None, private)).save(path)
    found = private_pictures(path, images, controls=controls)
    np.testing.assert_array_equal(found, [own[0] for own in private])
    assert private_pictures(path, images, controls=not controls) is None
