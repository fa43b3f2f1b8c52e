"""Training a network of the toy on fresh draws of the law: the loss is that of the population."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Float, Int

from iie import GaussianMixture
from loft_jax.toy.networks import ToyNetwork

BATCH, LEARNING_RATE, WEIGHT_DECAY = 256, 1e-2, 1e-3


def fit(name: str, law: GaussianMixture, *, seed: int, steps: int) -> ToyNetwork:
    """The network `name` after `steps` updates of AdamW with a cosine schedule.

    Args:
        name: of the architecture.
        law: of points and classes.
        seed: of the weights and of the draws.
        steps: updates of one batch each.
    """
    graph = nnx.graphdef(nnx.eval_shape(lambda: _initial(name, seed)))
    x, labels = law.labelled(steps * BATCH, np.random.default_rng(seed))
    batches = x.reshape(steps, BATCH, 2).astype(np.float32), labels.reshape(steps, BATCH)
    return nnx.merge(graph, _train(graph, name, seed, batches))


def _initial(name: str, seed: int | Int[Array, ""]) -> ToyNetwork:
    # XLA compiles this generator in a third of the default's time.
    return ToyNetwork(name, rngs=nnx.Rngs(params=jax.random.key(seed, impl="rbg")))


@partial(jax.jit, static_argnums=(0, 1))
def _train(
    graph: nnx.GraphDef,
    name: str,
    seed: int | Int[Array, ""],
    batches: tuple[Float[Array, "s b 2"], Int[Array, "s b"]],
) -> nnx.State:
    rule = optax.adamw(
        optax.cosine_decay_schedule(LEARNING_RATE, len(batches[0])), weight_decay=WEIGHT_DECAY
    )

    def loss(params: nnx.State, x: Array, labels: Array) -> Array:
        logits = nnx.merge(graph, params)(x)
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels))

    def update(carry: tuple, batch: tuple) -> tuple[tuple, None]:
        params, state = carry
        updates, state = rule.update(jax.grad(loss)(params, *batch), state, params)
        return (optax.apply_updates(params, updates), state), None

    params = nnx.state(_initial(name, seed))
    (params, _), _ = jax.lax.scan(update, (params, rule.init(params)), batches)
    return params
