"""Who strangers are, and that what they score is computed once for each evaluator."""

import dataclasses
import io

import numpy as np
import pytest
from rich.console import Console

from loft_jax.data.dataset import Dataset
from loft_jax.data.split import Split
from loft_jax.errors import InputError
from loft_jax.fitting.predict import Answers
from loft_jax.judging import open_set, strangers
from loft_jax.judging.evaluators import Evaluator
from loft_jax.judging.private import PrivateData
from loft_jax.runs.devices import data_mesh

NONE = np.arange(0)


def private(**law):
    """Six gray pictures of two people."""
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1), np.uint8)
    data = Dataset("mine", images, np.repeat(np.arange(2, dtype=np.int32), 3), ("a", "b"))
    return PrivateData("mine.npz", data, Split(NONE, NONE, NONE), **law)


@pytest.fixture
def archive(tmp_path):
    def write(count, *others):
        drawn = np.random.default_rng(1).integers(0, 256, (count, 8, 8, 1), np.uint8)
        np.savez(tmp_path / "public.npz", images=np.concatenate([drawn, *others]))
        return str(tmp_path / "public.npz")

    return write


def test_drawn_strangers_are_of_the_same_law_but_of_a_world_nobody_learned_from(monkeypatch):
    worlds = []

    class Law:
        latent_dim, identity_dim, size, channels = 2, 1, 8, 1

        def latents(self, identities, indices):
            raise NotImplementedError

        def decode(self, latents):
            raise NotImplementedError

        def pictures(self, identities, pictures_per_identity, progress=None):
            return np.zeros((identities, 8, 8, 1), np.uint8), np.arange(identities)

    def maker(size, channels, seed, population):
        worlds.append((size, channels, seed, population))
        return Law()

    row = dataclasses.replace(strangers.row_of("faces")[1], law=maker)
    monkeypatch.setattr(strangers, "row_of", lambda _: ("faces", row))
    found = strangers.strangers_for(private(law=Law(), seed=7), "renderer", None)
    assert isinstance(found, strangers.Strangers)
    assert (found.count, len(found.pictures())) == (8192, 8192)
    ((size, channels, seed, population),) = worlds
    assert (size, channels, population) == (8, 1, "public")
    assert seed != 7


def test_photographs_need_public_pictures_and_enough_of_them(archive):
    found = strangers.strangers_for(private(), "pixels", archive(1000))
    assert isinstance(found, strangers.Strangers)
    assert found.pictures().shape == (1000, 8, 8, 1)
    none = strangers.strangers_for(private(), "pixels", None)
    assert none == "no public pictures of other people are known here; name some by --strangers"
    with pytest.raises(InputError, match=r"`--strangers` must be at least 1000 .*, got 999"):
        strangers.strangers_for(private(), "pixels", archive(999))


def test_private_pictures_are_no_strangers(archive):
    mine = private()
    with pytest.raises(InputError, match="public pictures must not be among the target's own"):
        strangers.strangers_for(mine, "pixels", archive(1000, mine.data.images[:1]))


@pytest.fixture
def evaluator(tmp_path, network):
    """Makes judges in one folder that differ by a number."""
    return lambda number: Evaluator("judge", "trunk", network(number), 0.9, 1.0, tmp_path, NONE)


def test_thresholds_are_computed_once_for_each_evaluator_and_strangers(
    tmp_path, monkeypatch, evaluator
):
    scores = np.random.default_rng(2).normal(size=(2000, 3)).astype(np.float32)
    asked = []

    def answers(one, images, mesh):
        asked.append(one)
        return Answers(scores, scores, None)

    monkeypatch.setattr(open_set, "answers", answers)
    out = Console(file=io.StringIO())
    images = np.zeros((2000, 8, 8, 1), np.uint8)

    def found(weight, content):
        who = strangers.Strangers(2000, "people", content, lambda: images)
        found = open_set.open_set_of([evaluator(weight)], who, data_mesh(), out)
        return found.thresholds[tmp_path]

    first = found(1.0, "a")
    np.testing.assert_array_equal(first, np.sort(scores, axis=0)[-3])  # two of 2000 are above
    np.testing.assert_array_equal(found(1.0, "a"), first)
    assert len(asked) == 1
    found(2.0, "a")
    found(1.0, "b")
    assert len(asked) == 3
    for path in tmp_path.iterdir():
        path.write_bytes(b"damaged")
    np.testing.assert_array_equal(found(1.0, "a"), first)
    assert len(asked) == 4


def test_where_there_are_no_strangers_it_says_so(evaluator):
    found = open_set.open_set_of([evaluator(1.0)], "nobody is there", data_mesh(), Console())
    assert found.told["missing"] == "nobody is there"
    assert not found.thresholds
