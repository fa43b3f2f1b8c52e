"""What a defense may change in an update: loss, hidden layers, noise, what learns."""

import dataclasses
import functools
import re
from collections import Counter
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from loft_jax.data.augment import augment
from loft_jax.defenses.base import About, Defense
from loft_jax.errors import InputError
from loft_jax.fitting.optimizer import optimizer
from loft_jax.fitting.predict import Answerer
from loft_jax.fitting.settings import ModelConfig, OptimConfig, TrainConfig
from loft_jax.fitting.state import TrainState, blueprint
from loft_jax.fitting.step import train_step
from loft_jax.nets.description import Description
from loft_jax.nets.trunks.table import TRUNKS, Trunk
from loft_jax.runs.devices import by_sample, data_mesh, replicate, replicated

BATCH, STEPS = 8, 10
PICTURES = Description(size=8, channels=1, class_names=("a", "b", "c"))
ABOUT = About("a test's defense", "", "")


class TwoConvolutions(nnx.Module):
    """A trunk that compiles in a second and has something to freeze."""

    def __init__(self, size, channels, *, dtype, rngs):
        self.first = nnx.Conv(channels, 4, (3, 3), strides=2, dtype=dtype, rngs=rngs)
        self.norm = nnx.BatchNorm(4, momentum=0.9, dtype=dtype, rngs=rngs)
        self.second = nnx.Conv(4, 4, (3, 3), strides=2, dtype=dtype, rngs=rngs)

    def __call__(self, x):
        x = self.second(jax.nn.relu(self.norm(self.first(x))))
        return jax.nn.relu(x).mean(axis=(1, 2))


class Dropping(TwoConvolutions):
    """The same with dropout of its features."""

    def __init__(self, size, channels, *, dtype, rngs):
        super().__init__(size, channels, dtype=dtype, rngs=rngs)
        self.dropout = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x):
        return self.dropout(super().__call__(x))


@pytest.fixture(autouse=True)
def _trunks(monkeypatch):
    for name, kind in (("still", TwoConvolutions), ("dropping", Dropping)):
        monkeypatch.setitem(TRUNKS, name, Trunk(kind, lambda size: 4, 8))


@dataclass(frozen=True)
class Plain(Defense):
    """Changes nothing."""

    tag, about = "plain-test", ABOUT


@dataclass(frozen=True)
class Squeezed(Plain):
    """Adds the mean square of a hidden layer, with a weight that grows, and the value of a draw."""

    taps = ("trunk.norm", "head.decode")

    def loss(self, outputs, images, labels, *, smoothing, progress, key):
        hidden = outputs.hidden["trunk.norm"]
        np.testing.assert_equal(outputs.hidden["head.decode"].shape, outputs.logits.shape)
        return progress * jnp.mean(hidden**2) + jax.random.uniform(key) + 0 * outputs.logits.sum()


@dataclass(frozen=True)
class Frozen(Plain):
    """The first layer and its normalisation stay."""

    def trainable(self, path, order):
        return path[:2] not in (("trunk", "first"), ("trunk", "norm"))


@dataclass(frozen=True)
class Listing(Plain):
    """A loss for each class, which is none."""

    def objective(self, model, images, labels, *, smoothing, progress, key):
        outputs = model.outputs(images)
        return outputs.logits.mean(0), outputs


@dataclass(frozen=True)
class Rounding(Plain):
    """Answers 10 where the logit is the largest, with a draw in place of the first logit."""

    taps = ("trunk",)

    def release(self, outputs, key, head):
        best = 10.0 * jax.nn.one_hot(outputs.logits.argmax(-1), outputs.logits.shape[-1])
        np.testing.assert_equal(outputs.hidden["trunk"].shape, outputs.features.shape)
        return outputs._replace(logits=best.at[:, 0].set(jax.random.uniform(key)))


def configuration(defense, trunk="still", **optim):
    return TrainConfig(
        model=ModelConfig(trunk=trunk, defense=defense), optim=OptimConfig(batch=BATCH, **optim)
    )


def pictures(seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (BATCH, 8, 8, 1), dtype=np.uint8)
    return images, rng.integers(0, 3, BATCH).astype(np.int32)


@functools.cache
def programs(config):
    """(graphs, what makes the first state, the update)."""
    graphs, initialise = blueprint(config, PICTURES, STEPS)
    return graphs, initialise, train_step(graphs.train, config, STEPS, data_mesh())


def updated(config, updates=1, at=0):
    """(graphs, state before, state after, metrics of the last update)."""
    graphs, initialise, step = programs(config)
    state = replicate(data_mesh(), initialise()._replace(step=jnp.int32(at)))
    before = jax.tree.map(jnp.copy, state)
    for number in range(updates):
        state, metrics = step(state, *pictures(number))
    return graphs, before, state, metrics


def test_a_loss_of_several_numbers_is_one_sentence():
    with pytest.raises(
        InputError, match=r"^loss of a test's defense must be one number, got shape .3,"
    ):
        updated(configuration(Listing()))


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (TwoConvolutions, "the 5 features of its row, got 4"),
        (lambda *size, **how: nnx.Conv(1, 5, (3, 3), **how), r"features.*, got shape .8, 8, 8, 5"),
    ],
)
def test_features_of_another_shape_than_promised_are_one_sentence(build, said, monkeypatch):
    monkeypatch.setitem(TRUNKS, "wrong", Trunk(build, lambda size: 5, 8))
    with pytest.raises(InputError, match=f"^`trunk` must give .*{said}"):
        updated(configuration(Plain(), trunk="wrong"))
    programs.cache_clear()


def undefended_step(graph, config, mesh):
    """The update as it is written for somebody who knows of no defense."""
    rule = optimizer(config.optim, STEPS)

    def loss_fn(params, stats, images, labels):
        model = nnx.merge(graph, params, stats, copy=True)
        logits = model(images)
        targets = optax.smooth_labels(jax.nn.one_hot(labels, 3), config.optim.label_smoothing)
        loss = optax.softmax_cross_entropy(logits, targets).mean()
        return loss, (nnx.state(model, nnx.Not(nnx.Param)), jnp.mean(logits.argmax(-1) == labels))

    def step(state, images, labels):
        key = jax.random.fold_in(jax.random.key(config.run.seed), state.step)
        pixels = augment(key, images.astype(jnp.float32) / 255, config.augment)
        (loss, (stats, correct)), grads = jax.value_and_grad(loss_fn, has_aux=True)(
            state.params, state.stats, pixels, labels
        )
        updates, memory = rule.update(grads, state.opt_state, state.params)
        params = optax.apply_updates(state.params, updates)
        new = TrainState(state.step + 1, params, stats, memory, None)
        return new, {"accuracy": correct, "loss": loss}

    everywhere, shared = replicated(mesh), by_sample(mesh)
    return jax.jit(
        step, in_shardings=(everywhere, shared, shared), out_shardings=(everywhere, everywhere),
        donate_argnums=0,
    )  # fmt: skip


def operations(program):
    """How often each operation stands in the program."""
    return Counter(re.findall(r"stablehlo\.\w+", program.as_text()))


def test_a_defense_that_changes_nothing_costs_nothing():
    config = configuration(Plain())
    graphs, initialise = blueprint(config, PICTURES, STEPS)
    mesh, state = data_mesh(), replicate(data_mesh(), initialise())
    ours = train_step(graphs.train, config, STEPS, mesh).lower(state, *pictures())
    bare = undefended_step(graphs.train, config, mesh).lower(state, *pictures())
    assert operations(ours) == operations(bare)
    copies = [jax.tree.map(jnp.copy, state) for _ in range(2)]
    left, _ = ours.compile()(copies[0], *pictures())
    right, _ = bare.compile()(copies[1], *pictures())
    jax.tree.map(np.testing.assert_array_equal, left, right)


def test_the_loss_reads_hidden_layers_progress_and_a_key_of_its_own():
    config = configuration(Squeezed())
    losses = []
    for at in (0, 5):
        graphs, before, _, metrics = updated(config, at=at)
        model = nnx.merge(graphs.train, before.params, before.stats, copy=True)
        pixels = jnp.asarray(pictures()[0], jnp.float32) / 255
        hidden = np.asarray(model.trunk.norm(model.trunk.first(2 * pixels - 1)), np.float64)
        draw = float(metrics["loss"]) - at / STEPS * (hidden**2).mean()
        assert 0 <= draw < 1
        losses.append(draw)
    programs.cache_clear()
    again = updated(config, at=5)[3]
    assert float(again["loss"]) == float(metrics["loss"])
    assert abs(losses[0] - losses[1]) > 1e-3
    other = dataclasses.replace(config, run=dataclasses.replace(config.run, seed=1))
    assert abs(float(updated(other)[3]["loss"]) - losses[0]) > 1e-3


def test_parts_of_a_batch_draw_apart():
    whole = float(updated(configuration(Squeezed()))[3]["loss"])
    parts = float(updated(configuration(Squeezed(), accumulate=2))[3]["loss"])
    assert whole != parts


@pytest.mark.parametrize("optim", [{}, {"ema": 0.9}, {"optimizer": "sgd"}])
def test_what_is_frozen_keeps_its_bits_and_the_rest_learns(optim):
    config = configuration(Frozen(), weight_decay=0.1, **optim)
    _, before, after, _ = updated(config, updates=3)
    for old, new in ((before.params, after.params), (before.stats, after.stats),
                     (before.ema or {}, after.ema or {})):  # fmt: skip
        for name in ("first", "norm"):
            if "trunk" in new and name in new["trunk"]:
                jax.tree.map(np.testing.assert_array_equal, old["trunk"][name], new["trunk"][name])
    for part in (after.params["trunk"]["second"], after.params["head"]):
        old = before.params["trunk"]["second"] if "decode" not in part else before.params["head"]
        assert not np.array_equal(jax.tree.leaves(old)[-1], jax.tree.leaves(part)[-1])


def test_a_frozen_normalisation_normalises_by_its_own_statistics():
    config = configuration(Frozen())
    graphs, before, _, _ = updated(config)
    model = nnx.merge(graphs.train, before.params, before.stats, copy=True)
    x = jnp.asarray(np.random.default_rng(0).normal(3, 2, (5, 4)), jnp.float32)
    # Fresh statistics are mean 0 and variance 1: nothing changes but by epsilon.
    np.testing.assert_allclose(model.trunk.norm(x), x, rtol=1e-4)


def test_what_is_let_out_is_what_the_defense_releases():
    config = configuration(Rounding())
    graphs, before, _, _ = updated(config)
    answer = Answerer(graphs.evaluate, config.model.defense, data_mesh(), BATCH)
    images = np.concatenate([pictures(seed)[0] for seed in range(3)])[:20]
    found = answer(before.params, before.stats, images)
    model = nnx.merge(graphs.evaluate, before.params, before.stats)
    logits = np.asarray(model(jnp.asarray(images, jnp.float32) / 255))
    best = 10.0 * np.eye(3)[logits.argmax(1)]
    np.testing.assert_array_equal(found.logits[:, 1:], best[:, 1:])
    assert len(set(found.logits[:, 0])) == 3, "one draw for each of three batches"
    again = answer(before.params, before.stats, images)
    np.testing.assert_array_equal(again.logits, found.logits)


def test_dropout_draws_anew_at_each_update_and_not_at_all_in_evaluation():
    config = configuration(Plain(), trunk="dropping", learning_rate=1e-9, weight_decay=0.0)
    graphs, initialise = blueprint(config, PICTURES, STEPS)
    step = train_step(graphs.train, config, STEPS, data_mesh())
    state, losses = replicate(data_mesh(), initialise()), []
    for _ in range(3):
        state, metrics = step(state, *pictures())
        losses.append(float(metrics["loss"]))
    assert len(set(losses)) == 3
    model = nnx.merge(graphs.evaluate, state.params, state.stats)
    pixels = jnp.asarray(pictures()[0], jnp.float32) / 255
    np.testing.assert_array_equal(model(pixels), model(pixels))
