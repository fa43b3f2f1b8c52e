"""Archives from anybody: judged by their headers, unpacked in blocks, never more than fits."""

import io
import os
import tracemalloc
import zipfile

import numpy as np
import pytest

from loft_jax.data import archive as archive_module
from loft_jax.data.public import load_public
from loft_jax.data.sources.npz import load_npz
from loft_jax.errors import InputError
from loft_jax.runs import memory

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
LABELS = np.repeat(np.arange(4), 10)


def with_header(shape, descr="|u1", content=b""):
    """Bytes of an .npy file whose header may claim what it does not hold."""
    buffer = io.BytesIO()
    claimed = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, claimed)
    return buffer.getvalue() + content


def packed(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for key, content in members.items():
            file.writestr(f"{key}.npy", content)
    return path


@pytest.mark.parametrize(
    "shape", [(40, 2**20, 2**20, 3), (2**60, 8, 8, 3), (-1, 8, 8, 3), (41, 8, 8, 3)]
)
@pytest.mark.parametrize("load", [load_npz, lambda path: load_public(str(path))])
def test_headers_that_claim_more_than_there_is_are_damage(tmp_path, shape, load):
    labels = with_header((40,), "<i8", LABELS.astype("<i8").tobytes())
    path = packed(tmp_path / "x.npz", images=with_header(shape, content=IMAGES.tobytes()),
                  labels=labels)  # fmt: skip
    with pytest.raises(
        InputError, match=r"key `images` must be an intact array.*header that claim"
    ):
        load(path)


def test_headers_of_labels_and_names_are_judged_too(tmp_path):
    images = with_header(IMAGES.shape, content=IMAGES.tobytes())
    path = packed(tmp_path / "x.npz", images=images, labels=with_header((10**13,), "<i8"))
    with pytest.raises(InputError, match=r"key `labels` .*claims 72\.7 TiB"):
        load_npz(path)


def test_what_unpacks_to_more_than_the_memory_is_refused_before_it_is_unpacked(
    tmp_path, monkeypatch
):
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, images=np.zeros((4000, 64, 64), np.uint8), labels=np.arange(4000) % 2)
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(memory, "available", lambda: 2**23)
    tracemalloc.start()
    with pytest.raises(InputError, match=r"uint8 of shape \[4000, 64, 64\] must fit into memory"):
        load_npz(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**21


def test_floats_are_converted_without_a_second_copy_of_them(tmp_path):
    floats = RNG.random((3000, 64, 64), dtype=np.float32)  # 47 MiB, 12 as bytes
    path = tmp_path / "x.npz"
    np.savez(path, images=floats, labels=np.arange(3000) % 2)
    tracemalloc.start()
    images = load_npz(path).images
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < images.nbytes + 7 * archive_module.BLOCK
    expected = np.floor(255 * floats.astype(np.longdouble) + 0.5).astype(np.uint8)
    np.testing.assert_array_equal(images[..., 0], expected)


@pytest.mark.parametrize("block", [1, 200, 1000, 10**6])
@pytest.mark.parametrize("size", [None, 12])
def test_blocks_of_any_length_give_the_same_pictures(tmp_path, monkeypatch, block, size):
    path = tmp_path / "x.npz"
    np.savez(path, images=IMAGES, labels=LABELS)
    whole = load_npz(path, size)
    monkeypatch.setattr(archive_module, "BLOCK", block)
    np.testing.assert_array_equal(load_npz(path, size).images, whole.images)
    if size is None:
        np.testing.assert_array_equal(whole.images, IMAGES)


def test_arrays_stored_by_columns_or_with_the_other_end_first_are_the_same(tmp_path):
    floats = IMAGES / 255
    for name, images in (
        ("f", np.asfortranarray(IMAGES)),
        ("g", np.asfortranarray(floats)),
        ("e", floats.astype(">f4")),
    ):
        np.savez(tmp_path / f"{name}.npz", images=images, labels=LABELS.astype(">i2"))
        data = load_npz(tmp_path / f"{name}.npz")
        np.testing.assert_array_equal(data.images, IMAGES)
        np.testing.assert_array_equal(data.labels, LABELS)


@pytest.mark.parametrize("overshoot", [1e-7, 1.9e-3])
def test_floats_that_round_to_bytes_are_accepted(tmp_path, overshoot):
    np.savez(tmp_path / "x.npz", images=IMAGES / 255 + overshoot, labels=LABELS)
    np.testing.assert_array_equal(load_npz(tmp_path / "x.npz").images, IMAGES)
    np.savez(tmp_path / "y.npz", images=IMAGES / 255 + 2e-3, labels=LABELS)
    with pytest.raises(InputError, match=r"float in \[0, 1\], got values from 0.002 to 1.002"):
        load_npz(tmp_path / "y.npz")


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "x.npz")
    with pytest.raises(InputError, match=r"must be an \.npz file, got not a regular file"):
        load_npz(tmp_path / "x.npz")


def test_labels_from_1_name_file_and_cause(tmp_path):
    np.savez(tmp_path / "x.npz", images=IMAGES, labels=LABELS + 1)
    with pytest.raises(InputError, match=r"x\.npz: key `labels` .*got 1\.\.4: they count from 1"):
        load_npz(tmp_path / "x.npz")


def test_masks_of_0_and_1_are_read_and_said_to_be_dark(tmp_path):
    np.savez(tmp_path / "x.npz", images=(IMAGES > 127).astype(np.uint8), labels=LABELS)
    (note,) = load_npz(tmp_path / "x.npz").notes
    assert note.startswith("nearly black: 40 of 40 pictures have no value above 1 of 255")
    np.savez(tmp_path / "y.npz", images=IMAGES, labels=LABELS)
    assert load_npz(tmp_path / "y.npz").notes == ()


def test_names_that_no_terminal_could_print_are_written_out(tmp_path):
    names = np.array(["a\x1b[31mred", "b\x07", "c", "d"])
    np.savez(tmp_path / "x.npz", images=IMAGES, labels=LABELS, class_names=names)
    assert load_npz(tmp_path / "x.npz").class_names == (r"a\x1b[31mred", r"b\x07", "c", "d")


def test_progress_counts_the_pictures(tmp_path, monkeypatch):
    np.savez(tmp_path / "x.npz", images=IMAGES, labels=LABELS)
    monkeypatch.setattr(archive_module, "BLOCK", 15 * 8 * 8 * 3)
    told = []
    load_npz(tmp_path / "x.npz", progress=lambda done, of: told.append((done, of)))
    assert told == [(15, 40), (30, 40), (40, 40)]
