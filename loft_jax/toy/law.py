"""The law of the toy: three classes in the plane, each Gaussian, known to everybody."""

import numpy as np
from jaxtyping import Float, Float64, Int
from scipy.special import softmax

from iie import GaussianMixture

CLASSES = 3
RADIUS = 2.0  # of the circle on which the means lie
DEVIATIONS = (0.9, 0.55)  # of every class, along and across the circle
PUBLIC_DEVIATION = 2.5  # of each coordinate where an attack starts


def three_classes() -> GaussianMixture:
    """The law N(m_k, S_k), k = 1..3 with probability 1/3: m_k on a circle, S_k long along it."""
    angles = np.pi / 2 + 2 * np.pi * np.arange(CLASSES) / CLASSES
    outward = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    along = np.stack([-outward[:, 1], outward[:, 0]], axis=1)
    long, short = np.square(DEVIATIONS)
    covariances = [
        long * np.outer(a, a) + short * np.outer(o, o) for a, o in zip(along, outward, strict=True)
    ]
    return GaussianMixture(np.full(CLASSES, 1 / CLASSES), RADIUS * outward, covariances)


def class_log_densities(
    law: GaussianMixture, x: Float[np.ndarray, "n 2"]
) -> Float64[np.ndarray, "n k"]:
    """The logarithms of p_k N(x; m_k, S_k)."""
    columns = []
    for p, mean, S in zip(law.weights, law.means, law.components, strict=True):
        L = np.linalg.cholesky(S.dense())
        z = np.linalg.solve(L, (x - mean).T)
        columns.append(
            np.log(p) - np.sum(z**2, axis=0) / 2 - np.sum(np.log(np.diagonal(L) ** 2)) / 2
        )
    return np.stack(columns, axis=1) - np.log(2 * np.pi)


def class_shares(law: GaussianMixture, x: Float[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n k"]:
    """The probability of each class at each point."""
    return softmax(class_log_densities(law, x), axis=1)


def bayes_class(law: GaussianMixture, x: Float[np.ndarray, "n 2"]) -> Int[np.ndarray, " n"]:
    """The most probable class of each point."""
    return class_log_densities(law, x).argmax(axis=1)


def public_starts(n: int, rng: np.random.Generator) -> Float64[np.ndarray, "{n} 2"]:
    """Points of a broad Gaussian that knows where the data lie, and nothing of the classes."""
    return PUBLIC_DEVIATION * rng.standard_normal((n, 2))
