"""Simulated attacks: a mean squared error that always carries its standard error."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike

from iie import _checks

CHUNK = 4096  # samples drawn at once: memory stays at CHUNK x d numbers for any sample count


@dataclass(frozen=True)
class Estimate:
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
    covariance: ArrayLike,
    weight: ArrayLike,
    *,
    samples: int,
    rng: np.random.Generator,
    mean: ArrayLike | None = None,
) -> Estimate:
    """Mean squared error of `attacker` against y = W x, x ~ N(mu, S), by simulation.

    Unbiased; unit u^2, summed over coordinates.

    Args:
        attacker: takes releases "n m" to reconstructions "n d".
        covariance: S, "d d", unit u^2.
        weight: W, "m d".
        samples: number of inputs drawn, at least 2.
        rng: source of randomness.
        mean: mu, "d"; None is zero.

    Raises:
        ValueError: if S, W or mu do not fit each other, or `samples` is below 2.
    """
    S = _checks.covariance_matrix("covariance", covariance)
    W = _checks.weight_matrix("weight", weight, len(S))
    mu = _checks.mean_vector("mean", mean, len(S))
    remaining = _checks.count("samples", samples, at_least=2)
    # An SVD of S, full rank and with no cut-off: not the factor that the closed form uses, so that
    # the two check each other.
    axes, variances, _ = np.linalg.svd(S)
    root = axes * np.sqrt(variances)
    errors = Welford()
    while remaining:
        size = min(CHUNK, remaining)
        x = mu + rng.standard_normal((size, len(S))) @ root.T
        errors.add(np.sum((x - attacker(x @ W.T)) ** 2, axis=1))
        remaining -= size
    return errors.estimate()
