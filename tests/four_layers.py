"""A trunk that compiles in a second, and updates of a classifier that a defense trains on it."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from loft_jax.fitting.settings import ModelConfig, OptimConfig, TrainConfig
from loft_jax.fitting.state import blueprint
from loft_jax.fitting.step import train_step
from loft_jax.nets.description import Description
from loft_jax.nets.trunks.table import TRUNKS, Trunk
from loft_jax.runs.devices import data_mesh, replicate

BATCH, STEPS, SIZE = 8, 10, 8
PICTURES = Description(size=SIZE, channels=1, class_names=("a", "b", "c"))


class FourLayers(nnx.Module):
    """Four normalised convolutions."""

    def __init__(self, size, channels, *, dtype, rngs):
        widths = (channels, 4, 4, 4, 4)
        self.convs = nnx.List(
            [
                nnx.Conv(i, o, (3, 3), strides=1 + k % 2, dtype=dtype, rngs=rngs)
                for k, (i, o) in enumerate(pairwise(widths))
            ]
        )
        self.norms = nnx.List(
            [nnx.BatchNorm(4, momentum=0.9, dtype=dtype, rngs=rngs) for _ in range(4)]
        )

    def __call__(self, x):
        for convolve, norm in zip(self.convs, self.norms, strict=True):
            x = jax.nn.relu(norm(convolve(x)))
        return x.mean(axis=(1, 2))


def add_trunk(patch, name="four"):
    """A row of TRUNKS for the time of the patch."""
    patch.setitem(TRUNKS, name, Trunk(FourLayers, lambda size: 4, 8))


def configuration(defense, trunk="four", **optim):
    """Settings of a run on `pictures`."""
    return TrainConfig(
        model=ModelConfig(trunk=trunk, defense=defense), optim=OptimConfig(batch=BATCH, **optim)
    )


def pictures(seed=0, n=BATCH):
    """(noise, labels)."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, SIZE, SIZE, 1), dtype=np.uint8)
    return images, rng.integers(0, 3, n).astype(np.int32)


def updated(config, updates=1):
    """(graphs, state before, state after, metrics of the last update)."""
    graphs, initialise = blueprint(config, PICTURES, STEPS)
    step = train_step(graphs.train, config, STEPS, data_mesh())
    state = replicate(data_mesh(), initialise())
    before, metrics = jax.tree.map(jnp.copy, state), {}
    for number in range(updates):
        state, metrics = step(state, *pictures(number))
    return graphs, before, state, metrics


def leaves(*states):
    """Arrays by path, such as trunk.convs.0.kernel."""
    return {
        ".".join(map(str, path)): np.asarray(variable[...])
        for state in states
        for path, variable in nnx.to_flat_state(state)
    }
