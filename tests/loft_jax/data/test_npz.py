"""NumPy archives: what is read is what was written, and bad ones end in one sentence."""

import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from loft_jax.data.sources.npz import load_npz
from loft_jax.errors import InputError

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 8, 8), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])
NAMES = np.array(["ada", "bob", "cy"])


@pytest.fixture
def write(tmp_path):
    def save(**arrays):
        path = tmp_path / "people.npz"
        np.savez_compressed(path, **arrays)
        return path

    return save


@given(
    images=hnp.arrays(
        np.uint8,
        st.sampled_from([(4, 8, 8), (4, 8, 8, 1), (4, 8, 8, 3)]),
    ),
    dtype=st.sampled_from([np.int8, np.uint8, np.int64, np.uint64]),
)
def test_reading_inverts_writing(tmp_path_factory, images, dtype):
    path = tmp_path_factory.mktemp("npz") / "toy.npz"
    np.savez(path, images=images, labels=np.array([1, 0, 0, 1], dtype))
    data = load_npz(path)
    np.testing.assert_array_equal(data.images.reshape(images.shape), images)
    np.testing.assert_array_equal(data.labels, [1, 0, 0, 1])
    assert data.class_names == ("class 0", "class 1")
    assert data.name == "toy"


def test_class_names_are_kept_and_size_resizes(write):
    data = load_npz(write(images=IMAGES, labels=LABELS, class_names=NAMES), 16)
    assert data.class_names == ("ada", "bob", "cy")
    assert data.images.shape == (6, 16, 16, 1)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_in_the_unit_interval_are_bytes_over_255(write, dtype):
    data = load_npz(write(images=(IMAGES / 255).astype(dtype), labels=LABELS))
    np.testing.assert_array_equal(data.images[..., 0], IMAGES)


def with_pixel(value):
    images = IMAGES / 255
    images[3, 4, 5] = value
    return images


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"images": None}, "keys `images` and `labels` must be there, got labels"),
        ({"labels": None}, "keys `images` and `labels` must be there, got images"),
        ({"images": IMAGES[0]}, r"key `images` must be \[n h w\].*got \[8, 8\]"),
        ({"images": IMAGES[..., None, None]}, r"key `images` must be \[n h w\].*, 1, 1\]"),
        ({"images": np.zeros((6, 8, 8, 4), np.uint8)}, "ch 1 or 3, got .*4"),
        ({"images": np.zeros((0, 8, 8), np.uint8)}, r"key `images` must be .*got \[0, 8, 8\]"),
        ({"images": IMAGES.astype(np.int64)}, "key `images` must be uint8, or float.*got int64"),
        ({"images": IMAGES.astype(str)}, "key `images` must be uint8, or float.*got <U"),
        ({"images": IMAGES.astype(np.float32)}, r"float in \[0, 1\], got values from 0 to 255"),
        ({"images": with_pixel(-0.5)}, r"float in \[0, 1\], got values from -0.5 to 1"),
        ({"images": with_pixel(np.nan)}, "got NaN or infinity"),
        ({"images": with_pixel(np.inf)}, "got NaN or infinity"),
        ({"images": np.zeros((6, 8, 9), np.uint8)}, "pictures are 9x8, not square: give --size"),
        ({"labels": LABELS.astype(np.float64)}, "key `labels` must be integers, got float64"),
        (
            {"labels": LABELS[:5]},
            r"key `labels` must have one entry for each of 6 images, got \[5\]",
        ),
        ({"labels": LABELS[:, None]}, r"key `labels` must have one entry.*got \[6, 1\]"),
        ({"labels": LABELS - 1}, r"key `labels` must be 0..c-1, got -1..1"),
        ({"labels": LABELS + 2**40}, "key `labels` must be 0..c-1, got 1099511627776.."),
        ({"labels": 0 * LABELS}, "at least 2 classes, got 1"),
        ({"labels": 2 * (LABELS // 2)}, "at least 2 pictures, got: `class 1` has 0"),
        (
            {"labels": LABELS, "class_names": NAMES[:2]},
            r"must be 0..1 as `class_names` has 2.*got 2",
        ),
        ({"class_names": np.append(NAMES, "dee")}, "at least 2 pictures, got: `dee` has 0"),
        ({"class_names": LABELS}, "key `class_names` must be strings .*int64"),
        ({"class_names": NAMES[None]}, "key `class_names` must be strings"),
    ],
)
def test_a_bad_archive_is_one_sentence_that_names_file_and_key(write, changed, message):
    arrays = {"images": IMAGES, "labels": LABELS} | changed
    path = write(**{key: array for key, array in arrays.items() if array is not None})
    with pytest.raises(InputError, match=message) as caught:
        load_npz(path)
    assert "\n" not in str(caught.value)


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_pickled_objects_are_refused_and_not_run(write, tmp_path):
    sprung = tmp_path / "sprung"
    trap = np.array([Trap(str(sprung))] * 6, dtype=object)
    with pytest.raises(InputError, match=r"key `labels` must be.*never unpickled"):
        load_npz(write(images=IMAGES, labels=trap))
    plain = tmp_path / "plain.npz"
    plain.write_bytes(pickle.dumps(Trap(str(sprung))))
    with pytest.raises(InputError, match=r"must be an \.npz file"):
        load_npz(plain)
    assert not sprung.exists()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_every_way_of_cutting_a_file_short_is_found(tmp_path, save):
    path = tmp_path / "cut.npz"
    save(path, images=IMAGES, labels=LABELS)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="damaged or of another type"):
            load_npz(path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_changed_bytes_give_the_same_data_or_an_input_error(tmp_path, save):
    path = tmp_path / "changed.npz"
    save(path, images=IMAGES, labels=LABELS)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(400):
        changed = bytearray(whole)
        changed[rng.integers(len(whole))] ^= int(rng.integers(1, 256))
        path.write_bytes(changed)
        try:
            data = load_npz(path)
        except InputError:
            refused += 1
        else:
            np.testing.assert_array_equal(data.images[..., 0], IMAGES)
            np.testing.assert_array_equal(data.labels, LABELS)
    assert refused > 200


def test_members_of_another_format_missing_files_and_folders_are_refused(tmp_path):
    path = tmp_path / "raw.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images", b"not an array")
        archive.writestr("labels", b"not an array")
    with pytest.raises(InputError, match="key `images` must be an array in NumPy's format"):
        load_npz(path)
    with pytest.raises(InputError, match="got no such file"):
        load_npz(tmp_path / "none.npz")
    with pytest.raises(InputError, match="got a folder"):
        load_npz(tmp_path)
