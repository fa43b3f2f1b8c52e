"""An attack whose answer is known: a linear classifier of four pixels, and linear priors."""

import dataclasses

import jax
import jax.numpy as jnp
import pytest
from flax import nnx

from loft_jax.attacks.engine import Engine
from loft_jax.defenses.loft import LoFtHead
from loft_jax.nets.classifier import Classifier
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.nets.head import LinearHead
from loft_jax.priors.base import ImagePrior
from loft_jax.runs.devices import data_mesh


class Flat(nnx.Module):
    """Pixels in [-1, 1] as they are."""

    def __call__(self, x):
        return x.reshape(len(x), -1)


def linear_classifier(weight, bias=None, activation=None, rank=None):
    """logits = W (2 x - 1) + b for pixels x; with a rank, W2 activation(W1 ...) for given pairs."""
    d, c = (len(weight[0]), len(weight)) if rank is None else (len(weight[0][0]), len(weight[1]))
    if rank is None:
        head = LinearHead(d, c, rngs=nnx.Rngs(0))
    else:
        head = LoFtHead(d, rank, c, activation or "tanh", rngs=nnx.Rngs(0))
    last = weight if rank is None else weight[1]
    if rank is not None:
        head.encode.kernel[...] = jnp.asarray(weight[0], jnp.float32).T
    head.decode.kernel[...] = jnp.asarray(last, jnp.float32).T
    if bias is not None:
        head.decode.bias[...] = jnp.asarray(bias, jnp.float32)
    graph, params, stats = nnx.split(Classifier(Flat(), head), nnx.Param, nnx.BatchStat)
    return FrozenClassifier(graph, params, stats)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class LinearPrior(ImagePrior):
    """z ~ N(0, I_4); pixels (z + 1) / 2, so that a linear classifier sees z itself.

    realness is -||z - 3||^2 of the picture's z; blocks: two that add the latents.
    """

    size: int = dataclasses.field(default=2, metadata={"static": True})
    channels: int = dataclasses.field(default=1, metadata={"static": True})
    latent_dim: int = dataclasses.field(default=4, metadata={"static": True})
    blocks: int = dataclasses.field(default=0, metadata={"static": True})

    def sample(self, key, n):
        return jax.random.normal(key, (n, 4))

    def decode(self, latents, labels):
        return ((latents + 1) / 2).reshape(-1, 2, 2, 1)

    def realness(self, images, labels):
        z = 2 * images.reshape(-1, 4) - 1
        return -jnp.sum((z - 3) ** 2, -1)

    def start(self, latents, labels):
        return jnp.zeros((len(latents), 2, 2, 1))

    def block(self, index, hidden, latents, labels):
        return hidden + latents.reshape(-1, 2, 2, 1) / self.blocks

    def to_image(self, hidden):
        return (hidden + 1) / 2


@pytest.fixture
def linear():
    return linear_classifier


@pytest.fixture
def prior():
    return LinearPrior()


@pytest.fixture
def bind():
    """An engine of a recipe on a target."""

    def bound(recipe, target, prior, classes, per_class=1, helpers=()):
        key = jax.random.key(0)
        return Engine((target, *helpers), prior, recipe, classes, per_class, key, data_mesh())

    return bound
