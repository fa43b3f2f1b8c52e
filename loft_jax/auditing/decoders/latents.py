"""The amortised posterior mean of the latents under a known law, by a small network."""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from loft_jax.auditing.decoders import residual
from loft_jax.auditing.decoders.residual import ResidualDecoder
from loft_jax.auditing.decoders.training import Schedule
from loft_jax.errors import check_at_least

Draw = Callable[[int], tuple[Float[np.ndarray, "n m"], Float[np.ndarray, "n d"]]]
"""n to as many answers with their signals."""
BATCH, RATE = 256, 1e-3


@dataclass(frozen=True)
class Perceptron:
    """Two hidden layers with GELU."""

    width: int

    def weights(self, inputs: int, outputs: int, key: Key[Array, ""]) -> dict[str, Array]:
        """He's initialisation; zeros in the last layer."""
        first, second = jax.random.split(key)
        w = self.width
        return {
            "in": jax.random.normal(first, (inputs, w)) * jnp.sqrt(2 / inputs),
            "in_bias": jnp.zeros(w),
            "mid": jax.random.normal(second, (w, w)) * jnp.sqrt(2 / w),
            "mid_bias": jnp.zeros(w),
            "out": jnp.zeros((w, outputs)),
        }

    def __call__(self, params: dict[str, Array], answers: Float[Array, "b k"]) -> Array:
        """The last layer's numbers."""
        x = jax.nn.gelu(answers @ params["in"] + params["in_bias"][None])
        x = jax.nn.gelu(x @ params["mid"] + params["mid_bias"][None])
        return x @ params["out"]


def fit(
    draw: Draw,
    key: Key[Array, ""],
    *,
    samples: int = 16_384,
    steps: int = 600,
    width: int = 256,
) -> ResidualDecoder:
    """The decoder that so many fresh draws of a law teach.

    Args:
        draw: the law: answers with their latents.
        key: of the weights and of the order of samples.
        samples: how many are drawn; the more, the nearer to the ideal attacker.
        steps: updates.
        width: of both hidden layers.

    Raises:
        InputError: as `fit_to`.
        DivergenceError: as `fit_to`.
    """
    return fit_to(*draw(samples), key, steps=steps, width=width)


def fit_to(
    answers: Float[np.ndarray, "n m"],
    signals: Float[np.ndarray, "n d"],
    key: Key[Array, ""],
    *,
    steps: int = 600,
    width: int = 256,
) -> ResidualDecoder:
    """The decoder that these samples teach: ridge, and what a network adds to it.

    An eighth of the samples is not trained on: they choose the weights, and for each coordinate how
    much of the network's part and of the whole is kept. So it is never much worse than ridge, nor
    than knowing nothing.

    Args:
        answers: what was released, any unit.
        signals: what was asked about, unit u.
        key: of the weights and of the order of samples.
        steps: updates.
        width: of both hidden layers.

    Raises:
        InputError: if there are fewer than 40 samples, shapes differ, something is not finite, or
            a number is less than 1.
        DivergenceError: if the network does not learn.

    Source: ours; in least squares the best decoder of all is the posterior mean.
    """
    check_at_least(1, steps=steps, width=width)
    return residual.fit(Perceptron(width), answers, signals, key, Schedule(steps, BATCH, RATE))
