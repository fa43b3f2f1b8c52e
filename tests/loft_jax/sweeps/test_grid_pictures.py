"""A grid and its pictures: what is refused before any training, and who is a stranger."""

import dataclasses

import numpy as np
import pytest

from loft_jax.errors import InputError
from loft_jax.sweeps.grid import grid
from loft_jax.sweeps.look import Look
from loft_jax.sweeps.settings import SweepConfig

SMALL = SweepConfig(rank=("none", "8", "4"), seeds=(0, 1))


def like(**changes):
    return dataclasses.replace(SMALL, **changes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"trunk": ()}, "`--trunk` must list at least one value, got an empty grid"),
        ({"rank": ("0",)}, "`--rank` must list none or whole numbers in 1..1048576, got 0"),
        ({"rank": ("129",)}, r"`--rank` must be 1..128 \(the feature width\)"),
        ({"defense": ("moat:1",)}, "`--defense` must be one of none, loft"),
        ({"defense": ("svd:x",)}, "`--defense svd: rank` must be a whole number, got x"),
        ({"defense": ("none", "none")}, "`--defense` must list different values"),
        ({"seeds": (1, 1)}, "`--seeds` must list different values, got 1 1"),
        ({"seeds": (-1,)}, "`--seeds` must be a whole number, at least 0"),
        ({"seeds": (2**70,)}, "`--seeds` must be a whole number"),
        ({"jobs": 0}, "`--jobs` must be a whole number, at least 1"),
        ({"epochs": 0}, "`--epochs` must be a whole number, at least 1"),
        ({"memory": float("nan")}, "`--memory` must be a number, more than 0"),
        ({"attack": ("nope",)}, "`--attack` must be one of"),
        ({"adaptive": ("nope",)}, "`--adaptive` must list forms among none, "),
        ({"classes": "0:200"}, "`--classes` must be all, FIRST:END"),
        ({"classes": f"0:{'9' * 40}"}, "`--classes` must be all, FIRST:END"),
        ({"trunk": ("nope",)}, "`--trunk` must be one of"),
        ({"preset": "nope"}, "`--preset` must be one of"),
        (
            {"data": ("/photographs",), "prior": ("dcgan",)},
            "`--public` must name public pictures for --prior dcgan",
        ),
    ],
)
def test_impossible_grids_are_refused_before_anything_is_trained(change, said, told):
    with pytest.raises(InputError, match=said):
        grid(like(**change), told)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"data": ("/no/such/folder",)}, "`--data` must be faces, digits, FILE.npz or a FOLDER"),
        ({"prior": ("/nowhere",)}, "`--prior` must be pixels, renderer or a folder"),
        ({"prior": ("dcgan",), "public": "/nowhere"}, "must be faces, digits, FILE.npz or a FO"),
        ({"attack": ("if-gmi",), "prior": ("pixels",)}, "`--prior` for if-gmi must offer blocks"),
        ({"independent": "drawn"}, "`--independent` must be auto, none for pictures of the kind d"),
    ],
)
def test_what_is_not_there_is_said_before_anything_is_trained(change, said):
    with pytest.raises(InputError, match=said):
        grid(like(**{"data": ("digits",), "classes": "all", **change}), Look())


@pytest.mark.parametrize(("count", "known"), [(1000, True), (999, False)])
def test_public_pictures_are_strangers_where_no_prior_knows_any(tmp_path, count, known):
    file = tmp_path / "public.npz"
    pictures = np.random.default_rng(0).integers(0, 256, (count, 8, 8, 1), np.uint8)
    np.savez(file, images=pictures)
    asked = like(
        data=("digits",),
        classes="all",
        prior=("pixels",),
        adaptive=("none",),
        seeds=(0,),
        rank=("none",),
    )
    (without,) = grid(asked, Look()).attacks
    (attack,) = grid(dataclasses.replace(asked, public=str(file)), Look()).attacks
    assert without.strangers is None
    assert (attack.strangers is not None, attack.name != without.name) == (known, known)
    (drawn,) = grid(dataclasses.replace(asked, public="faces"), Look()).attacks
    assert drawn.strangers is None  # people who were drawn are no strangers to photographs
    if attack.strangers is not None:
        assert attack.strangers.name == str(file)
        np.savez(tmp_path / "moved.npz", images=pictures)
        moved = dataclasses.replace(asked, public=str(tmp_path / "moved.npz"))
        assert grid(moved, Look()).attacks[0].name == attack.name


@pytest.fixture
def photographs(tmp_path):
    """Names `private.npz` and `public.npz`: 4 people, 6 pictures each, and 5 others with 4."""
    rng = np.random.default_rng(0)
    for name, people, each in (("private", 4, 6), ("public", 5, 4)):
        np.savez(
            tmp_path / f"{name}.npz",
            images=rng.integers(0, 256, (people * each, 8, 8), np.uint8),
            labels=np.repeat(np.arange(people), each),
            class_names=np.array([f"{name} {one}" for one in "abcde"[:people]]),
        )
    return tmp_path


def transferred(folder, **changes):
    return like(
        rank=(), defense=("none", "tl:0.5"), data=(str(folder / "private.npz"),), classes="all",
        prior=("pixels",), adaptive=("none",), seeds=(0,), **changes,
    )  # fmt: skip


def test_a_trunk_that_learns_public_people_first_must_be_given_some(photographs):
    with pytest.raises(InputError, match="`--public` must name public people for TL-DMI, whose"):
        grid(transferred(photographs), Look())


def test_a_trunk_that_learns_public_people_first_is_known_by_their_pictures(photographs):
    public = photographs / "public.npz"
    (plain, tl) = grid(transferred(photographs, public=str(public)), Look()).models
    assert plain.config.pretrain is None
    assert tl.config.pretrain.fingerprint
    judges = grid(transferred(photographs, public=str(public)), Look()).judges
    assert len(judges) == 2  # the same of both
    assert all(judge.config.pretrain is None for judge in judges)
    moved = public.rename(photographs / "elsewhere.npz")
    (_, again) = grid(transferred(photographs, public=str(moved)), Look()).models
    assert again.name == tl.name
    held = dict(np.load(moved))
    held["images"][0] ^= 1
    np.savez(moved, **held)
    (_, other) = grid(transferred(photographs, public=str(moved)), Look()).models
    assert other.name != tl.name


def test_nobody_private_is_among_the_public_people_of_a_sweep(photographs):
    private = str(photographs / "private.npz")
    with pytest.raises(
        InputError, match="public pictures must not be among the target's own, got 24 of 24"
    ):
        grid(transferred(photographs, public=private), Look())
