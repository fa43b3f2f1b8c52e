"""Densities of numbers with noise N(0, I), in few coordinates: fitted to noiseless samples."""

from dataclasses import dataclass

import numpy as np
import scipy  # not its parts: they load at first use, and `import iie` is quick
from jaxtyping import Float64

ROUNDS = 25  # of expectation and maximisation; any law gives a valid bound, so none need converge
KERNELS = 2048  # samples that stand for the whole law, at most
BLOCK = 2**20  # squared distances at once, 8 MiB


@dataclass(frozen=True)
class Mixture:
    """sum_k w_k N(m_k, L_k L_k^T)."""

    weights: Float64[np.ndarray, " k"]
    means: Float64[np.ndarray, "k p"]
    roots: Float64[np.ndarray, "k p p"]

    def log_density(self, y: Float64[np.ndarray, "n p"]) -> Float64[np.ndarray, " n"]:
        """Its logarithm at each row, in nats, without the constant -p/2 log 2 pi."""
        return np.asarray(scipy.special.logsumexp(self.log_parts(y), axis=1))

    def log_parts(self, y: Float64[np.ndarray, "n p"]) -> Float64[np.ndarray, "n k"]:
        """The logs of w_k N(y; m_k, L_k L_k^T), without the constant."""
        parts = np.empty((len(y), len(self.weights)))
        for k, (weight, mean, root) in enumerate(
            zip(self.weights, self.means, self.roots, strict=True)
        ):
            # LAPACK's triangular solve takes 50 times as long for many columns of few numbers.
            white = (y - mean) @ np.linalg.inv(root).T
            log_volume = np.sum(np.log(np.diagonal(root)))
            parts[:, k] = np.log(weight) - log_volume - np.sum(white**2, axis=1) / 2
        return parts


@dataclass(frozen=True)
class Kernels:
    """The mean of N(f_j, I) over samples f_j: the law of y itself as they become many."""

    centres: Float64[np.ndarray, "j p"]

    def log_density(self, y: Float64[np.ndarray, "n p"]) -> Float64[np.ndarray, " n"]:
        """Its logarithm at each row, without the constant."""
        step = max(1, BLOCK // len(self.centres))
        parts = [self._log_mean(y[i : i + step]) for i in range(0, len(y), step)]
        return np.concatenate(parts)

    def _log_mean(self, y: Float64[np.ndarray, "n p"]) -> Float64[np.ndarray, " n"]:
        near = y @ self.centres.T
        near -= np.sum(self.centres**2, axis=1) / 2
        nearest = near.max(axis=1, keepdims=True)
        near -= nearest
        means = np.log(np.mean(np.exp(near, out=near), axis=1))
        return means + nearest[:, 0] - np.sum(y**2, axis=1) / 2


Density = Mixture | Kernels


def fit_kernels(signals: Float64[np.ndarray, "n p"]) -> Kernels:
    """The samples themselves, or the first of them if they are very many."""
    return Kernels(signals[:KERNELS])


def fit_mixture(
    signals: Float64[np.ndarray, "n p"], components: int, rng: np.random.Generator
) -> Mixture:
    """A mixture for f + e, by expectation and maximisation; every covariance is at least I."""
    fitted = _maximise(signals, _nearest(signals, components, rng))
    noisy = signals + rng.standard_normal(signals.shape)
    for _ in range(ROUNDS):
        parts = fitted.log_parts(noisy)
        shares = np.exp(parts - scipy.special.logsumexp(parts, axis=1, keepdims=True))
        fitted = _maximise(signals, shares[:, shares.sum(axis=0) > 1])
    return fitted


def _nearest(
    signals: Float64[np.ndarray, "n p"], components: int, rng: np.random.Generator
) -> Float64[np.ndarray, "n k"]:
    """1 where a sample is nearest to a seed; seeds are drawn far apart (k-means++), at most k."""
    apart = np.empty((len(signals), 0))
    chances = np.full(len(signals), 1.0)
    while apart.shape[1] < components and chances.sum() > 0:
        seed = signals[rng.choice(len(signals), p=chances / chances.sum())]
        apart = np.column_stack([apart, np.sum((signals - seed) ** 2, axis=1)])
        chances = apart.min(axis=1)
    return np.eye(apart.shape[1])[np.argmin(apart, axis=1)]


def _maximise(signals: Float64[np.ndarray, "n p"], shares: Float64[np.ndarray, "n k"]) -> Mixture:
    counts = shares.sum(axis=0)
    # Means and spread of what is released without its noise, whose part I is known.
    laws = [_root(signals, share / count) for share, count in zip(shares.T, counts, strict=True)]
    return Mixture(
        weights=counts / counts.sum(),
        means=np.stack([mean for mean, _ in laws]),
        roots=np.stack([root for _, root in laws]),
    )


def _root(
    signals: Float64[np.ndarray, "n p"], shares: Float64[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, " p"], Float64[np.ndarray, "p p"]]:
    """Mean, and Cholesky factor of covariance + I, under weights that sum to 1."""
    mean = shares @ signals
    centred = (signals - mean) * np.sqrt(shares)[:, None]
    return mean, np.linalg.cholesky(centred.T @ centred + np.eye(signals.shape[1]))
