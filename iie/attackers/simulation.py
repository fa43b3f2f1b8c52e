"""Simulated attacks: a mean squared error that always carries its standard error."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, SupportsIndex

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.arrays import as_numpy, is_real
from iie._input.instance import linear_instance
from iie._input.randomness import Randomness, generator
from iie._input.types import ArrayLike
from iie.laws import GaussianMixture, Prior
from iie.records import Record
from iie.releases import Linear

CHUNK = 4096  # inputs drawn at once, at most
CHUNK_NUMBERS = 2**18  # coordinates drawn at once, at most: 2 MiB stay in a cache

Attacker = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False, repr=False)
class Estimate(Record):
    """A Monte Carlo mean.

    Attributes:
        mean: the sample mean.
        sem: standard error of `mean`, same unit.
        n: number of samples.
    """

    mean: float
    sem: float
    n: int

    @property
    def spread(self) -> float:
        """Sample standard deviation of one draw (n - 1 in the denominator)."""
        return self.sem * math.sqrt(self.n)


@dataclass
class Welford:
    """Running mean and sum of squared deviations of a stream.

    Source: references.bib:welford1962note; merging of chunks, references.bib:chan1983algorithms.
    """

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, values: Float64[np.ndarray, " n"]) -> None:
        """Take in a chunk of at least one value."""
        n, mean = self.n + len(values), float(np.mean(values))
        delta = mean - self.mean
        self.squares += float(np.sum((values - mean) ** 2)) + delta**2 * self.n * len(values) / n
        self.mean += delta * len(values) / n
        self.n = n

    def estimate(self) -> Estimate:
        """The mean of all values so far (at least two), with its standard error."""
        return Estimate(self.mean, math.sqrt(self.squares / (self.n - 1) / self.n), self.n)


def attack_error(
    attacker: Callable[[Float64[np.ndarray, "n m"]], Float64[np.ndarray, "n d"]],
    prior: Any,
    release: Any,
    *,
    samples: SupportsIndex,
    rng: Randomness,
    mean: ArrayLike | None = None,
    antithetic: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Estimate:
    """Mean squared error of `attacker` against y = W x + b + e, x ~ prior, by simulation.

    Unbiased; unit u^2, summed over coordinates. Memory does not depend on `samples`: a chunk holds
    at most 2^18 coordinates of inputs (4096 inputs up to d = 64), and a few arrays of that size.

    Antithetic pairs are x = m + v and x' = m - v, m the mean (of the component of a mixture), with
    noise e and -e. A pair's two errors are averaged, and the standard error is that of pair means,
    so it stays honest. It helps only where the error is odd in v, as with an attacker that is
    biased; the ideal attacker's error under a symmetric prior is even in v, so pairs then only
    halve the number of independent samples.

    Args:
        attacker: takes releases "n m" to reconstructions "n d".
        prior: a prior, or its covariance S, "d d", unit u^2.
        release: a Linear, or its weight W, "m d".
        samples: number of inputs drawn, at least 2; with `antithetic` an even number from 4 on.
        rng: a generator or a seed.
        mean: mu, "d", where `prior` is a covariance; None is zero.
        antithetic: whether to draw in pairs; `n` of the result is then the number of pairs.
        progress: called with (inputs done, `samples`) after each chunk.

    Raises:
        ValueError: if prior and release do not fit each other, the release is not linear,
            `samples` is too small or odd, or the attacker does not return real numbers "n d".
    """
    law, out = linear_instance(prior, release, mean)
    rng = generator(rng)
    per_term = 2 if antithetic else 1
    n = checks.count("samples", samples, at_least=2 * per_term)
    if n % per_term:
        msg = f"`samples` must be even for antithetic pairs, got {n}"
        raise ValueError(msg)
    rng = np.random.default_rng(rng)
    draw = _pair_errors if antithetic else _errors
    # Errors are measured in this unit of x, so that their squares fit float64 on every scale.
    unit = _power_of_two(law.covariance.trace() ** 0.5)
    step = max(1, min(CHUNK, CHUNK_NUMBERS // law.dim) // per_term)
    terms, errors = n // per_term, Welford()
    while errors.n < terms:
        errors.add(draw(attacker, law, out, min(step, terms - errors.n), rng, unit))
        if progress is not None:
            progress(errors.n * per_term, n)
    found = errors.estimate()
    return Estimate(found.mean * unit**2, found.sem * unit**2, found.n)


def _errors(
    attacker: Attacker,
    prior: Prior,
    release: Linear,
    n: int,
    rng: np.random.Generator,
    unit: float,
) -> Float64[np.ndarray, " n"]:
    """Squared errors of n inputs."""
    # Draws may come column by column; mixing that with the attacker's rows would be slow.
    x = np.ascontiguousarray(prior.sample(n, rng))
    return _squared_distance(x, attacker(release.released(x, rng)), unit)


def _pair_errors(
    attacker: Attacker,
    prior: Prior,
    release: Linear,
    n: int,
    rng: np.random.Generator,
    unit: float,
) -> Float64[np.ndarray, " n"]:
    """Mean squared errors of n pairs."""
    if isinstance(prior, GaussianMixture):
        x, labels = prior.labelled(n, rng)
        mirrored = 2 * prior.means[labels] - x
    else:
        x = prior.sample(n, rng)
        mirrored = 2 * prior.mean - x
    noise = np.zeros((n, 1)) if release.noise is None else release.noise.sample(n, rng)
    y, y_mirrored = (release.multiply(part) + release.bias for part in (x, mirrored))
    errors = _squared_distance(x, attacker(y + noise), unit)
    return (errors + _squared_distance(mirrored, attacker(y_mirrored - noise), unit)) / 2


def _squared_distance(
    x: Float64[np.ndarray, "n d"], guess: ArrayLike, unit: float
) -> Float64[np.ndarray, " n"]:
    """||x - guess||^2 / unit^2 of each row; overwrites x, which is ours.

    Raises:
        ValueError: if `guess` would be broadcast to the shape of x, or holds no real numbers.
    """
    guesses = as_numpy("attacker", guess)
    if guesses.shape != x.shape or not is_real(guesses.dtype):
        msg = (
            f"`attacker` must return real numbers of shape {x.shape}, one input a row, got shape"
            f" {guesses.shape} of {guesses.dtype}"
        )
        raise ValueError(msg)
    x -= guesses.astype(np.float64, copy=False)
    x /= unit
    return np.einsum("nd,nd->n", x, x)


def _power_of_two(size: float) -> float:
    """The power of two at or below `size`; 1 for 0. Dividing by it rounds nothing."""
    return 2.0 ** (math.frexp(size)[1] - 1) if size > 0 else 1.0
