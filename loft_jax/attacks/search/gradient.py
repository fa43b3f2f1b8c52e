"""The search itself: an update rule, and compiled programs that begin, advance and end a phase."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key, PyTree

from loft_jax.attacks.parts.keys import folded
from loft_jax.attacks.parts.objective import Networks, Objective, score
from loft_jax.attacks.parts.public import PublicFacts
from loft_jax.attacks.parts.spaces import Pictures, Space, Variables
from loft_jax.priors import ImagePrior


@dataclass(frozen=True)
class Rule:
    """An Optax update rule; rows do not touch each other."""

    name: Literal["sgd", "adam"]
    learning_rate: float
    momentum: float = 0.9
    """Of sgd; of adam its b1."""
    decay: float = 0.999
    """b2 of adam."""
    nesterov: bool = False
    """Of sgd: v' = m v - a g, then x moves by -m v + (1 + m) v', as GMI's authors have it."""

    def build(self) -> optax.GradientTransformation:
        """The transformation."""
        if self.name == "sgd":
            momentum = self.momentum or None
            return optax.sgd(self.learning_rate, momentum, nesterov=self.nesterov)
        return optax.adam(self.learning_rate, b1=self.momentum, b2=self.decay)


@dataclass(frozen=True)
class Phase:
    """Some steps in one space."""

    space: Space
    steps: int


class State(NamedTuple):
    """What a step changes."""

    variables: Variables
    memory: PyTree


class Trace(NamedTuple):
    """Means over the rows, step by step, and where the rows were, if that was to be kept."""

    loss: Float[Array, " t"]
    confidence: Float[Array, " t"]
    variables: Variables | None


@partial(jax.jit, static_argnames=("space", "rule"))
def begin(
    space: Space, rule: Rule, prior: ImagePrior, variables: Variables, labels: Int[Array, " n"]
) -> tuple[State, Variables]:
    """(state before the first step of a phase, the centre of its projections)."""
    first = space.begin(prior, variables, labels)
    return State(first, rule.build().init(first)), jax.tree.map(jnp.copy, first)


@partial(
    jax.jit,
    static_argnames=("space", "rule", "objective", "steps", "keep"),
    donate_argnames=("state",),
)
def advance(
    space: Space,
    rule: Rule,
    objective: Objective,
    steps: int,
    networks: Networks,
    prior: ImagePrior,
    public: PublicFacts,
    labels: Int[Array, " n"],
    keys: Key[Array, " n"],
    state: State,
    centre: Variables,
    done: Int[Array, ""],
    keep: bool = False,
    weight: float | Float[Array, ""] = 1.0,
) -> tuple[State, Trace]:
    """`steps` updates of every row, after `done` of them; the state's memory is reused.

    `weight` is that of `score`.
    """
    update = rule.build()
    repeated = jnp.repeat(labels, space.draws)

    def losses_of(variables: Variables, step_keys: Key[Array, " n"]) -> tuple[Array, tuple]:
        noise, view = folded(step_keys, 1), folded(step_keys, 2)
        latents, images = space.pictures(prior, variables, labels, noise, space.draws)
        views = view if space.draws == 1 else _each(view, space.draws)
        scored = score(objective, networks, prior, public, latents, images, repeated, views, weight)
        rows = scored.loss.reshape(-1, space.draws).mean(1) + space.penalty(prior, variables, noise)
        return rows.sum(), (rows.mean(), scored.confidence.mean())

    def step(state: State, number: Array) -> tuple[State, Trace]:
        step_keys = folded(keys, number)
        grads, values = jax.grad(losses_of, has_aux=True)(state.variables, step_keys)
        updates, memory = update.update(grads, state.memory, state.variables)
        variables: Any = optax.apply_updates(state.variables, updates)
        moved = space.project(variables, centre, public)
        return State(moved, memory), Trace(values[0], values[1], moved if keep else None)

    return jax.lax.scan(step, state, done + jnp.arange(steps))


@partial(jax.jit, static_argnames=("space", "draws"))
def finish(
    space: Space,
    draws: int,
    prior: ImagePrior,
    variables: Variables,
    labels: Int[Array, " n"],
    keys: Key[Array, " n"],
) -> Pictures:
    """Pictures of where the search ended, cut to [0, 1]."""
    latents, images = space.pictures(prior, variables, labels, keys, draws)
    return Pictures(latents, jnp.clip(images, 0, 1))


def _each(keys: Key[Array, " n"], draws: int) -> Key[Array, " m"]:
    return jax.vmap(lambda key: jax.random.split(key, draws))(keys).reshape(-1)
