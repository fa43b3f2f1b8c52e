"""Class folders of picture files: lossless formats round-trip, bad files are listed."""

import io

import numpy as np
import pytest
from PIL import Image

from loft_jax.data.sources.folder import load_folder
from loft_jax.errors import InputError

RNG = np.random.default_rng(0)
GRAY = RNG.integers(0, 256, (4, 8, 8), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)


@pytest.fixture
def people(tmp_path):
    """Two classes of two gray 8-pixel PNGs."""
    for name, first in (("ada", 0), ("bob", 2)):
        (tmp_path / name).mkdir()
        for index in range(2):
            Image.fromarray(GRAY[first + index]).save(tmp_path / name / f"{index}.png")
    return tmp_path


def test_classes_and_pictures_come_in_order_of_their_names(people):
    data = load_folder(people)
    np.testing.assert_array_equal(data.images[..., 0], GRAY)
    np.testing.assert_array_equal(data.labels, [0, 0, 1, 1])
    assert data.class_names == ("ada", "bob")
    assert data.name == people.name


@pytest.mark.parametrize(
    ("suffix", "options"),
    [(".png", {}), (".PNG", {}), (".webp", {"lossless": True}), (".pgm", {})],
)
def test_lossless_formats_give_the_pixels_that_were_saved(people, suffix, options):
    pixels = GRAY[0] if suffix == ".pgm" else COLOUR[0]
    Image.fromarray(pixels).save(people / "bob" / f"9{suffix}", **options)
    last = load_folder(people).images[-1]
    np.testing.assert_array_equal(last, pixels[..., None] if pixels.ndim == 2 else pixels)


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG"])
def test_jpeg_gives_nearly_the_pixels_that_were_saved(people, suffix):
    smooth = np.add.outer(np.arange(8) * 10, np.arange(8) * 15).astype(np.uint8)
    Image.fromarray(smooth).save(people / "bob" / f"9{suffix}", format="JPEG", quality=95)
    last = load_folder(people).images[-1, ..., 0]
    assert np.abs(last.astype(int) - smooth).max() <= 8


def test_one_colour_picture_makes_all_rgb_and_gray_ones_repeat(people):
    Image.fromarray(COLOUR[0]).save(people / "ada" / "2.png")
    data = load_folder(people)
    np.testing.assert_array_equal(data.images[2], COLOUR[0])
    np.testing.assert_array_equal(data.images[0], np.repeat(GRAY[0][..., None], 3, axis=2))


def test_hidden_files_and_other_types_are_ignored(people):
    (people / ".cache").mkdir()
    (people / "README.txt").write_text("notes")
    (people / "ada" / ".hidden.png").write_bytes(b"not a picture")
    (people / "ada" / "notes.txt").write_text("notes")
    assert len(load_folder(people).images) == 4


@pytest.mark.parametrize(
    ("mode", "array"),
    [
        ("I;16", (GRAY[0].astype(np.uint16) * 257)),
        ("L", GRAY[0]),
        ("LA", np.stack([GRAY[0], 255 - GRAY[0]], axis=-1)),
        ("1", np.where(GRAY[0] > 127, 255, 0).astype(np.uint8)),
    ],
)
def test_every_gray_mode_is_read_as_bytes(people, mode, array):
    picture = Image.fromarray(array) if mode != "1" else Image.fromarray(array).convert("1")
    assert picture.mode == mode
    picture.save(people / "bob" / "9.png")
    expected = array[..., 0] if array.ndim == 3 else (array // 257 if mode == "I;16" else array)
    images = load_folder(people).images
    assert images.shape[-1] == 1
    np.testing.assert_array_equal(images[-1, ..., 0], expected)


def test_palettes_and_transparency_give_their_colours(people):
    palette = Image.fromarray(GRAY[0] % 4).convert("P")
    palette.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    palette.save(people / "bob" / "8.png")
    with_alpha = np.concatenate([COLOUR[1], GRAY[0][..., None]], axis=2)
    Image.fromarray(with_alpha).save(people / "bob" / "9.png")
    images = load_folder(people).images
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]], np.uint8)
    np.testing.assert_array_equal(images[-2], colours[np.asarray(palette)])
    np.testing.assert_array_equal(images[-1], COLOUR[1])


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_the_orientation_tag_turns_the_picture(people, orientation, turns):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(GRAY[0]).save(people / "bob" / "9.png", exif=exif)
    np.testing.assert_array_equal(load_folder(people).images[-1, ..., 0], np.rot90(GRAY[0], turns))


def test_size_cuts_the_centred_square_and_resizes(people):
    wide = np.full((16, 32), 255, np.uint8)
    wide[:, 8:24] = 7
    Image.fromarray(wide).save(people / "bob" / "9.png")
    data = load_folder(people, 8)
    np.testing.assert_array_equal(data.images[:4, ..., 0], GRAY)
    assert (data.images[-1, :, 2:-2] == 7).all()  # the filter reaches over the edge of the square


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((8, 9), r"9\.png is 9x8, not square: give --size"),
        ((12, 12), r"9\.png is 12x12 and others are 8x8: give --size"),
    ],
)
def test_other_shapes_ask_for_a_size(people, shape, message):
    Image.fromarray(np.zeros(shape, np.uint8)).save(people / "bob" / "9.png")
    with pytest.raises(InputError, match=message):
        load_folder(people)
    assert load_folder(people, 8).size == 8


def encoded(format_name):
    buffer = io.BytesIO()
    Image.fromarray(COLOUR[0]).resize((32, 32)).save(buffer, format_name)
    return buffer.getvalue()


BROKEN = {
    "empty.png": b"",
    "text.jpg": b"this is not a picture",
    "cut.png": encoded("PNG")[:200],
    "cut.jpg": encoded("JPEG")[:400],
    "cut.webp": encoded("WEBP")[:60],
    "cut.pgm": b"P5 8 8 255\n" + bytes(20),
    "gif.png": encoded("GIF"),  # a format that is not on the list, under a name that is
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_unreadable_file_stops_the_run_and_is_named(people, name):
    (people / "ada" / name).write_bytes(BROKEN[name])
    with pytest.raises(InputError, match=f"1 file cannot be read: .*{name} .*--skip-unreadable"):
        load_folder(people)


def test_all_unreadable_files_are_listed_together_or_skipped(people):
    for name, content in BROKEN.items():
        (people / "bob" / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{len(BROKEN)} files cannot be read") as caught:
        load_folder(people)
    assert all(name in str(caught.value) for name in BROKEN)
    assert "\n" not in str(caught.value)
    data = load_folder(people, skip_unreadable=True)
    np.testing.assert_array_equal(data.images[..., 0], GRAY)
    assert len(data.skipped) == len(BROKEN)


def test_skipping_never_leaves_a_class_too_small_unnoticed(people):
    (people / "ada" / "0.png").write_bytes(b"")
    with pytest.raises(InputError, match="at least 2 pictures, got: `ada` has 1"):
        load_folder(people, skip_unreadable=True)
    for file in people.glob("*/*.png"):
        file.write_bytes(b"")
    with pytest.raises(InputError, match="`ada` has 0, `bob` has 0"):
        load_folder(people, skip_unreadable=True)


def test_a_decompression_bomb_is_an_unreadable_file(people, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 21)  # Pillow refuses above twice it
    with pytest.raises(InputError, match=r"4 files cannot be read: .*decompression bomb"):
        load_folder(people)


def test_a_large_photograph_is_none(people, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 43)  # and warns above it
    np.testing.assert_array_equal(load_folder(people).images[..., 0], GRAY)


def test_folders_without_classes_or_pictures_say_what_is_missing(tmp_path):
    with pytest.raises(InputError, match="must be a folder of class folders, got no folder"):
        load_folder(tmp_path / "none")
    with pytest.raises(InputError, match="at least 2 folders, one for each class, got 0"):
        load_folder(tmp_path)
    (tmp_path / "ada").mkdir()
    with pytest.raises(InputError, match="at least 2 folders, one for each class, got 1"):
        load_folder(tmp_path)
    (tmp_path / "bob").mkdir()
    with pytest.raises(InputError, match=r"must hold pictures .* got none"):
        load_folder(tmp_path)
    for index in range(2):
        Image.fromarray(GRAY[index]).save(tmp_path / "ada" / f"{index}.png")
    with pytest.raises(
        InputError, match="in at least 2 class folders, got them in 1: ada, none in bob"
    ):
        load_folder(tmp_path)
