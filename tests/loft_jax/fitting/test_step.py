"""The compiled programs: what one update does, and that the second call compiles nothing."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from loft_jax.data.settings import AugmentConfig, DataConfig
from loft_jax.defenses.loft import LoFt
from loft_jax.fitting.settings import ModelConfig, OptimConfig, TrainConfig
from loft_jax.fitting.state import blueprint
from loft_jax.fitting.step import evaluation_step, train_step
from loft_jax.nets.description import Description
from loft_jax.nets.trunks import table as registry
from loft_jax.runs.devices import data_mesh, replicate


class OneConvolution(nnx.Module):
    """A trunk that compiles in a second: convolution, batch normalisation, mean over pixels."""

    def __init__(self, size, channels, *, dtype, rngs):
        self.conv = nnx.Conv(channels, 4, (3, 3), strides=2, dtype=dtype, rngs=rngs)
        self.norm = nnx.BatchNorm(4, momentum=0.9, dtype=dtype, rngs=rngs)

    def __call__(self, x):
        return jax.nn.relu(self.norm(self.conv(x))).mean(axis=(1, 2))


@pytest.fixture(autouse=True)
def _tiny_trunk(monkeypatch):
    tiny = registry.Trunk(OneConvolution, lambda size: 4, 8)
    monkeypatch.setitem(registry.TRUNKS, "tiny", tiny)


PICTURES = Description(size=8, channels=1, class_names=("a", "b", "c"))
BATCH = 8


def configuration(**optim):
    return TrainConfig(
        data=DataConfig(data="digits"),
        model=ModelConfig(trunk="tiny", defense=LoFt(2)),
        optim=OptimConfig(batch=BATCH, **optim),
    )


def pictures(seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (BATCH, 8, 8, 1), dtype=np.uint8)
    return images, rng.integers(0, 3, BATCH).astype(np.int32)


def one_update(config, steps=10):
    graphs, initialise = blueprint(config, PICTURES, steps)
    step = train_step(graphs.train, config, steps, data_mesh())
    before = replicate(data_mesh(), initialise())
    kept = jax.tree.map(jnp.copy, before)
    after, metrics = step(before, *pictures())
    return graphs, kept, after, metrics, step


def test_an_sgd_update_is_minus_rate_times_the_gradient_of_the_mean_cross_entropy():
    config = configuration(
        optimizer="sgd", schedule="multi-step", momentum=0.0, weight_decay=0.0,
        learning_rate=0.5, label_smoothing=0.1,
    )  # fmt: skip
    graphs, before, after, metrics, _ = one_update(config)
    images, labels = pictures()

    def loss(params):
        """Cross-entropy against smoothed labels, written out by hand."""
        model = nnx.merge(graphs.train, params, before.stats, copy=True)
        log_p = jax.nn.log_softmax(model(jnp.asarray(images, jnp.float32) / 255))
        targets = np.full((BATCH, 3), 0.1 / 3, np.float32)
        targets[np.arange(BATCH), labels] += 0.9
        return -(jnp.asarray(targets) * log_p).sum(axis=1).mean()

    value, gradient = jax.jit(jax.value_and_grad(loss))(before.params)
    assert float(metrics["loss"]) == pytest.approx(float(value), rel=1e-5)
    expected = jax.tree.map(lambda p, g: p - 0.5 * g, before.params, gradient)
    for got, want in zip(jax.tree.leaves(after.params), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-6)


def test_batch_statistics_move_a_tenth_of_the_way_to_those_of_the_batch():
    graphs, before, after, _, _ = one_update(configuration())
    model = nnx.merge(graphs.train, before.params, before.stats, copy=True)
    pixels = jnp.asarray(pictures()[0], jnp.float32) / 255
    values = np.asarray(model.trunk.conv(2 * pixels - 1))
    moved = after.stats["trunk"]["norm"]
    np.testing.assert_allclose(moved["mean"][...], 0.1 * values.mean((0, 1, 2)), rtol=1e-4)
    np.testing.assert_allclose(moved["var"][...], 0.9 + 0.1 * values.var((0, 1, 2)), rtol=1e-4)


def test_the_second_update_compiles_nothing():
    config = configuration(ema=0.9)
    _, _, state, _, step = one_update(config)
    assert step._cache_size() == 1
    state, _ = step(state, *pictures(1))
    state, _ = step(state, *pictures(2))
    assert step._cache_size() == 1


def test_the_second_evaluation_compiles_nothing():
    graphs, initialise = blueprint(configuration(), PICTURES, 1)
    state = replicate(data_mesh(), initialise())
    step = evaluation_step(graphs.evaluate, data_mesh())
    for seed in range(3):
        outputs = step(state.params, state.stats, pictures(seed)[0])
    assert step._cache_size() == 1
    assert outputs.logits.shape == (BATCH, 3)
    assert outputs.code is not None
    assert outputs.code.shape == (BATCH, 2)


def test_accumulated_gradients_are_the_mean_over_the_parts():
    """A network without batch statistics in its gradient would give the same update exactly."""
    plain = configuration(optimizer="sgd", momentum=0.0, schedule="multi-step")
    parts = dataclasses.replace(plain, optim=dataclasses.replace(plain.optim, accumulate=2))
    graphs, before, after, metrics, _ = one_update(parts)
    images, labels = map(jnp.asarray, pictures())
    rate = plain.optim.learning_rate

    def loss(params, chosen):
        model = nnx.merge(graphs.train, params, before.stats, copy=True)
        logits = model(images[chosen].astype(jnp.float32) / 255)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels[chosen]).mean()

    slope = jax.jit(jax.value_and_grad(loss))
    halves = [slope(before.params, np.arange(i, BATCH, 2)) for i in range(2)]
    assert float(metrics["loss"]) == pytest.approx(np.mean([float(v) for v, _ in halves]), rel=1e-5)
    decay = plain.optim.weight_decay
    expected = jax.tree.map(
        lambda p, g, h: p - rate * ((g + h) / 2 + (decay * p if p.ndim > 1 else 0)),
        before.params, halves[0][1], halves[1][1],
    )  # fmt: skip
    for got, want in zip(jax.tree.leaves(after.params), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-6)


def test_the_moving_average_follows_the_weights_by_one_minus_its_decay():
    _, before, after, _, _ = one_update(configuration(ema=0.75))
    assert after.ema is not None
    for old, new, average in zip(
        jax.tree.leaves(before.params),
        jax.tree.leaves(after.params),
        jax.tree.leaves(after.ema),
        strict=True,
    ):
        np.testing.assert_allclose(average, 0.75 * old + 0.25 * new, rtol=1e-5, atol=1e-7)


def test_augmentation_depends_on_seed_and_step_only():
    config = dataclasses.replace(configuration(), augment=AugmentConfig(flip=True, erase=1.0))
    losses = [float(one_update(config)[3]["loss"]) for _ in range(2)]
    assert losses[0] == losses[1]
    other = dataclasses.replace(config, run=dataclasses.replace(config.run, seed=1))
    assert float(one_update(other)[3]["loss"]) != losses[0]


def test_bfloat16_compute_keeps_float32_weights_and_logits():
    config = configuration()
    half = dataclasses.replace(
        config, model=dataclasses.replace(config.model, compute_dtype="bfloat16")
    )
    _, _, after, metrics, _ = one_update(half)
    _, _, _, reference, _ = one_update(config)
    assert {leaf.dtype.name for leaf in jax.tree.leaves(after.params)} == {"float32"}
    # bfloat16 has 8 bits of mantissa.
    assert float(metrics["loss"]) == pytest.approx(float(reference["loss"]), rel=0.1)
    assert float(metrics["loss"]) != float(reference["loss"])
