"""Metric learning: pictures of one person are drawn together, those of others pushed apart."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Float, Int64, UInt8

from loft_jax.data.batches import batch_indices
from loft_jax.errors import DivergenceError
from loft_jax.judging.independent.network import Embedding, Trained, evaluated


@dataclass(frozen=True)
class Recipe:
    """How the embedding is trained; every number is part of its name in the cache.

    Attributes:
        people: whom it sees.
        pictures: of each.
        strangers: people it never sees, on whom it is measured.
        steps: updates.
        batch: people of a step, two pictures of each.
        trunk: row of `TRUNKS`.
        width: of the embedding.
        temperature: of the loss.
        learning_rate: at its highest.
        weight_decay: of matrices and kernels.
        seed: of weights and order.
    """

    people: int = 4096
    pictures: int = 8
    strangers: int = 500
    steps: int = 240
    batch: int = 128
    trunk: str = "small_cnn"
    width: int = 128
    temperature: float = 0.1
    learning_rate: float = 4e-3
    weight_decay: float = 1e-2
    seed: int = 0


def trained(
    images: UInt8[np.ndarray, "p m h w ch"], recipe: Recipe, heed: Callable[[], None] = lambda: None
) -> Trained:
    """The embedding after `recipe.steps` updates of AdamW: each picture finds its person's other.

    What is minimised is the normalised, tempered cross-entropy (NT-Xent), for picture i, the other
    picture j of its person, all pictures k of other people in the batch, and s the cosine,

        -log( exp(s_ij / T) / (exp(s_ij / T) + sum_k exp(s_ik / T)) ).

    Args:
        images: m pictures of each of p people.
        recipe: how.
        heed: called before each step; raises where training is to stop.

    Raises:
        DivergenceError: if the loss ends as no number.

    Source: Chen et al., "A simple framework for contrastive learning of visual representations",
    ICML 2020, eq. 1, with two pictures of one person in the place of two views of one picture, as
    Khosla et al., "Supervised contrastive learning", NeurIPS 2020.
    """
    people, each, size, _, channels = images.shape
    make = jax.jit(lambda: nnx.split(embedding(recipe, size, channels), nnx.Param, ...))
    graph, params, stats = make()
    rate = optax.cosine_onecycle_schedule(recipe.steps, recipe.learning_rate)
    rule = optax.adamw(rate, weight_decay=recipe.weight_decay, mask=_matrices)
    update = _update(graph, rule, recipe.temperature)
    state, loss = (params, stats, rule.init(params)), np.inf
    for step in range(recipe.steps):
        heed()
        who, which = pairs(people, each, recipe, step)
        batch = np.concatenate([images[who, which[0]], images[who, which[1]]])
        state, loss = update(state, batch)
    if not np.isfinite(float(loss)):
        msg = f"the independent judge's training must end with a finite loss, got {float(loss)}"
        raise DivergenceError(msg)
    params, stats, _ = state
    return evaluated(nnx.merge(graph, params, stats))


def embedding(recipe: Recipe, size: int, channels: int) -> Embedding:
    """The network before training."""
    # XLA compiles the hardware generator in a third of threefry's time.
    rngs = nnx.Rngs(params=jax.random.key(recipe.seed, impl="rbg"))
    return Embedding(recipe.trunk, size, channels, recipe.width, rngs=rngs)


def pairs(
    people: int, pictures: int, recipe: Recipe, step: int
) -> tuple[Int64[np.ndarray, " b"], Int64[np.ndarray, "2 b"]]:
    """(who, two different pictures of each) of a step."""
    who = batch_indices(people, recipe.batch, recipe.seed, step)
    rng = np.random.default_rng((recipe.seed, step))
    first = rng.integers(pictures, size=len(who))
    second = (first + rng.integers(1, pictures, size=len(who))) % pictures
    return who, np.stack([first, second])


def _update(graph: nnx.GraphDef, rule: optax.GradientTransformation, temperature: float) -> Any:
    def loss_fn(params: nnx.State, stats: nnx.State, images: Array) -> tuple[Array, nnx.State]:
        model = nnx.merge(graph, params, stats, copy=True)
        embedded: Float[Array, "b d"] = model(images.astype(jnp.float32) / 255)
        labels = jnp.tile(jnp.arange(len(images) // 2), 2)
        loss = optax.losses.ntxent(embedded, labels, temperature)
        return loss, nnx.state(model, nnx.Not(nnx.Param))

    @jax.jit
    def update(state: tuple[Any, Any, Any], images: Array) -> tuple[tuple[Any, Any, Any], Array]:
        params, stats, memory = state
        (loss, stats), grads = jax.value_and_grad(loss_fn, has_aux=True)(params, stats, images)
        updates, memory = rule.update(grads, memory, params)
        return (optax.apply_updates(params, updates), stats, memory), loss

    return update


def _matrices(params: optax.Params) -> optax.Params:
    return jax.tree.map(lambda leaf: leaf.ndim > 1, params)
