"""The `--data` argument finds what it names, and says what it could have named."""

import numpy as np
import pytest
from PIL import Image

from loft_jax.data.sources import load_dataset
from loft_jax.errors import InputError

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
LABELS = np.array([0, 0, 1, 1])


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "people.NPZ"
    with path.open("wb") as file:
        np.savez(file, images=IMAGES, labels=LABELS)
    return path


@pytest.fixture
def folder(tmp_path):
    for index, label in enumerate(LABELS):
        (tmp_path / "people" / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(IMAGES[index]).save(tmp_path / "people" / str(label) / f"{index}.png")
    return tmp_path / "people"


def test_an_archive_and_a_folder_of_the_same_pictures_agree(archive, folder):
    one = load_dataset(str(archive), size=None, seed=0)
    other = load_dataset(str(folder), size=None, seed=0)
    np.testing.assert_array_equal(one.images, other.images)
    np.testing.assert_array_equal(one.labels, other.labels)


def test_size_and_channels_are_those_asked_for(archive):
    data = load_dataset(str(archive), size=16, channels=1, seed=0)
    assert (data.size, data.channels) == (16, 1)
    digits = load_dataset("digits", size=None, channels=3, seed=0)
    assert (digits.size, digits.channels, digits.classes) == (32, 3, 10)


def test_skipped_files_reach_the_caller(folder):
    (folder / "1" / "bad.png").write_bytes(b"")
    data = load_dataset(str(folder), size=None, seed=0, skip_unreadable=True)
    assert len(data.skipped) == 1
    assert "bad.png" in data.skipped[0]
    with pytest.raises(InputError, match="1 file cannot be read"):
        load_dataset(str(folder), size=None, seed=0)


@pytest.mark.parametrize("data", ["", "nothing", "~nobody/x", "a\0b", "x" * 5000])
def test_a_name_of_nothing_lists_what_is_allowed(data):
    with pytest.raises(InputError, match=r"`data` must be faces, digits, FILE.npz or a FOLDER"):
        load_dataset(data, size=None, seed=0)


def test_a_file_of_another_type_is_called_so(tmp_path):
    (tmp_path / "people.zip").write_bytes(b"")
    with pytest.raises(InputError, match="which is a file of another type"):
        load_dataset(str(tmp_path / "people.zip"), size=None, seed=0)
    with pytest.raises(InputError, match="got no such file"):
        load_dataset(str(tmp_path / "none.npz"), size=None, seed=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"identities": 1}, "`identities` must be at least 2, got 1"),
        ({"pictures": 1}, "`pictures` must be at least 2, got 1"),
        ({"channels": 2}, "`channels` must be 1"),
        ({"size": 4}, "`size` must be 8..1024 pixels, got 4"),
    ],
)
def test_faces_that_cannot_be_drawn_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        load_dataset("faces", **({"size": None, "seed": 0} | arguments))


def test_faces_are_a_function_of_the_seed():
    first, again, other = (
        load_dataset("faces", size=16, seed=seed, identities=3, pictures=2) for seed in (0, 0, 1)
    )
    assert first.images.shape == (6, 16, 16, 3)
    assert np.bincount(first.labels).tolist() == [2, 2, 2]
    np.testing.assert_array_equal(first.images, again.images)
    assert (first.images != other.images).any()
