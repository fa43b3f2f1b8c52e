"""A surrogate of a target that only answers: experts who learned its scores from latents."""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Float, Int, Key, PyTree

from loft_jax.fitting.distillation import divergence
from loft_jax.priors.losses import max_margin

WIDTH = 256
"""Hidden units of an expert."""
BATCH = 128
"""Strangers in an update."""
TOP = 10
"""A class that is often among so many of the surest counts less each time."""


@dataclass(frozen=True)
class Teaching:
    """How experts are taught.

    Attributes:
        experts: how many; they differ in where they begin.
        epochs: passes over the strangers.
        learning_rate: of AdamW, along a cosine to 0.
        weight_decay: of AdamW.
        temperature: of the scores that are compared.
        labels: weight of the target's label beside its scores.
    """

    experts: int = 3
    epochs: int = 40
    learning_rate: float = 1e-3
    weight_decay: float = 0.1
    temperature: float = 0.5
    labels: float = 0.15


class Expert(nnx.Module):
    """A line, and a hidden layer beside it: logits are nearly linear in latents."""

    def __init__(self, z: int, c: int, *, rngs: nnx.Rngs):
        self.line = nnx.Linear(z, c, rngs=rngs)
        self.inner, self.outer = nnx.Linear(z, WIDTH, rngs=rngs), nnx.Linear(WIDTH, c, rngs=rngs)

    def __call__(self, x: Float[Array, "n z"]) -> Float[Array, "n c"]:
        """The logits."""
        return self.line(x) + self.outer(jax.nn.gelu(self.inner(x)))


class Experts(NamedTuple):
    """Experts of one architecture, their parameters stacked."""

    graph: nnx.GraphDef
    params: PyTree


def taught(
    coordinates: Float[np.ndarray, "n z"],
    logs: Float[np.ndarray, "n c"],
    key: Key[Array, ""],
    teaching: Teaching,
) -> Experts:
    """Experts of what a target said of strangers.

    Each minimises, of a stranger whom the target takes for y, w_y (KL of the scores at a
    temperature + `labels` times the cross-entropy of y), w_y = 0.1 / (1 - 0.9^(n_y + 1)), where
    n_y is how often y is among the ten surest.

    Args:
        coordinates: latents of the strangers, of mean 0 and deviation 1.
        logs: logarithms of the target's scores.
        key: of beginnings and batches.
        teaching: numbers.

    Source: Li et al. 2025 (SMILE), section 3.2, without the term that keeps experts apart.
    """
    n, c = logs.shape
    often = np.bincount(np.argsort(-logs, axis=1)[:, :TOP].ravel(), minlength=c)
    weight = (0.1 / (1 - 0.9 ** (often + 1.0)))[logs.argmax(1)]
    first, order = jax.random.split(key)
    keys = jax.random.split(first, teaching.experts)
    graph, _ = _new(keys[0], coordinates.shape[1], c)
    params = jax.vmap(lambda own: _new(own, coordinates.shape[1], c)[1])(keys)
    steps = max(1, teaching.epochs * n // BATCH)
    given = (coordinates, logs, (weight / weight.mean()).astype(np.float32))
    return Experts(graph, _fitted(graph, params, given, order, steps, teaching))


@partial(jax.jit, static_argnames=("graph", "steps", "teaching"))
def _fitted(
    graph: nnx.GraphDef,
    params: PyTree,
    given: tuple[Array, Array, Array],
    key: Key[Array, ""],
    steps: int,
    teaching: Teaching,
) -> PyTree:
    rule = optax.adamw(
        optax.cosine_decay_schedule(teaching.learning_rate, steps),
        weight_decay=teaching.weight_decay,
    )

    def loss(params: PyTree, part: tuple[Array, Array, Array]) -> Array:
        x, logs, weight = part

        def of_expert(own: PyTree) -> Array:
            logits, hot = nnx.merge(graph, own)(x), 1 / teaching.temperature
            named = optax.softmax_cross_entropy_with_integer_labels(logits, logs.argmax(1))
            return weight * (divergence(hot * logs, hot * logits) + teaching.labels * named)

        return jax.vmap(of_expert)(params).mean(1).sum()

    def step(state: tuple, number: Array) -> tuple[tuple, None]:
        params, memory = state
        chosen = jax.random.randint(jax.random.fold_in(key, number), (BATCH,), 0, len(given[0]))
        slope = jax.grad(loss)(params, jax.tree.map(lambda part: part[chosen], given))
        change, memory = rule.update(slope, memory, params)
        return (optax.apply_updates(params, change), memory), None

    (params, _), _ = jax.lax.scan(step, (params, rule.init(params)), jnp.arange(steps))
    return params


@partial(jax.jit, static_argnames=("graph", "steps", "rate", "reach", "law"))
def surest(
    graph: nnx.GraphDef,
    params: PyTree,
    starts: Float[Array, "n z"],
    label: Int[Array, ""],
    *,
    steps: int,
    rate: float,
    reach: float,
    law: float,
) -> Float[Array, "n z"]:
    """Where steps up the experts' mean margin of the class end, from each start.

    Adam along a cosine to 0, on the margin less `law` ||u||^2 / 2, clipped to -reach and reach.
    """
    rule = optax.adam(optax.cosine_decay_schedule(rate, steps))
    labels = jnp.full(len(starts), label)

    def loss(points: Array) -> Array:
        logits = jax.vmap(lambda own: nnx.merge(graph, own)(points))(params)
        margins = jax.vmap(lambda one: max_margin(one, labels))(logits)
        return jnp.sum(margins.mean(0) + law / 2 * jnp.sum(points**2, 1))

    def step(state: tuple, _: None) -> tuple[tuple, None]:
        points, memory = state
        change, memory = rule.update(jax.grad(loss)(points), memory)
        return (jnp.clip(points + change, -reach, reach), memory), None

    (points, _), _ = jax.lax.scan(step, (starts, rule.init(starts)), None, steps)
    return points


def _new(key: Key[Array, ""], z: int, c: int) -> tuple[nnx.GraphDef, PyTree]:
    return nnx.split(Expert(z, c, rngs=nnx.Rngs(key)))
