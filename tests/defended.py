"""A tiny network with any defense, and a few updates of it.

Tests that train it ask for the fixture `tiny_trunk` of tests/loft_jax/defenses/conftest.py.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from loft_jax.fitting.settings import ModelConfig, OptimConfig, TrainConfig
from loft_jax.fitting.state import Graphs, TrainState, blueprint
from loft_jax.fitting.step import train_step
from loft_jax.nets.classifier import Classifier, Outputs
from loft_jax.nets.description import Description
from loft_jax.nets.trunks.resnet import BasicBlock, ResNet
from loft_jax.runs.devices import data_mesh, replicate

BATCH, SIZE = 8, 8
CLASSES = ("a", "b", "c", "d")
PICTURES = Description(size=SIZE, channels=3, class_names=CLASSES)


class Tiny(nnx.Module):
    """A trunk that compiles in a second: two layers at two sizes, then a mean over pixels."""

    WIDTH = 6

    def __init__(self, size, channels, *, dtype, rngs):
        self.convs = nnx.List(
            [
                nnx.Conv(channels, 5, (3, 3), dtype=dtype, rngs=rngs),
                nnx.Conv(5, self.WIDTH, (3, 3), strides=2, dtype=dtype, rngs=rngs),
            ]
        )
        self.norm = nnx.BatchNorm(5, momentum=0.9, dtype=dtype, rngs=rngs)

    def __call__(self, x):
        x = jax.nn.relu(self.norm(self.convs[0](x)))
        return jax.nn.relu(self.convs[1](x)).mean((1, 2))


residual = partial(ResNet, BasicBlock, (1, 1), width=Tiny.WIDTH // 2)
"""A trunk with two shortcuts."""


class Updated(NamedTuple):
    """A network before and after some updates, and what the last update told."""

    graphs: Graphs
    before: TrainState
    after: TrainState
    metrics: dict


def configuration(defense, trunk="tiny", **optim):
    return TrainConfig(
        model=ModelConfig(trunk=trunk, defense=defense),
        optim=OptimConfig(**{"batch": BATCH, **optim}),
    )


def batch(seed=0):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (BATCH, SIZE, SIZE, 3), dtype=np.uint8)
    return images, rng.integers(0, len(CLASSES), BATCH).astype(np.int32)


def updated(config, updates=1, steps=10):
    graphs, initialise = blueprint(config, PICTURES, steps)
    step = train_step(graphs.train, config, steps, data_mesh())
    state = replicate(data_mesh(), initialise())
    before, metrics = jax.tree.map(jnp.copy, state), {}
    for number in range(updates):
        state, metrics = step(state, *batch(number))
    return Updated(graphs, before, state, metrics)


def classifier(graph, state) -> Classifier:
    return nnx.merge(graph, state.params, state.stats, copy=True)


def answered(logits, hidden=None, code=None) -> Outputs:
    """Outputs with these logits, to hand to a loss or a release."""
    logits = jnp.asarray(logits, jnp.float32)
    return Outputs(logits, jnp.zeros((len(logits), 1)), code, hidden)


def loss_of(defense, outputs, labels, *, smoothing=0.0, progress=0.0, images=None):
    images = jnp.zeros((len(labels), 2, 2, 1)) if images is None else images
    return float(
        defense.loss(
            outputs,
            images,
            jnp.asarray(labels, jnp.int32),
            smoothing=smoothing,
            progress=jnp.float32(progress),
            key=jax.random.key(0),
        )
    )
