"""Whole runs of plug-in defenses and trunks: where they start, what follows, what is let out."""

import json
from dataclasses import dataclass

import jax
import numpy as np
import pytest
from flax import nnx
from whole_runs import bright_rows, stopping

import loft_jax
from loft_jax.defenses.base import About, Afterwards, Defense
from loft_jax.defenses.table import DEFENSES
from loft_jax.errors import InputError
from loft_jax.fitting.trained import load_trained
from loft_jax.nets.frozen import rebuilt
from loft_jax.nets.trunks.table import TRUNKS, Trunk
from loft_jax.runs.devices import data_mesh
from loft_jax.runs.interrupt import Stopped

pytestmark = pytest.mark.command  # each test trains a whole run or reads one

FLAGS = {"size": 8, "epochs": 2, "batch": 8, "trunk": "dropping", "cache": False}


class Dropping(nnx.Module):
    """A trunk that compiles in a second, with dropout."""

    def __init__(self, size, channels, *, dtype, rngs):
        self.conv = nnx.Conv(channels, 4, (3, 3), strides=2, dtype=dtype, rngs=rngs)
        self.norm = nnx.BatchNorm(4, momentum=0.9, dtype=dtype, rngs=rngs)
        self.dropout = nnx.Dropout(0.3, rngs=rngs)

    def __call__(self, x):
        return self.dropout(jax.nn.relu(self.norm(self.conv(x))).mean(axis=(1, 2)))


@dataclass(frozen=True)
class FrozenTrunk(Defense):
    """Only the head learns."""

    tag, about = "frozen-trunk", About("frozen trunk", "", "")

    def trainable(self, path, order):
        return path[0] != "trunk"


@dataclass(frozen=True)
class Halved(Defense):
    """Afterwards the head's weight is halved; twice would be a quarter."""

    tag, about = "halved", About("halved head", "", "")

    def after(self, classifier, features, validation):
        def change(model):
            model.head.decode.kernel[...] = model.head.decode.kernel[...] / 2

        return Afterwards(rebuilt(classifier, change), {"seen": len(features())})


@dataclass(frozen=True)
class Shifted(Defense):
    """Every answer's scores are moved by one class."""

    tag, about = "shifted", About("shifted answers", "", "")

    def release(self, outputs, key, head):
        return outputs._replace(logits=jax.numpy.roll(outputs.logits, 1, axis=1))


@pytest.fixture(autouse=True, scope="module")
def _rows():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TRUNKS, "dropping", Trunk(Dropping, lambda size: 4, 8))
        for row in (FrozenTrunk, Halved, Shifted):
            patch.setitem(DEFENSES, row.tag, row)
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Three classes of noise, each with its own bright row."""
    return bright_rows(tmp_path_factory.mktemp("data") / "rows.npz", (1, 3, 6), 12)


@pytest.fixture(scope="module")
def train(data, tmp_path_factory):
    def started(**flags):
        out = tmp_path_factory.mktemp("run") / "run"
        place = {} if "resume" in flags else {"out": str(out), "data": str(data)}
        shared = {} if "resume" in flags else {"preset": "digits", **FLAGS}
        return loft_jax.train(**{**shared, **place, "cache": False, **flags})

    return started


@pytest.fixture(scope="module")
def plain(train):
    return train(defense="none")


def weights(folder):
    run = load_trained(str(folder), data_mesh())
    return jax.tree.map(_numbers, (run.classifier.params, run.classifier.stats))


def _numbers(leaf):
    key = jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(leaf) if key else leaf)


def test_dropout_resumes_to_the_same_bits(train, plain, monkeypatch):
    monkeypatch.setattr("loft_jax.fitting.session.Interrupt", stopping(at=4))
    with pytest.raises(Stopped) as stop:
        train(defense="none")
    monkeypatch.undo()
    folder = stop.value.go_on.split()[-1]
    resumed = train(resume=folder)
    jax.tree.map(np.testing.assert_array_equal, weights(resumed.folder), weights(plain.folder))
    told = {key: value for key, value in plain.numbers.items() if "second" not in key}
    assert {key: resumed.numbers[key] for key in told if key != "peak_memory_bytes"} == {
        key: told[key] for key in told if key != "peak_memory_bytes"
    }


def test_evaluation_is_without_dropout(plain):
    first, second = (loft_jax.evaluate(str(plain.folder), cache=False) for _ in range(2))
    assert first.numbers == second.numbers
    assert first.numbers["accuracy"] == plain.numbers["test_accuracy"]


def test_a_run_starts_from_another_and_what_is_frozen_stays(train, plain):
    made = train(defense="frozen-trunk", start_from=str(plain.folder), seed=1)
    (params, stats), (old, old_stats) = weights(made.folder), weights(plain.folder)
    for new, before in ((params, old), (stats, old_stats)):
        for name in ("conv", "norm"):
            if name in new["trunk"]:
                jax.tree.map(np.testing.assert_array_equal, new["trunk"][name],
                             before["trunk"][name])  # fmt: skip
    assert not np.array_equal(jax.tree.leaves(params["head"])[-1], jax.tree.leaves(old["head"])[-1])
    config = json.loads((made.folder / "config.json").read_text())
    assert config["start_from"] == str(plain.folder)


def test_a_run_cannot_start_from_pictures_of_another_size(train, plain):
    with pytest.raises(InputError, match="`--start-from` must be a run on pictures of 16 px"):
        train(defense="none", start_from=str(plain.folder), size=16)
    with pytest.raises(InputError, match="`--start-from` must be a folder of"):
        train(defense="none", start_from="nowhere")


def test_what_follows_training_is_done_once_even_if_the_numbers_are_lost(train, plain):
    made = train(defense="halved")
    assert made.numbers["seen"] == 24
    halved, whole = (weights(run.folder)[0]["head"]["decode"] for run in (made, plain))
    np.testing.assert_array_equal(halved["kernel"][...], whole["kernel"][...] / 2)
    (made.folder / "result.json").unlink()
    again = train(resume=str(made.folder))
    jax.tree.map(np.testing.assert_array_equal, weights(again.folder)[0]["head"]["decode"], halved)
    assert again.numbers["seen"] == 24
    assert again.numbers["test_accuracy"] == made.numbers["test_accuracy"]


def test_a_lost_picture_of_a_finished_run_is_drawn_again(train, plain):
    curves = plain.folder / "training.png"
    before, numbers = curves.read_bytes(), (plain.folder / "result.json").read_bytes()
    curves.unlink()
    train(resume=str(plain.folder))
    assert curves.read_bytes() == before
    assert (plain.folder / "result.json").read_bytes() == numbers
    assert not (plain.folder / "samples.png").exists()  # nobody may be shown these


def test_accuracy_is_of_the_answers_that_are_let_out(train, plain):
    made = train(defense="shifted")
    # Moved by a class, a right answer is wrong; the shares of three classes add up to one.
    assert made.numbers["test_accuracy"] <= 1 - plain.numbers["test_accuracy"]
    found = loft_jax.evaluate(str(made.folder), cache=False)
    assert found.numbers["accuracy"] == made.numbers["test_accuracy"]
