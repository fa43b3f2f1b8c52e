"""Soft actor-critic for episodes of one step: which action earns most from which state."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Float, Key, PyTree

WIDTH = 256
"""Units of each of two hidden layers."""
RATE = 5e-4
"""Adam's, of actor, critics and temperature."""
LOW, HIGH = -5.0, 1.0
"""Bounds of the logarithm of an action's deviation before it is squashed."""


class Actor(nnx.Module):
    """From a state to mean and log deviation of a Gaussian, whose tanh is the action."""

    def __init__(self, z: int, *, rngs: nnx.Rngs):
        self.inner = nnx.Linear(z, WIDTH, rngs=rngs)
        self.middle = nnx.Linear(WIDTH, WIDTH, rngs=rngs)
        self.outer = nnx.Linear(WIDTH, 2 * z, rngs=rngs)

    def __call__(self, states: Float[Array, "n z"]) -> tuple[Array, Array]:
        """(means, log deviations)."""
        hidden = jax.nn.relu(self.middle(jax.nn.relu(self.inner(states))))
        mean, spread = jnp.split(self.outer(hidden), 2, axis=1)
        return mean, jnp.clip(spread, LOW, HIGH)


class Critic(nnx.Module):
    """The reward to expect of an action in a state."""

    def __init__(self, z: int, *, rngs: nnx.Rngs):
        self.inner = nnx.Linear(2 * z, WIDTH, rngs=rngs)
        self.middle = nnx.Linear(WIDTH, WIDTH, rngs=rngs)
        self.outer = nnx.Linear(WIDTH, 1, rngs=rngs)

    def __call__(self, states: Float[Array, "n z"], actions: Float[Array, "n z"]) -> Array:
        """The rewards [n]."""
        hidden = jax.nn.relu(self.inner(jnp.concatenate([states, actions], 1)))
        return self.outer(jax.nn.relu(self.middle(hidden)))[:, 0]


class Learner(NamedTuple):
    """What an update changes: parameters of the actor, of two critics, log temperature, Adam's."""

    actor: PyTree
    critics: PyTree
    warmth: Float[Array, ""]
    memory: PyTree


class Buffer(NamedTuple):
    """Episodes; of its capacity the first `n` are there."""

    states: Float[Array, "m z"]
    actions: Float[Array, "m z"]
    rewards: Float[Array, " m"]
    n: int


@partial(jax.jit, static_argnames="z")
def begun(z: int, key: Key[Array, ""]) -> Learner:
    """A learner who knows nothing, for states and actions of z numbers."""
    first, *others = jax.random.split(key, 3)
    actor = nnx.state(Actor(z, rngs=nnx.Rngs(first)))
    each = [nnx.state(Critic(z, rngs=nnx.Rngs(one))) for one in others]
    critics = jax.tree.map(lambda *leaves: jnp.stack(leaves), *each)
    free = (actor, critics, jnp.float32(0))
    return Learner(*free, optax.adam(RATE).init(free))


@jax.jit
def act(actor: PyTree, states: Float[Array, "n z"], key: Key[Array, ""]) -> Float[Array, "n z"]:
    """Actions in (-1, 1), drawn."""
    return _drawn(actor, states, key)[0]


@partial(jax.jit, static_argnames=("updates", "batch"))
def learnt(
    learner: Learner, buffer: Buffer, key: Key[Array, ""], *, updates: int, batch: int
) -> Learner:
    """The learner after so many updates on batches of episodes.

    An episode ends after its step, so its value is its reward: critics minimise (Q(s, a) - r)^2,
    the actor E[t log pi(a|s) - min Q(s, a)], the temperature t keeps the entropy at -z.

    Source: Haarnoja et al. 2018, Soft actor-critic algorithms and applications, eq. 5, 7 and 18.
    """
    rule = optax.adam(RATE)

    def loss(free: tuple, chosen: Array, key: Key[Array, ""]) -> Array:
        actor, critics, warmth = free
        states, actions, rewards = (part[chosen] for part in buffer[:3])
        wrong = jnp.sum((_values(critics, states, actions) - rewards[None]) ** 2, 0).mean()
        drawn, logs = _drawn(actor, states, key)
        worth = _values(jax.lax.stop_gradient(critics), states, drawn).min(0)
        warm, still = jnp.exp(jax.lax.stop_gradient(warmth)), jax.lax.stop_gradient(logs)
        entropy = -jnp.exp(warmth) * (still - states.shape[1]).mean()
        return wrong + (warm * logs - worth).mean() + entropy

    def update(learner: Learner, number: Array) -> tuple[Learner, None]:
        first, second = jax.random.split(jax.random.fold_in(key, number))
        chosen = jax.random.randint(first, (batch,), 0, buffer.n)
        free = learner[:3]
        change, memory = rule.update(jax.grad(loss)(free, chosen, second), learner.memory)
        return Learner(*optax.apply_updates(free, change), memory), None  # pyright: ignore

    return jax.lax.scan(update, learner, jnp.arange(updates))[0]


def _values(critics: PyTree, states: Array, actions: Array) -> Float[Array, "2 n"]:
    graph = nnx.graphdef(nnx.eval_shape(lambda: Critic(states.shape[1], rngs=nnx.Rngs(0))))
    return jax.vmap(lambda own: nnx.merge(graph, own)(states, actions))(critics)


def _drawn(actor: PyTree, states: Array, key: Key[Array, ""]) -> tuple[Array, Array]:
    """(actions, the logarithms of their densities)."""
    graph = nnx.graphdef(nnx.eval_shape(lambda: Actor(states.shape[1], rngs=nnx.Rngs(0))))
    mean, spread = nnx.merge(graph, actor)(states)
    noise = jax.random.normal(key, mean.shape)
    raw = mean + jnp.exp(spread) * noise
    # log (1 - tanh^2) without cancellation.
    squashed = 2 * (jnp.log(2.0) - raw - jax.nn.softplus(-2 * raw))
    logs = -0.5 * noise**2 - spread - 0.5 * jnp.log(2 * jnp.pi) - squashed
    return jnp.tanh(raw), logs.sum(1)
