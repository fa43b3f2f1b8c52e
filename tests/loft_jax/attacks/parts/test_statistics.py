"""BatchNorm statistics against NumPy, through a network of two layers in evaluation mode."""

import jax
import numpy as np
import pytest
from flax import nnx

from loft_jax.attacks.parts.statistics import statistics_loss, watched_outputs
from loft_jax.nets.classifier import Classifier
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.nets.head import LinearHead


class Normed(nnx.Module):
    """Pixels, normalised, doubled, normalised again."""

    def __init__(self):
        self.norms = nnx.List([nnx.BatchNorm(4, rngs=nnx.Rngs(0)) for _ in range(2)])

    def __call__(self, x):
        return self.norms[1](2 * self.norms[0](x.reshape(len(x), -1)))


@pytest.fixture
def normed():
    model = Classifier(Normed(), LinearHead(4, 2, rngs=nnx.Rngs(0)))
    rng = np.random.default_rng(0)
    for norm in model.trunk.norms:
        norm.mean[...] = rng.normal(size=4).astype(np.float32)
        norm.var[...] = rng.uniform(0.5, 2, size=4).astype(np.float32)
    view = nnx.view(model, use_running_average=True)
    return FrozenClassifier(*nnx.split(view, nnx.Param, nnx.BatchStat))


def layers(normed, images):
    """(input of each layer, its stored mean and variance), in NumPy."""
    model = nnx.merge(normed.graph, normed.params, normed.stats)
    x = 2 * np.asarray(images, float).reshape(len(images), -1) - 1
    for norm in model.trunk.norms:
        mean, var = np.asarray(norm.mean[...]), np.asarray(norm.var[...])
        yield x, mean, var
        x = 2 * (x - mean) / np.sqrt(var + norm.epsilon)


def test_every_layer_is_seen_before_it_normalises_and_answers_stay(normed):
    images = jax.random.uniform(jax.random.key(0), (6, 2, 2, 1))
    outputs, seen = watched_outputs(normed, images)
    np.testing.assert_allclose(outputs.logits, normed.outputs(images).logits, rtol=1e-5)
    assert len(seen) == 2
    for layer, (x, mean, var) in zip(seen, layers(normed, images), strict=True):
        np.testing.assert_allclose(layer.mean, x.mean(0), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(layer.variance, x.var(0), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(layer.stored_mean, mean)
        np.testing.assert_allclose(layer.stored_variance, var)


def test_the_loss_is_the_sum_of_norms_with_the_first_layer_weighted(normed):
    images = jax.random.uniform(jax.random.key(0), (6, 2, 2, 1))
    expected = [
        np.linalg.norm(x.mean(0) - mean) + np.linalg.norm(x.var(0) - var)
        for x, mean, var in layers(normed, images)
    ]
    got = statistics_loss(watched_outputs(normed, images)[1], 10.0)
    np.testing.assert_allclose(got, 10 * expected[0] + expected[1], rtol=1e-4)


def test_the_gradient_reaches_the_pictures(normed):
    images = jax.random.uniform(jax.random.key(0), (6, 2, 2, 1))

    def loss(x):
        return statistics_loss(watched_outputs(normed, x)[1], 1.0)

    direction = jax.random.normal(jax.random.key(1), images.shape)
    slope = float(jax.numpy.vdot(jax.grad(loss)(images), direction))
    step = 1e-2
    difference = float(loss(images + step * direction) - loss(images - step * direction))
    np.testing.assert_allclose(slope, difference / (2 * step), rtol=1e-2)
