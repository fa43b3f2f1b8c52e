"""Public pictures: where they come from, and that nobody private is among them."""

import numpy as np
import pytest
from PIL import Image

from loft_jax.data.faces import FaceLaw
from loft_jax.data.public import (
    check_disjoint,
    load_public,
    load_public_people,
    picture_hashes,
)
from loft_jax.errors import InputError

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 1), dtype=np.uint8)


def test_public_faces_are_the_first_pictures_of_public_people():
    images = load_public("faces", size=8, channels=1, seed=3, count=20)
    law = FaceLaw(8, 1, 3, population="public")
    np.testing.assert_array_equal(images, law.pictures(20, 1)[0])
    private = FaceLaw(8, 1, 3, population="private").pictures(20, 1)[0]
    check_disjoint(picture_hashes(images), picture_hashes(private))


def test_files_need_no_labels_and_no_second_picture_of_anybody(tmp_path):
    np.savez(tmp_path / "a.npz", images=IMAGES[..., 0], labels=np.arange(20))
    np.savez(tmp_path / "b.npz", images=IMAGES)
    for name in ("a.npz", "b.npz"):
        np.testing.assert_array_equal(load_public(str(tmp_path / name)), IMAGES)


@pytest.mark.parametrize("nested", [False, True])
def test_folders_may_hold_pictures_or_folders_of_pictures(tmp_path, nested):
    for k, image in enumerate(IMAGES):
        place = tmp_path / f"{k % 3}" if nested else tmp_path
        place.mkdir(exist_ok=True)
        Image.fromarray(image[..., 0]).save(place / f"{k:02d}.png")
    order = np.argsort(np.arange(20) % 3, kind="stable") if nested else np.arange(20)
    np.testing.assert_array_equal(load_public(str(tmp_path)), IMAGES[order])


def test_a_count_keeps_so_many_pictures_chosen_by_the_seed(tmp_path):
    np.savez(tmp_path / "a.npz", images=IMAGES)
    first, again, other = (
        load_public(str(tmp_path / "a.npz"), count=8, seed=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    hashes = picture_hashes(first)
    assert len(set(hashes.tolist())) == 8
    assert np.isin(hashes, picture_hashes(IMAGES)).all()


def test_only_the_first_pictures_of_a_folder_are_read(tmp_path):
    for k, image in enumerate(IMAGES):
        place = tmp_path / f"{k // 5}"
        place.mkdir(exist_ok=True)
        Image.fromarray(image[..., 0]).save(place / f"{k:02d}.png")
    write(tmp_path / "3" / "19.png", b"no")  # would be refused if it were read
    np.testing.assert_array_equal(load_public(str(tmp_path), first=7), IMAGES[:7])
    with pytest.raises(InputError, match="`--count` must be at most 7, the pictures"):
        load_public(str(tmp_path), first=7, count=8)


def test_the_first_pictures_of_an_archive_are_as_if_it_had_no_others(tmp_path):
    np.savez(tmp_path / "few.npz", images=IMAGES[:12])
    whole = str(archive(tmp_path, images=IMAGES))
    for count in (None, 8):
        few = load_public(str(tmp_path / "few.npz"), count=count)
        np.testing.assert_array_equal(load_public(whole, first=12, count=count), few)
    np.testing.assert_array_equal(load_public(whole, first=30), IMAGES)


def test_size_and_channels_are_as_asked_for(tmp_path):
    np.savez(tmp_path / "a.npz", images=IMAGES)
    assert load_public(str(tmp_path / "a.npz"), size=16, channels=3).shape == (20, 16, 16, 3)


def test_one_shared_picture_is_enough_to_refuse():
    hashes = picture_hashes(IMAGES)
    check_disjoint(hashes[:10], hashes[10:])
    with pytest.raises(InputError, match="got 1 of 11 that are"):
        check_disjoint(hashes[:11], hashes[10:])


def test_hashes_tell_pictures_apart_by_a_single_level():
    changed = IMAGES.copy()
    changed[3, 0, 0, 0] ^= 1
    different = picture_hashes(changed) != picture_hashes(IMAGES)
    assert different.nonzero()[0].tolist() == [3]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda tmp: tmp / "none.npz", "none.npz`, which does not exist"),
        (lambda tmp: tmp / "none", "which does not exist"),
        (lambda tmp: write(tmp / "x.txt", b"no"), "another type"),
        (lambda tmp: write(tmp / "x.npz", b"no"), "damaged"),
        (lambda tmp: archive(tmp, labels=np.zeros(3)), "key `images` must be there, got labels"),
        (lambda tmp: archive(tmp, images=np.zeros((3, 8))), "key `images` must be"),
        (lambda tmp: archive(tmp, images=np.array([{}], object)), "never unpickled"),
        (lambda tmp: archive(tmp, images=np.zeros((3, 8, 9))), "not square"),
        (lambda tmp: tmp, "must hold pictures"),
    ],
)
def test_what_is_not_a_set_of_pictures_is_refused_in_one_sentence(tmp_path, make, message):
    with pytest.raises(InputError, match=message) as caught:
        load_public(str(make(tmp_path)))
    assert "\n" not in str(caught.value)


def test_unreadable_files_of_a_folder_are_listed(tmp_path):
    Image.fromarray(IMAGES[0, ..., 0]).save(tmp_path / "a.png")
    write(tmp_path / "b.png", b"no")
    with pytest.raises(InputError, match=r"1 of 2 files cannot be read: .*b\.png"):
        load_public(str(tmp_path))


@pytest.mark.parametrize("count", [0, 21])
def test_a_count_outside_the_file_is_refused(tmp_path, count):
    with pytest.raises(InputError, match="`--count` must be at"):
        load_public(str(archive(tmp_path, images=IMAGES)), count=count)


def write(path, content):
    path.write_bytes(content)
    return path


def archive(tmp, **arrays):
    np.savez(tmp / "x.npz", **arrays)
    return tmp / "x.npz"


def test_people_to_learn_from_first_are_called_as_they_were_typed():
    with pytest.raises(InputError, match=r"`--pretrain` must be .*, got `/none`, which does not"):
        load_public_people("/none", size=8, channels=1)
