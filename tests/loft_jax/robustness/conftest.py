"""A classifier whose distance to every decision is known: linear in its pixels."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from loft_jax.nets.classifier import Classifier
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.nets.head import LinearHead


class Flat(nnx.Module):
    """Pixels in [-1, 1] as they are."""

    def __call__(self, x):
        return x.reshape(len(x), -1)


@pytest.fixture(scope="session")
def linear():
    """Makes logits = W x + b of pixels x in [0, 1], by a network that maps them to [-1, 1]."""

    def made(weight, bias):
        weight, bias = np.asarray(weight, np.float64), np.asarray(bias, np.float64)
        head = LinearHead(weight.shape[1], len(weight), rngs=nnx.Rngs(0))
        head.decode.kernel[...] = jnp.asarray(weight.T / 2, jnp.float32)
        head.decode.bias[...] = jnp.asarray(bias + weight.sum(1) / 2, jnp.float32)
        return FrozenClassifier(*nnx.split(Classifier(Flat(), head), nnx.Param, nnx.BatchStat))

    return made
