"""Folders as people have them: what is beside the pictures is left out, and said."""

import os

import numpy as np
import pytest
from PIL import Image

from loft_jax.data.public import load_public
from loft_jax.data.sources.folder import load_folder, public_folder
from loft_jax.errors import InputError
from loft_jax.runs import memory

RNG = np.random.default_rng(0)


def picture(path, shape=(8, 8), top=255):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = RNG.integers(0, top, shape, dtype=np.uint8)
    pixels.flat[0] = top
    Image.fromarray(pixels).save(path)


@pytest.fixture
def people(tmp_path):
    """Two classes of two gray 8-pixel PNGs."""
    for name in ("ada", "bob"):
        for index in range(2):
            picture(tmp_path / name / f"{index}.png")
    return tmp_path


def test_pictures_as_they_should_be_need_no_word(people):
    assert load_folder(people).notes == ()


def test_folders_beside_the_classes_are_left_out_by_name(people):
    (people / "empty").mkdir()
    (people / "__MACOSX" / "ada").mkdir(parents=True)
    (people / "__MACOSX" / "ada" / "._0.png").write_bytes(b"\0\5\x16\7")
    data = load_folder(people)
    assert data.class_names == ("ada", "bob")
    (note,) = data.notes
    assert note == "left out, folders without pictures of their own: __MACOSX, empty"


def test_files_of_other_types_are_counted_and_hidden_ones_not(people):
    for name in ("a.tif", "b.TIF", "c.gif", ".DS_Store", "._0.png"):
        (people / "ada" / name).write_bytes(b"x")
    (note,) = load_folder(people).notes
    assert note == "left out, files of other types in class folders: 2 .tif, 1 .gif"


@pytest.mark.parametrize("suffix", [".bmp", ".ppm", ".pnm", ".jfif"])
def test_further_types_are_read(people, suffix):
    smooth = np.add.outer(np.arange(8) * 10, np.arange(8) * 15).astype(np.uint8)
    colour = np.stack([smooth, smooth.T, 255 - smooth], axis=-1)
    kind = {".bmp": "BMP", ".jfif": "JPEG"}.get(suffix, "PPM")
    options = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    Image.fromarray(colour).save(people / "bob" / f"9{suffix}", format=kind, **options)
    last = load_folder(people).images[-1]
    assert np.abs(last.astype(int) - colour).max() <= (4 if kind == "JPEG" else 0)


def test_classes_are_in_order_of_their_numbers(tmp_path):
    for number in range(12):
        for index in range(2):
            picture(tmp_path / str(number) / f"{index}.png", top=100 + number)
    data = load_folder(tmp_path)
    assert data.class_names == tuple(map(str, range(12)))
    brightest = [data.images[data.labels == label].max() for label in range(12)]
    assert brightest == [100 + number for number in range(12)]


@pytest.mark.parametrize("parts", [("train", "val"), ("ada", "bob")])
def test_a_tree_that_is_a_level_deeper_gets_a_hint(tmp_path, parts):
    for part in parts:
        for inner in ("x", "y"):
            picture(tmp_path / part / inner / "0.png")
    with pytest.raises(
        InputError, match=r"must hold pictures .* got none; pictures lie a level d"
    ) as e:
        load_folder(tmp_path)
    assert f"such as {parts[0]}/x/0.png: give --data {tmp_path / parts[0]}" in str(e.value)
    assert ("(train, val look like parts of one set)" in str(e.value)) == (parts[0] == "train")


def test_a_single_folder_around_the_classes_gets_the_hint_too(people, tmp_path_factory):
    root = tmp_path_factory.mktemp("archive")
    people.rename(root / "lfw")
    with pytest.raises(InputError, match=rf"each class, got 1; .*give --data {root}/lfw if"):
        load_folder(root)


def test_pictures_beside_the_class_folders_get_a_hint(tmp_path):
    picture(tmp_path / "0.png")
    with pytest.raises(InputError, match="got 0; 1 pictures lie beside the class folders"):
        load_folder(tmp_path)


def test_pictures_below_a_class_folder_are_counted(people):
    for index in range(3):
        picture(people / "ada" / "more" / f"{index}.png")
    (note,) = load_folder(people).notes
    assert note == "left out, 3 pictures a level deeper: in ada/more"


def test_pictures_beside_class_folders_are_counted(people):
    for index in range(4):
        picture(people / f"{index}.png")
    (note,) = load_folder(people).notes
    assert note == "left out, 4 pictures beside the class folders"


def test_what_public_folders_hold_otherwise_is_counted_and_told(people):
    picture(people / "0.png")
    for index in range(3):
        picture(people / "ada" / "more" / f"{index}.png")
    for name in ("c.gif", "ada/a.tif", "bob/b.TIF"):
        (people / name).write_bytes(b"x")
    told = []
    assert len(load_public(str(people), tell=told.append)) == 5
    assert told == [
        "left out, files of other types: 2 .tif, 1 .gif",
        "left out, 3 pictures a level deeper: in ada/more",
    ]


def test_whole_scenes_among_crops_get_a_line(people):
    picture(people / "bob" / "scene.png", (48, 64))
    (note,) = load_folder(people, 8).notes
    assert note.startswith("originals are 8x8 to 64x48, 1 of 5 more than 2 times off the median")


def test_small_pictures_are_said_to_be_enlarged(people):
    (note,) = load_folder(people, 16).notes
    assert note == "enlarged, as their side is below 16: 4 of 4 pictures"


def test_twelve_bits_in_sixteen_are_said_to_be_dark(people):
    twelve = np.linspace(0, 4095, 64).reshape(8, 8).astype(np.uint16)
    Image.fromarray(twelve).save(people / "bob" / "9.png")
    (note,) = load_folder(people).notes
    assert note.startswith("nearly black: 1 of 5 pictures have no value above 16 of 255")


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_orientation_tag_turns_pictures_of_16_bits_too(people, orientation):
    stored = RNG.integers(0, 256, (8, 8)).astype(np.uint16)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored * 257).save(people / "bob" / "9.png", exif=exif)
    turns = {1: 0, 3: 2, 6: -1, 8: 1}[orientation]
    np.testing.assert_array_equal(load_folder(people).images[-1, ..., 0], np.rot90(stored, turns))


@pytest.mark.parametrize("load", [load_folder, public_folder])
def test_pipes_and_links_to_nothing_are_unreadable_files_and_block_nobody(people, load):
    os.mkfifo(people / "ada" / "pipe.png")
    (people / "bob" / "dead.jpg").symlink_to(people / "nowhere.jpg")
    with pytest.raises(
        InputError, match=r"pipe\.png \(not a regular file\), .*dead\.jpg \(not a r"
    ):
        load(people)
    data = load_folder(people, skip_unreadable=True)
    assert (len(data.images), len(data.skipped)) == (4, 2)


def test_names_of_any_bytes_are_printable_and_distinct(tmp_path):
    root = os.fsencode(tmp_path)
    for name in (b"Jos\xe8", b"Jos\xe9"):
        os.mkdir(os.path.join(root, name))
        for index in range(2):
            file = os.path.join(root, name, b"%d.png" % index)
            Image.fromarray(np.full((8, 8), 200, np.uint8)).save(os.fsdecode(file))
    data = load_folder(tmp_path)
    assert data.class_names == (r"Jos\xe8", r"Jos\xe9")
    assert "\n".join(data.class_names).encode("utf-8")
    with open(os.path.join(root, b"Jos\xe9", b"caf\xe9.png"), "wb") as file:
        file.write(b"no")
    (skipped,) = load_folder(tmp_path, skip_unreadable=True).skipped
    assert skipped.encode("utf-8")


def test_progress_counts_the_files(people):
    told = []
    load_folder(people, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_pictures_that_do_not_fit_are_refused_after_the_first(people, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 4 * 64)
    assert load_folder(people).images.nbytes == 4 * 64
    monkeypatch.setattr(memory, "available", lambda: 4 * 64 - 1)
    told = []
    with pytest.raises(InputError, match="4 pictures of 8x8x1 bytes must fit into memory"):
        load_folder(people, progress=lambda done, of: told.append(done))
    assert told == []
