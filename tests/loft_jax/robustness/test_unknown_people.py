"""Who is unknown to a network: fresh people of its law, or public pictures, or nobody."""

import numpy as np
import pytest

from loft_jax.data.dataset import Dataset
from loft_jax.data.faces import FaceLaw
from loft_jax.errors import InputError
from loft_jax.robustness.strangers import strangers_for


def mine(size=8, channels=1):
    images = np.random.default_rng(0).integers(0, 256, (6, size, size, channels), np.uint8)
    return Dataset("mine", images, np.repeat(np.arange(2, dtype=np.int32), 3), ("a", "b"))


def test_drawn_people_have_strangers_of_a_world_in_which_nobody_learned():
    found = strangers_for("faces", 3, mine(16, 3), None, 2)
    law = FaceLaw(size=16, channels=3, seed=3 + 2**31, population="public")
    np.testing.assert_array_equal(found.images, law.pictures(2, 1)[0])
    assert "another seed" in found.of


def test_photographs_need_public_pictures():
    assert strangers_for("digits", 0, mine(), None, 9).endswith("name some by --public")


def test_public_pictures_are_brought_to_size_and_are_so_many_at_most(tmp_path):
    drawn = np.random.default_rng(1).integers(0, 256, (7, 16, 16, 1), np.uint8)
    np.savez(tmp_path / "public.npz", images=drawn)
    found = strangers_for("digits", 0, mine(), str(tmp_path / "public.npz"), 5)
    assert found.images.shape == (5, 8, 8, 1)
    np.savez(tmp_path / "public.npz", images=drawn[:1])
    with pytest.raises(InputError, match="`--public` must have at least 2 pictures, got 1"):
        strangers_for("digits", 0, mine(), str(tmp_path / "public.npz"), 5)
