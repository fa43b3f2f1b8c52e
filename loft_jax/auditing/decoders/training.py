"""How decoders that learn are trained: one compiled update, the best end by validation."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, Key

from loft_jax.errors import DivergenceError

Params = Any
SEGMENTS = 10
"""Parts of a training, each ended by a look at samples that are not trained on."""
DECAY = 1e-2
"""Decoupled weight decay."""


@runtime_checkable
class Network(Protocol):
    """Settings of a network, hashable: equal ones share a compiled program."""

    def weights(self, inputs: int, outputs: int, key: Key[Array, ""]) -> Params:
        """Its weights at the start, with which it answers 0."""
        ...

    def __call__(self, params: Params, answers: Float[Array, "b k"]) -> Float[Array, "b d"]:
        """What it makes of answers."""
        ...


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a decoder learns; steps decide, so that results can be repeated.

    Attributes:
        steps: updates, rounded up to a multiple of `SEGMENTS`.
        batch: samples in an update.
        learning_rate: at first; it falls as a cosine.
    """

    steps: int
    batch: int
    learning_rate: float

    @property
    def each(self) -> int:
        """Updates of a segment."""
        return -(-self.steps // SEGMENTS)

    @property
    def rule(self) -> optax.GradientTransformation:
        """AdamW."""
        falling = optax.cosine_decay_schedule(self.learning_rate, self.each * SEGMENTS)
        return optax.adamw(falling, weight_decay=DECAY)


def best_of_training(
    network: Network,
    params: Params,
    samples: tuple[Float[Array, "n k"], Float[Array, "n d"]],
    key: Key[Array, ""],
    schedule: Schedule,
    score: Callable[[Params], float],
) -> Params:
    """The weights with the least score of those at the start and at the ends of segments.

    Args:
        network: made to answer the second of `samples` to the first, in least squares.
        params: its weights at the start.
        samples: what it is trained on.
        key: of their order.
        schedule: how long and how fast.
        score: on other samples.

    Raises:
        DivergenceError: if the loss is not finite.
    """
    state = (params, schedule.rule.init(params))
    best, least = params, score(params)
    for part in range(SEGMENTS):
        state, loss = _segment(network, schedule, state, samples, jax.random.fold_in(key, part))
        if not np.isfinite(loss):
            msg = f"the loss of the decoder is {float(loss)} after segment {part + 1}"
            raise DivergenceError(msg)
        reached = score(state[0])
        if reached < least:
            best, least = state[0], reached
    return best


def _segment(
    network: Network,
    schedule: Schedule,
    state: tuple[Params, Any],
    samples: tuple[Float[Array, "n k"], Float[Array, "n d"]],
    key: Key[Array, ""],
) -> tuple[tuple[Params, Any], Float[Array, ""]]:
    """(weights and the rule's memory after a segment's updates, the mean of their losses).

    A loop here, not `lax.scan`: inside one XLA's convolutions take 20 times as long on a CPU.
    """
    drawn = jax.random.randint(key, (schedule.each, schedule.batch), 0, len(samples[0]))
    losses = []
    for rows in drawn:
        state, loss = _updated(network, schedule, state, samples, rows)
        losses.append(loss)
    return state, jnp.stack(losses).mean()


@partial(jax.jit, static_argnums=(0, 1))
def _updated(
    network: Network,
    schedule: Schedule,
    state: tuple[Params, Any],
    samples: tuple[Float[Array, "n k"], Float[Array, "n d"]],
    rows: Int[Array, " b"],
) -> tuple[tuple[Params, Any], Float[Array, ""]]:
    answers, wanted = samples

    def loss(params: Params) -> Array:
        return jnp.mean((network(params, answers[rows]) - wanted[rows]) ** 2)

    params, memory = state
    value, slope = jax.value_and_grad(loss)(params)
    moved, memory = schedule.rule.update(slope, memory, params)
    return (optax.apply_updates(params, moved), memory), value
