"""PPDG-MI: a generator is drawn towards its own best reconstructions, for a second attack.

They are found again from the middle of latent space, which stops short of them; then the weights
move until the generator draws them there, where its law is dense.

Source: PPDG-MI, NeurIPS 2024, point-wise tuning. There every class has a generator of its own and
the distance is LPIPS; here one generator serves all classes that were attacked, and the distance is
in the pixels and in the target's features. The authors' schedule of the rate is never stepped.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Float, Int, Key, PyTree

from loft_jax.priors import ImagePrior
from loft_jax.targets.base import Network

MIDDLE = 600
"""Samples whose mean is the middle of latent space."""
PROJECTION_RATE = 0.05
"""Of the Adam that moves latents."""


@dataclass(frozen=True)
class Tuning:
    """How far a generator is tuned.

    Attributes:
        projection: steps that move latents.
        steps: steps that move weights.
        learning_rate: of the weights' Adam.
    """

    projection: int = 300
    steps: int = 150
    learning_rate: float = 3e-4


class Wanted(NamedTuple):
    """Reconstructions that are taken for private pictures."""

    images: Float[Array, "n h w ch"]
    labels: Int[Array, " n"]


class Tuned(NamedTuple):
    """A generator's weights, and how far it was from what it should draw.

    Attributes:
        generator: weights and statistics.
        middle: mean distance of the pictures of the middle of latent space.
        projected: of those found again.
        tuned: of those of the same latents under the new weights.
    """

    generator: nnx.State
    middle: float
    projected: float
    tuned: float


def distance(
    network: Network, images: Float[Array, "n h w ch"], wanted: Float[Array, "n h w ch"]
) -> Float[Array, " n"]:
    """Squared distance of pictures, as a share of the wanted ones' own, in pixels and in features.

    ||x - y||^2 / ||y||^2 + ||f(x) - f(y)||^2 / ||f(y)||^2 for each picture.
    """
    pixels = _share(images.reshape(len(images), -1), wanted.reshape(len(wanted), -1))
    return pixels + _share(network.outputs(images).features, network.outputs(wanted).features)


def tuned(
    prior: ImagePrior,
    generator: nnx.State,
    with_generator: Callable[[nnx.State], ImagePrior],
    network: Network,
    wanted: Wanted,
    key: Key[Array, ""],
    settings: Tuning,
    report: Callable[[str, int, float], None],
) -> Tuned:
    """The generator after both stages.

    Args:
        prior: before them.
        generator: its weights and statistics.
        with_generator: the prior with others.
        network: the target.
        wanted: what the generator should draw.
        key: draws the middle of latent space.
        settings: steps and rate.
        report: called with stage, step and mean distance; it may raise to stop.
    """
    middle = prior.sample(key, MIDDLE).mean(0)
    latents = jnp.tile(middle[None], (len(wanted.labels), 1))

    def by_latents(latents: Array) -> Array:
        return distance(network, prior.decode(latents, wanted.labels), wanted.images).mean()

    first, latents = _descend(
        by_latents, latents, PROJECTION_RATE, settings.projection, partial(report, "projecting")
    )

    def by_weights(generator: nnx.State) -> Array:
        images = with_generator(generator).decode(latents, wanted.labels)
        return distance(network, images, wanted.images).mean()

    second, generator = _descend(
        by_weights, generator, settings.learning_rate, settings.steps, partial(report, "tuning")
    )
    return Tuned(generator, first, second, float(jax.jit(by_weights)(generator)))


def _descend(
    loss: Callable[[PyTree], Float[Array, ""]],
    start: PyTree,
    rate: float,
    steps: int,
    report: Callable[[int, float], None],
) -> tuple[float, PyTree]:
    """(loss at the start, where Adam gets from there)."""
    rule = optax.adam(rate)

    @jax.jit
    def step(at: PyTree, memory: PyTree) -> tuple[PyTree, PyTree, Array]:
        value, slope = jax.value_and_grad(loss)(at)
        updates, memory = rule.update(slope, memory, at)
        return optax.apply_updates(at, updates), memory, value

    at, memory, first = start, rule.init(start), float(jax.jit(loss)(start))
    for number in range(steps):
        at, memory, value = step(at, memory)
        report(number, float(value))
    return first, at


def _share(rows: Float[Array, "n d"], wanted: Float[Array, "n d"]) -> Float[Array, " n"]:
    return jnp.sum((rows - wanted) ** 2, -1) / jnp.maximum(jnp.sum(wanted**2, -1), 1e-12)
