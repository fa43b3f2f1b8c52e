"""Students of a linear target on pictures of four coloured tiles, and the files that keep them."""

import dataclasses
import inspect
import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from rich.console import Console
from scipy.special import rel_entr, softmax

from loft_jax.attacks import helpers
from loft_jax.attacks.helpers import helper_trunks, load_helpers
from loft_jax.errors import DivergenceError, InputError
from loft_jax.fitting import distillation
from loft_jax.fitting.distillation import (
    PUBLISHED,
    SCALED,
    Distillation,
    answers,
    distilled,
    divergence,
    held_out,
    student_config,
)
from loft_jax.fitting.optimizer import learning_rate
from loft_jax.fitting.settings import ModelConfig, TrainConfig
from loft_jax.judging.evaluators import default_judges
from loft_jax.nets.layers.convolution import batch_norm
from loft_jax.nets.trunks.table import TRUNKS, Trunk
from loft_jax.runs.devices import data_mesh

CLASSES, COUNT, TRUNK = 8, 1024, "one_layer"
SHORT = Distillation(epochs=6)


class OneLayer(nnx.Module):
    """A trunk that compiles in a second."""

    def __init__(self, size, channels, *, dtype, rngs):
        self.layer = nnx.Linear(size * size * channels, 64, dtype=dtype, rngs=rngs)
        self.norm = batch_norm(64, dtype=dtype, rngs=rngs)

    def __call__(self, x):
        return jax.nn.relu(self.norm(self.layer(x.reshape(len(x), -1))))


def same(one, other):
    left, right = jax.tree.leaves(one), jax.tree.leaves(other)
    return len(left) == len(right) and all(
        np.array_equal(a, b) for a, b in zip(left, right, strict=True)
    )


def quiet():
    return Console(file=io.StringIO())


@pytest.fixture(scope="module", autouse=True)
def one_layer():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TRUNKS, TRUNK, Trunk(OneLayer, lambda size: 64, 8))
        yield


@pytest.fixture(scope="module")
def mesh():
    return data_mesh()


@pytest.fixture(scope="module")
def images():
    tiles = np.random.default_rng(0).integers(0, 256, (COUNT, 2, 2, 3), np.uint8)
    return tiles.repeat(4, axis=1).repeat(4, axis=2)


@pytest.fixture
def target(linear):
    tiles = np.random.default_rng(1).normal(size=(CLASSES, 2, 2, 3))
    return linear(tiles.repeat(4, axis=1).repeat(4, axis=2).reshape(CLASSES, -1) / 8)


@pytest.fixture
def logits(target, images, mesh):
    return answers(target, images, mesh)


@pytest.fixture(scope="module")
def taught(one_layer, images, mesh):
    """Teaches a student once for all tests, by the first one's logits; keeps its compiled step."""
    kept = {}

    def once(logits):
        if not kept:
            with pytest.MonkeyPatch.context() as patch:
                make = distillation.train_step

                def watched(*args):
                    kept["step"] = make(*args)
                    return kept["step"]

                patch.setattr(distillation, "train_step", watched)
                kept["result"] = distilled(
                    images, logits, mesh, trunk=TRUNK, seed=0, settings=SHORT
                )
        return kept

    return once


class TestDivergence:
    def test_is_scipys_relative_entropy(self):
        target, guess = np.random.default_rng(0).normal(0, 4, (2, 50, 30)).astype(np.float32)
        expected = rel_entr(
            softmax(target.astype(float), axis=1), softmax(guess.astype(float), axis=1)
        ).sum(1)
        found = divergence(jnp.asarray(target), jnp.asarray(guess))
        np.testing.assert_allclose(found, expected, rtol=1e-4)

    def test_is_zero_of_the_same_distribution_at_any_offset(self):
        logits = jnp.float32(np.random.default_rng(0).normal(0, 4, (5, 30)))
        np.testing.assert_allclose(divergence(logits, logits + 7), np.zeros(5), atol=1e-5)

    def test_a_certain_target_costs_what_the_student_doubts(self):
        certain = jnp.array([[1000.0, 0.0, 0.0]])
        value = divergence(certain, jnp.zeros((1, 3)))
        np.testing.assert_allclose(value, [np.log(3)], rtol=1e-6)


class TestStudent:
    def test_agrees_with_the_target_far_above_chance(self, taught, logits):
        _, agreement = taught(logits)["result"]
        commonest = np.bincount(logits.argmax(1)).max() / COUNT
        assert commonest < 0.35
        assert agreement.top1 > 0.75
        assert agreement.kl < 0.25
        assert agreement.pictures == COUNT // 8

    def test_agreement_is_of_the_frozen_student_on_held_out_pictures(
        self, taught, logits, images, mesh
    ):
        student, agreement = taught(logits)["result"]
        held = np.arange(COUNT) % 8 == 7
        guess, wanted = answers(student, images[held], mesh), logits[held]
        assert agreement.top1 == np.mean(guess.argmax(1) == wanted.argmax(1))
        p, q = softmax(wanted.astype(float), axis=1), softmax(guess.astype(float), axis=1)
        np.testing.assert_allclose(agreement.kl, rel_entr(p, q).sum(1).mean(), rtol=1e-4)

    def test_the_step_compiles_once(self, taught, logits):
        assert taught(logits)["step"]._cache_size() == 1

    def test_starts_elsewhere_than_a_judge_with_any_such_seed(self):
        seeds = {student_config(TRUNK, seed, SCALED).run.seed for seed in range(100)}
        assert len(seeds) == 100
        assert min(seeds) > 1000


class TestSettings:
    def test_published_rate_stays(self):
        config = student_config(TRUNK, 0, PUBLISHED).optim
        rate = learning_rate(config, 100)
        assert {float(rate(step)) for step in range(100)} == {0.02}
        assert (config.optimizer, config.momentum, config.weight_decay) == ("sgd", 0.9, 1e-4)
        assert (config.epochs, config.batch) == (20, 64)


class TestRefusals:
    def test_a_loss_that_is_not_finite(self, taught, images, logits, mesh, monkeypatch):
        few, wanted = images[:16], logits[:16].copy()
        wanted[3, 0] = np.nan
        step = taught(logits)["step"]  # compiled already, for batches of the same shape
        monkeypatch.setattr(distillation, "train_step", lambda *_: step)
        with pytest.raises(DivergenceError, match="became nan at step 0 of the student one_layer"):
            distilled(few, wanted, mesh, trunk=TRUNK, seed=0, settings=Distillation(epochs=1))

    def test_too_few_pictures(self, images, logits, mesh):
        with pytest.raises(InputError, match="at least 8 public pictures, got 7"):
            distilled(images[:7], logits[:7], mesh, trunk=TRUNK, seed=0)

    def test_a_trunk_that_pictures_are_too_small_for(self, images, logits, mesh):
        with pytest.raises(InputError, match="at least 16 px"):
            distilled(images, logits, mesh, trunk="small_resnet", seed=0)


class TestTrunks:
    @pytest.mark.parametrize("own", TRUNKS)
    def test_two_others_at_32_pixels(self, own):
        chosen = helper_trunks(own, 32, 2)
        assert len(set(chosen)) == 2
        assert own not in chosen
        assert set(chosen) <= set(TRUNKS)

    def test_refused_where_there_are_none(self):
        with pytest.raises(InputError, match="got small_squeezenet"):
            helper_trunks("small_cnn", 8, 2)

    @pytest.mark.parametrize("own", TRUNKS)
    @pytest.mark.parametrize("size", [8, 16, 64])
    def test_never_those_of_the_judges(self, own, size):
        # The judges as `judging` names them, for a run of this trunk.
        config = TrainConfig(model=ModelConfig(trunk=own))
        judges = {judge.model.trunk for judge in default_judges(config, size)}
        assert len(judges) == 2
        assert own not in judges
        for count in (1, 2):
            try:
                helpers = set(helper_trunks(own, size, count))
            except InputError:
                continue  # too few of them, which is said
            assert helpers.isdisjoint(judges | {own})


@pytest.fixture
def asked(monkeypatch, taught, logits):
    """Puts the one taught student in the place of teaching; lists what was to be taught."""
    calls = []
    result = taught(logits)["result"]

    def instead(images, logits, mesh, *, trunk, seed, settings):
        calls.append((trunk, seed, settings))
        return result

    monkeypatch.setattr(helpers, "distilled", instead)
    return calls


class TestHelpers:
    def load(self, target, images, folder, mesh, *, trunks=(TRUNK,), seed=0, settings=SHORT):
        return load_helpers(
            target, images, folder, mesh, quiet(), trunks=trunks, seed=seed, settings=settings
        )

    def test_same_seed_same_bits_whatever_the_held_out_pictures_then_from_the_file(
        self, taught, target, logits, images, mesh, tmp_path
    ):
        student, agreement = taught(logits)["result"]
        other, folder = images.copy(), tmp_path / "new" / "helpers"
        other[held_out(COUNT)] = 0
        made = self.load(target, other, folder, mesh)
        assert same(made.classifiers, (student,))
        assert made.agreements != (agreement,)
        assert made.seconds > 0
        read = self.load(target, other, folder, mesh)
        assert (read.agreements, read.seconds) == (made.agreements, 0)
        np.testing.assert_array_equal(
            answers(read.classifiers[0], images[:9], mesh), answers(student, images[:9], mesh)
        )

    def test_a_second_attack_teaches_nothing(
        self, asked, target, images, mesh, tmp_path, monkeypatch
    ):
        first = self.load(target, images, tmp_path, mesh)
        assert asked == [(TRUNK, 0, SHORT)]
        monkeypatch.setattr(helpers, "answers", None)
        second = self.load(target, images, tmp_path, mesh)
        assert len(asked) == 1
        assert second.seconds == 0
        assert same(first.classifiers, second.classifiers)
        assert second.agreements == first.agreements

    def test_the_target_answers_once_for_all(
        self, asked, target, images, mesh, tmp_path, monkeypatch
    ):
        shown, own = [], helpers.answers

        def counted(*args):
            shown.append(args)
            found = own(*args)
            # Any network is asked like one of ours.
            np.testing.assert_allclose(found, answers(*args), atol=1e-5)
            return found

        monkeypatch.setattr(helpers, "answers", counted)
        self.load(target, images, tmp_path, mesh, trunks=(TRUNK, "resnet18_narrow"))
        assert [trunk for trunk, *_ in asked] == [TRUNK, "resnet18_narrow"]
        assert len(shown) == 1

    def test_anything_else_is_another_file(self, asked, target, images, mesh, tmp_path):
        self.load(target, images, tmp_path, mesh)
        other = dataclasses.replace(target, params=jax.tree.map(lambda w: w * 2, target.params))
        self.load(other, images, tmp_path, mesh)
        self.load(target, 255 - images, tmp_path, mesh)
        self.load(target, images, tmp_path, mesh, seed=1)
        self.load(target, images, tmp_path, mesh, settings=SCALED)
        assert len(asked) == len(list(tmp_path.glob("*.npz"))) == 5

    @pytest.mark.parametrize("how", ["cut", "other", "empty", "shape", "infinite", "lacking"])
    def test_a_damaged_file_is_made_again(self, asked, target, images, mesh, tmp_path, how):
        first = self.load(target, images, tmp_path, mesh)
        (path,) = tmp_path.iterdir()
        whole = path.read_bytes()
        with np.load(path) as stored:
            arrays = dict(stored)
        name = next(name for name in arrays if name.endswith("kernel"))
        if how == "shape":
            arrays[name] = arrays[name][..., :-1]
        elif how == "infinite":
            arrays[name] = np.full_like(arrays[name], np.inf)
        elif how == "lacking":
            del arrays["agreement"]
        if how in ("cut", "other", "empty"):
            path.write_bytes({"cut": whole[: len(whole) // 2], "other": b"PK", "empty": b""}[how])
        else:
            np.savez(path, **arrays)
        again = self.load(target, images, tmp_path, mesh)
        assert len(asked) == 2
        assert same(first.classifiers, again.classifiers)
        with np.load(path) as stored:
            assert np.isfinite(stored[name]).all()

    def test_files_need_no_pickle(self, asked, target, images, mesh, tmp_path):
        self.load(target, images, tmp_path, mesh)
        (path,) = tmp_path.iterdir()
        assert path.name.startswith(f"{TRUNK}-seed0-")
        with np.load(path, allow_pickle=False) as stored:
            assert all(stored[name].dtype != object for name in stored.files)

    def test_nothing_private_is_an_argument(self):
        told = set(inspect.signature(load_helpers).parameters)
        assert told == {
            "target", "images", "folder", "mesh", "out", "trunks", "seed", "settings",
        }  # fmt: skip
        told = set(inspect.signature(distilled).parameters)
        assert told == {"images", "logits", "mesh", "trunk", "seed", "settings"}
