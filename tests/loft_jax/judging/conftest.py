"""A network to put into an evaluator whose answers the tests write down."""

import jax.numpy as jnp
import pytest
from flax import nnx

from loft_jax.nets.frozen import FrozenClassifier


@pytest.fixture
def network():
    """Makes a network that differs from others by one number."""

    def made(number=1.0):
        model = nnx.Linear(1, 1, rngs=nnx.Rngs(0))
        model.kernel[...] = jnp.full((1, 1), number)
        return FrozenClassifier(*nnx.split(model, nnx.Param, nnx.BatchStat))

    return made
