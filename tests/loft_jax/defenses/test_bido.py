"""BiDO: both measures beside sums in float64, and the layers that are found in each trunk."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from defended import BATCH, SIZE, answered, batch, classifier, configuration, loss_of, updated
from flax import nnx

from loft_jax.defenses.bido import BiDO
from loft_jax.defenses.none import NoDefense
from loft_jax.fitting.state import classifier as fresh
from loft_jax.nets.description import Description
from loft_jax.nets.taps import stages

N = 12


def draws(width, seed):
    return np.random.default_rng(seed).normal(0, 1, (N, width))


def kernel(x):
    """Entry by entry."""
    found = np.empty((len(x), len(x)))
    for i, j in itertools.product(range(len(x)), repeat=2):
        found[i, j] = np.exp(-np.sum((x[i] - x[j]) ** 2) / (2 * 25 * x.shape[1]))
    return found


def hsic(k, other):
    m = len(k)
    H = np.eye(m) - np.ones((m, m)) / m
    residuals = [a @ H @ np.linalg.inv(a @ H + 1e-5 * m * np.eye(m)) for a in (k, other)]
    return sum(residuals[0][i, j] * residuals[1][j, i] for i in range(m) for j in range(m))


def coco(k, other):
    m = len(k)
    H = np.eye(m) - np.ones((m, m)) / m
    product = H @ k @ H @ H @ other @ H
    return np.sqrt(np.sqrt(sum(entry**2 for entry in product.ravel()))) / m


@pytest.mark.parametrize(("measure", "by_hand"), [("hsic", hsic), ("coco", coco)])
def test_both_sums_are_those_of_float64(measure, by_hand):
    images = np.random.default_rng(0).uniform(0, 1, (N, 4, 4, 3)).astype(np.float32)
    # Layers of the size that they have in a network, one of them of few numbers.
    layers = {"a": draws(40, 1).reshape(N, 2, 2, 10), "b": 3 * draws(7, 2)}
    labels = np.arange(N) % 4
    told = np.eye(4)[labels] @ np.eye(4)[labels].T
    seen = kernel(images.reshape(N, -1).astype(np.float64))
    on_input = sum(by_hand(kernel(z.reshape(N, -1)), seen) for z in layers.values())
    on_label = sum(by_hand(kernel(z.reshape(N, -1)), told) for z in layers.values())
    hidden = {path: jnp.asarray(z, jnp.float32) for path, z in layers.items()}
    outputs = answered(np.zeros((N, 4)), hidden)

    def loss(*weights):
        defense = BiDO(*weights, measure)
        return loss_of(defense, outputs, labels, images=jnp.asarray(images)) - np.log(4)

    assert loss(1.0, 0.0) == pytest.approx(on_input, rel=2e-3)
    assert loss(0.0, 1.0) == pytest.approx(-on_label, rel=2e-3)
    both = 0.5 * loss(1.0, 0.0) + 2 * loss(0.0, 1.0)
    assert loss(0.5, 2.0) == pytest.approx(both, abs=1e-4)


FOUND = {
    "small_cnn": ("norms.0", "norms.2", "norms.4", "norms.5"),
    "small_resnet": ("norm", "blocks.1", "blocks.3", "blocks.5"),
    "small_densenet": ("stem", "convs.2", "convs.5", "last"),
    "small_squeezenet": ("stem", "fires.1", "fires.3", "fires.5"),
    "resnet18_narrow": ("blocks.1", "blocks.3", "blocks.5", "blocks.7"),
    "resnet50": ("blocks.2", "blocks.6", "blocks.12", "blocks.15"),
    "vgg16_bn": ("norms.1", "norms.3", "norms.6", "norms.9", "norms.12"),
}


@pytest.mark.parametrize("trunk", FOUND)
def test_the_last_own_layer_at_every_size_is_found_in_every_trunk(trunk):
    """By hand from the files of the trunks: where they pool, or stride."""
    pictures = Description(size=32, channels=3, class_names=("a", "b"))
    config = configuration(NoDefense(), trunk=trunk).model
    model = nnx.eval_shape(lambda: fresh(config, pictures, 0))
    found = stages(model, "trunk", jnp.zeros((2, 32, 32, 3)))
    assert found == tuple(f"trunk.{name}" for name in FOUND[trunk])


def test_training_measures_the_layers_of_its_own_trunk(tiny_trunk):
    defense = BiDO(0.7, 0.3)
    found = updated(configuration(defense))
    model = classifier(found.graphs.train, found.before)
    images, labels = batch()
    pixels = jnp.asarray(images, jnp.float32) / 255
    x = 2 * pixels - 1
    before = np.asarray(model.trunk.norm(model.trunk.convs[0](x)), np.float64)
    after = np.asarray(model.trunk.convs[1](jax.nn.relu(jnp.asarray(before, jnp.float32))))
    assert before.shape[1] == SIZE
    logits = np.asarray(classifier(found.graphs.train, found.before)(pixels), np.float64)
    log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    expected = -log_p[np.arange(BATCH), labels].mean()
    told = np.eye(4)[labels] @ np.eye(4)[labels].T
    seen = kernel(np.asarray(pixels, np.float64).reshape(BATCH, -1))
    for layer in (before, after.astype(np.float64)):
        own = kernel(layer.reshape(BATCH, -1))
        expected += 0.7 * hsic(own, seen) - 0.3 * hsic(own, told)
    assert float(found.metrics["loss"]) == pytest.approx(expected, rel=5e-3)
