"""Ridge and what a network adds to it, each kept as far as it helps on samples not trained on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Float64, Key

from loft_jax.auditing.decoders import ridge
from loft_jax.auditing.decoders.base import Decoder, check_answers, check_samples
from loft_jax.auditing.decoders.ridge import RidgeDecoder
from loft_jax.auditing.decoders.training import Network, Params, Schedule, best_of_training

VALIDATION = 8
"""One sample in so many is not trained on."""
BLIND = 1e-6
"""Directions of answers with less than this share of the largest spread are rounding."""
CHUNK = 512
"""Answers decoded at once, which bounds memory; fewer are filled up, so that nothing recompiles."""


@dataclass(frozen=True)
class ResidualDecoder(Decoder):
    """signal_j = mean_j + keep_j (ridge_j - mean_j + share_j network_j).

    Both factors lie in [0, 1] and are the best on samples that nothing else was fitted to: where
    the network learned by heart ridge is left, and of what cannot be known at all the mean.
    """

    ridge: RidgeDecoder
    basis: Float32[np.ndarray, "m k"]
    network: Network
    params: Params
    scale: Float64[np.ndarray, " d"]
    share: Float64[np.ndarray, " d"]
    keep: Float64[np.ndarray, " d"]
    within: tuple[float, float] = (-np.inf, np.inf)
    """Where signals lie: a guess outside is moved to the edge, which brings it nearer."""

    @property
    def inputs(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Numbers in an answer."""
        return self.ridge.inputs

    def decode(self, answers: Float[np.ndarray, "n m"]) -> Float64[np.ndarray, "n d"]:
        """An estimate of E[signal | answer]."""
        check_answers(answers, self.inputs)
        plain = self.ridge.decode(answers) - self.ridge.mean
        added = _added(self.network, self.params, (answers - self.ridge.centre) @ self.basis)
        guess = self.ridge.mean + self.keep * (plain + self.share * self.scale * added)
        return np.clip(guess, *self.within)


def fit(
    network: Network,
    answers: Float[np.ndarray, "n m"],
    signals: Float[np.ndarray, "n d"],
    key: Key[Array, ""],
    schedule: Schedule,
    within: tuple[float, float] = (-np.inf, np.inf),
) -> ResidualDecoder:
    """Ridge on seven eighths of the samples, and a network on what it leaves of them.

    Raises:
        InputError: if there are fewer than 40 samples, shapes differ, or something is not finite.
        DivergenceError: if the network does not learn at this rate.
    """
    check_samples(answers, signals)
    first = -(-len(answers) // VALIDATION)
    plain = ridge.fit(answers[first:], signals[first:])
    scale = np.maximum(signals[first:].std(axis=0, dtype=np.float64), 1e-12)
    basis = tempered(answers[first:] - plain.centre)
    seen = ((answers - plain.centre) @ basis).astype(np.float32)
    left = ((signals - plain.decode(answers)) / scale).astype(np.float32)
    held = left[:first].astype(np.float64)

    def score(params: Params) -> float:
        told = _added(network, params, seen[:first])
        return float(np.mean((held - factors(told, held) * told) ** 2))

    params = _trained(network, seen[first:], left[first:], key, schedule, score)
    told = _added(network, params, seen[:first])
    share = factors(told, held)
    guess = plain.decode(answers[:first]) - plain.mean + share * scale * told
    keep = factors(guess, signals[:first] - plain.mean)
    return ResidualDecoder(plain, basis, network, params, scale, share, keep, within)


def _trained(
    network: Network,
    seen: Float32[np.ndarray, "n k"],
    left: Float32[np.ndarray, "n d"],
    key: Key[Array, ""],
    schedule: Schedule,
    score: Callable[[Params], float],
) -> Params:
    made, order = jax.random.split(key)
    begun = network.weights(seen.shape[1], left.shape[1], made)
    samples = jnp.asarray(seen), jnp.asarray(left)
    return best_of_training(network, begun, samples, order, schedule, score)


def tempered(centred: Float[np.ndarray, "n m"]) -> Float32[np.ndarray, "m k"]:
    """The map to uncorrelated numbers whose spreads are roots of what they were, the largest 1.

    With all spreads alike a network learns the small directions by heart; as they are it does not
    see them. Of drawn faces' features (16,384 to learn from) it then leaves .9185 and .9156 of the
    identity's variance, so .9154. What is but rounding is left out.
    """
    triangle = np.linalg.qr(centred.astype(np.float64), mode="r")
    _, spread, axes = np.linalg.svd(triangle / np.sqrt(len(centred)), full_matrices=False)
    seen = spread > BLIND * spread.max(initial=0.0)
    if not seen.any():  # answers that never vary: one number, always 0
        return np.zeros((centred.shape[1], 1), np.float32)
    return (axes[seen].T / np.sqrt(spread[seen] * spread[0])).astype(np.float32)


def factors(
    guess: Float64[np.ndarray, "n d"], truth: Float[np.ndarray, "n d"]
) -> Float64[np.ndarray, " d"]:
    """For each column the c in [0, 1] with least sum (truth - c guess)^2; 0 for no guess."""
    square, product = np.sum(guess**2, axis=0), np.sum(guess * truth, axis=0)
    return np.clip(np.divide(product, square, out=np.zeros_like(square), where=square > 0), 0, 1)


def _added(
    network: Network, params: Params, seen: Float[np.ndarray, "n k"]
) -> Float64[np.ndarray, "n d"]:
    """What the network adds, in deviations of each signal."""
    parts = []
    for start in range(0, len(seen), CHUNK):
        part = seen[start : start + CHUNK]
        filled = np.resize(part, (CHUNK, seen.shape[1])).astype(np.float32)
        parts.append(np.asarray(_answer(network, params, filled))[: len(part)])
    return np.concatenate(parts).astype(np.float64)


@partial(jax.jit, static_argnums=0)
def _answer(network: Network, params: Params, seen: Array) -> Array:
    return network(params, seen)
