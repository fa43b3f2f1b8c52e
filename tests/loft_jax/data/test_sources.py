"""The `--data` argument finds what it names, and says what it could have named."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from loft_jax.data.dataset import Dataset
from loft_jax.data.first import First
from loft_jax.data.public import load_public
from loft_jax.data.sources import SOURCES, Source, absolute_data, load_dataset, source_of
from loft_jax.errors import InputError
from loft_jax.runs import memory

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


@pytest.mark.parametrize("kind", ["archive", "folder"])
@pytest.mark.parametrize(
    ("classes", "pictures", "kept"),
    [
        (None, 2, [0, 1, 3, 4, 5, 6]),
        (2, None, [0, 1, 2, 3, 4]),
        (2, 2, [0, 1, 3, 4]),
        (9, 9, [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_the_first_classes_and_pictures_are_used_and_the_rest_is_told(
    kind, classes, pictures, kept, tmp_path
):
    images = np.random.default_rng(1).integers(0, 256, (7, 8, 8, 3), dtype=np.uint8)
    labels = np.array([0, 0, 0, 1, 1, 2, 2])
    path = tmp_path / ("people.npz" if kind == "archive" else "people")
    if kind == "archive":
        np.savez(path, images=images, labels=labels, class_names=["9", "10", "11"])
    for index, name in enumerate([] if kind == "archive" else np.array(["9", "10", "11"])[labels]):
        (path / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(images[index]).save(path / name / f"{index}.png")
    data = load_dataset(str(path), size=None, seed=0, first=First(classes, pictures))
    np.testing.assert_array_equal(data.images, images[kept])
    np.testing.assert_array_equal(data.labels, labels[kept])
    assert data.class_names == ("9", "10", "11")[: classes or 3]
    told = f"used, {len(kept)} of 7 pictures, of 3 classes: "
    assert any(note.startswith(told) for note in data.notes) == (len(kept) < 7)


def test_what_is_not_used_of_a_folder_is_not_read(folder):
    for name in ("0", "1"):
        (folder / name / "unreadable.png").write_bytes(b"")  # last in order
    data = load_dataset(str(folder), size=None, seed=0, first=First(pictures=2))
    np.testing.assert_array_equal(data.images, IMAGES)


def test_skipped_files_reach_the_caller(folder):
    (folder / "1" / "bad.png").write_bytes(b"")
    data = load_dataset(str(folder), size=None, seed=0, skip_unreadable=True)
    assert len(data.skipped) == 1
    assert "bad.png" in data.skipped[0]
    with pytest.raises(InputError, match="1 file cannot be read"):
        load_dataset(str(folder), size=None, seed=0)


@pytest.mark.parametrize("data", ["", "nothing", "~nobody/x", "a\0b", "x" * 5000])
def test_a_name_of_nothing_lists_what_is_allowed(data):
    with pytest.raises(InputError, match=r"`--data` must be faces, digits, FILE.npz or a FOLDER"):
        load_dataset(data, size=None, seed=0)


def test_a_file_of_another_type_is_called_so(tmp_path):
    (tmp_path / "people.zip").write_bytes(b"")
    with pytest.raises(InputError, match="which is a file of another type"):
        load_dataset(str(tmp_path / "people.zip"), size=None, seed=0)
    with pytest.raises(InputError, match=r"`--data` must be .*none.npz`, which does not exist"):
        load_dataset(str(tmp_path / "none.npz"), size=None, seed=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"identities": 1}, "`--identities` must be at least 2, got 1"),
        ({"pictures": 1}, "`--pictures` must be at least 2, got 1"),
        ({"channels": 2}, "`channels` must be 1"),
        ({"size": 4}, "`--size` must be 8..1024 pixels, got 4"),
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


def test_a_source_is_known_without_loading(archive, folder):
    assert source_of("faces") is SOURCES["faces"]
    assert source_of("digits") is SOURCES["digits"]
    assert source_of(str(archive)) is SOURCES["npz"]
    assert source_of("not/there.npz") is SOURCES["npz"]
    assert source_of(str(folder)) is SOURCES["folder"]
    assert source_of("moved/away") is SOURCES["folder"]


@pytest.mark.parametrize(
    ("name", "law", "shown", "noun", "prior", "preset", "size", "classes"),
    [
        ("faces", True, True, "people", "renderer", "faces32", 32, 7),
        ("digits", False, True, "digits", "pixels", "digits", 32, 10),
        ("npz", False, False, "people", "pixels", "photos64", None, None),
        ("folder", False, False, "people", "pixels", "photos64", None, None),
    ],
)
def test_what_each_source_is(name, law, shown, noun, prior, preset, size, classes):
    source = SOURCES[name]
    assert (source.law is not None, source.shown, source.noun) == (law, shown, noun)
    assert (source.prior, source.preset, source.size) == (prior, preset, size)
    assert source.known_classes(7) == classes


@pytest.mark.parametrize("name", ["faces", "digits"])
def test_files_named_like_a_source_are_files(tmp_path, monkeypatch, name):
    np.savez(tmp_path / f"{name}.npz", images=IMAGES, labels=LABELS)
    for index, label in enumerate(LABELS):
        (tmp_path / name / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(IMAGES[index]).save(tmp_path / name / str(label) / f"{index}.png")
    monkeypatch.chdir(tmp_path)
    for data, kind in ((f"{name}.npz", "npz"), (f"./{name}", "folder")):
        one = load_dataset(data, size=None, seed=0)
        assert (one.name, one.source, one.shown) == (name, kind, False)
        assert source_of(absolute_data(data)) is SOURCES[kind]
    assert load_dataset(name, size=None, seed=0, identities=2, pictures=2).shown


def test_a_changed_pixel_label_or_name_changes_the_fingerprint_of_files(tmp_path):
    def fingerprint(images=IMAGES, labels=LABELS, names=("a", "b"), name="faces"):
        np.savez(tmp_path / f"{name}.npz", images=images, labels=labels, class_names=names)
        return load_dataset(str(tmp_path / f"{name}.npz"), size=None, seed=0).fingerprint

    replaced = IMAGES.copy()
    replaced[3, 4, 5, 1] ^= 1
    told = [
        fingerprint(), fingerprint(replaced), fingerprint(labels=LABELS[::-1]),
        fingerprint(names=("b", "a")),
    ]  # fmt: skip
    assert len(set(told)) == 4
    assert fingerprint(name="elsewhere") == told[0]
    # The layout is that of earlier run folders, whose pictures are still recognised.
    digest = hashlib.sha256(json.dumps([[4, 8, 8, 3], ["a", "b"]]).encode())
    digest.update(LABELS.astype("<i4").tobytes() + IMAGES.tobytes())
    assert told[0] == digest.hexdigest()


def test_a_set_made_by_hand_has_the_fingerprint_of_its_pixels(folder):
    read = load_dataset(str(folder), size=None, seed=0)
    made = Dataset("x", read.images, read.labels, read.class_names)
    assert made.fingerprint == read.fingerprint
    assert (made.source, made.shown, made.noun) == ("arrays", False, "classes")


def test_other_people_have_another_fingerprint_and_other_pixels_of_them_the_same():
    def drawn(**changed):
        asked = {"size": 16, "seed": 0, "identities": 3, "pictures": 2} | changed
        return load_dataset("faces", **asked)

    base = drawn()
    others = [drawn(seed=1), drawn(identities=4), drawn(pictures=3), drawn(size=24),
              drawn(channels=1)]  # fmt: skip
    assert len({data.fingerprint for data in [base, *others]}) == 6
    base.images[0, 0, 0, 0] ^= 1  # the last bit, as another machine might draw it
    assert base.fingerprint == drawn().fingerprint


def test_paths_that_are_there_become_absolute_and_nothing_else(archive, folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert absolute_data("people.NPZ") == str(archive.resolve())
    assert absolute_data("people") == str(folder.resolve())
    (folder.parent / "faces").mkdir()
    for data in ("faces", "digits", "", "nothing.npz", "~nobody/x", "a\0b", "x" * 5000):
        assert absolute_data(data) == data
    assert absolute_data("./faces") == str(Path("faces").resolve())


@pytest.mark.parametrize(("identities", "pictures"), [(10**12, 2), (2, 10**12), (10**400, 2)])
def test_more_faces_than_fit_are_refused_by_their_numbers(identities, pictures):
    with pytest.raises(
        InputError, match=r"`--identities` x `--pictures` = 20.* must fit into memory"
    ):
        load_dataset("faces", size=None, seed=0, identities=identities, pictures=pictures)


def test_large_sizes_and_counts_are_refused_by_their_numbers(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 4 * 1024**2 * 3 - 1)
    with pytest.raises(InputError, match=r"= 4 pictures .* 12\.0 MiB where 11\.9"):
        load_dataset("faces", size=1024, seed=0, identities=2, pictures=2)
    with pytest.raises(InputError, match=r"`--count` = 1000000000000 pictures .* 2.7 PiB where"):
        load_public("faces", count=10**12)


class Squares:
    """Member k is a square of brightness 100 + k, of the public population 50 + k."""

    latent_dim = identity_dim = 1

    def __init__(self, size, channels, seed, population):
        self.size, self.channels, self.shape = size, channels, (size, size, channels)
        self.first = 100 + seed if population == "private" else 50

    def latents(self, identities, indices):
        return (self.first + identities[:, None]) / 255

    def decode(self, latents):
        return latents[:, :, None, None] * np.ones(self.shape)

    def pictures(self, identities, pictures_per_identity, progress=None):
        labels = np.repeat(np.arange(identities, dtype=np.int32), pictures_per_identity)
        light = (self.first + labels).astype(np.uint8)[:, None, None, None]
        return np.broadcast_to(light, (len(labels), *self.shape)), labels


@pytest.fixture
def plugged(monkeypatch):
    """Adds rows to a copy of the table."""
    monkeypatch.setattr(SOURCES, "_rows", dict(SOURCES.items()))
    return SOURCES.__setitem__


def test_a_law_is_a_source_in_one_row(plugged):
    plugged("squares", Source(law=Squares, noun="squares", singular="square", shown=True, size=8))
    data = load_dataset("squares", size=None, seed=0, identities=3, pictures=2)
    assert data.images[:, 0, 0, 0].tolist() == [100, 100, 101, 101, 102, 102]
    assert data.class_names == ("square 0", "square 1", "square 2")
    assert (data.source, data.noun, data.shown, data.size) == ("squares", "squares", True, 8)
    assert load_public("squares", count=3)[:, 0, 0, 0].tolist() == [50, 51, 52]
    other = load_dataset("squares", size=None, seed=1, identities=3, pictures=2)
    faces = load_dataset("faces", size=8, seed=0, identities=3, pictures=2)
    assert len({one.fingerprint for one in (data, other, faces)}) == 3


def test_a_loader_is_a_source_in_one_row_and_need_not_resize(plugged):
    def load(wanted):
        return Dataset("two", IMAGES, LABELS.astype(np.int32), ("a", "b"))

    plugged("two", Source(load=load))
    data = load_dataset("two", size=16, channels=1, seed=0)
    assert (data.size, data.channels, data.source, data.noun) == (16, 1, "two", "classes")
    assert not data.shown
    with pytest.raises(InputError, match="`--data` must have public pictures, got `two`"):
        load_public("two")
    with pytest.raises(InputError, match=r"`--data` must be faces, digits, two, FILE\.npz or"):
        load_dataset("three", size=None, seed=0)


def test_a_source_may_recognise_files_of_its_own(plugged, tmp_path):
    def load(wanted):
        return Dataset(wanted.data, IMAGES, LABELS.astype(np.int32), ("a", "b"))

    plugged("h5", Source(load=load, recognises=lambda data: data.endswith(".h5")))
    (tmp_path / "x.h5").mkdir()  # even a folder
    assert load_dataset(str(tmp_path / "x.h5"), size=None, seed=0).source == "h5"
    assert source_of("h5") is SOURCES["folder"]
