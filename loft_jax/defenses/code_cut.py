"""A plain head cut to r chosen numbers of its features, behind which classes are told anew.

Which numbers is a file each: random ones, those that tell most of the class, those that tell least
of the features. The head behind them is the best linear one there is for Gaussian classes, so that
heads of one rank differ in what they let through and as little as may be in what they can name.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float64, Int

from loft_jax.defenses.compressed import Cut, met, numbers
from loft_jax.defenses.compression import OF_FEATURES, Compressed, check_rank
from loft_jax.nets.head import LinearHead

SHRUNK = 1e-3
"""Share of their mean that all variances within classes have at least."""


@dataclass(frozen=True)
class CodeCut(Cut, abc.ABC):
    """Features -> U z, r numbers -> linear discriminant analysis; nothing is trained."""

    def most(self, features: int, classes: int) -> tuple[int, str]:
        """The feature width."""
        return features, OF_FEATURES

    @abc.abstractmethod
    def rows(self, model: Any) -> Float64[np.ndarray, "r d"]:
        """U.

        Args:
            model: of the classes, an `iie.LinearDiscriminantModel`.
        """

    def cut(self, head: LinearHead, features: Callable[[], Float[np.ndarray, "n d"]]) -> Compressed:
        """By the features of the training pictures, in the classes that the head itself names."""
        weight, bias = numbers(head)
        z = met(head, features()).astype(np.float64)
        check_rank(self.rank, z.shape[1], OF_FEATURES)
        scores = z @ weight + bias
        model = classes_of(z, scores.argmax(axis=1))
        return behind(self.rows(model), model, z, scores)


def classes_of(z: Float64[np.ndarray, "n d"], labels: Int[np.ndarray, " n"]) -> Any:
    """The Gaussian classes with these members, an `iie.LinearDiscriminantModel`.

    They share one covariance, and weigh as many members as they have.
    """
    from iie import lda_model

    known, place, members = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.stack([z[labels == k].mean(axis=0) for k in known])
    apart = z - means[place]
    within = apart.T @ apart / len(z)
    least = SHRUNK * max(np.trace(within) / len(within), np.finfo(np.float32).tiny)
    return lda_model(means, within + least * np.eye(len(within)), members)


def quietest(model: Any, r: int) -> Float64[np.ndarray, "r d"]:
    """The r directions in which features vary least: all there is to choose for a single class."""
    return np.linalg.eigh(model.total)[1][:, :r].T


def behind(
    U: Float64[np.ndarray, "r d"],
    model: Any,
    z: Float64[np.ndarray, "n d"],
    scores: Float64[np.ndarray, "n k"],
) -> Compressed:
    """The plain head whose logits are the discriminant scores of the code U z.

        score_k = m_k^T C^-1 U z - m_k^T C^-1 m_k / 2,    m_k = U mean_k,  C = U S_w U^T

    up to one factor, with which own scores are as far above the mean in the mean as before: heads
    that are surer than the one that was cut would give other gradients for that reason alone. A
    class that the head names for no picture gets the lowest score. `retention` is the share of the
    features' variance that the code tells a linear attacker.

    Args:
        U: what the code is.
        model: of the classes that are named.
        z: features.
        scores: logits of the head that is cut.
    """
    named = np.unique(scores.argmax(axis=1))
    centre = model.priors @ model.means
    means = (model.means - centre) @ U.T
    slopes = np.linalg.solve(U @ model.within @ U.T, means.T)
    heights = -np.sum(means * slopes.T, axis=1) / 2
    kernel, bias = (
        np.zeros((len(centre), scores.shape[1])),
        np.full(scores.shape[1], heights.min() - 1),
    )
    kernel[:, named] = U.T @ slopes
    bias[named] = heights - centre @ kernel[:, named]
    factor = _lead(scores) / max(_lead(z @ kernel + bias), 1e-12)
    told = U @ model.total
    seen = np.trace(np.linalg.solve(told @ U.T, told @ told.T)) / np.trace(model.total)
    return Compressed(factor * kernel, factor * bias, float(min(seen, 1.0)))


def _lead(scores: Float64[np.ndarray, "n k"]) -> float:
    """How far the highest score is above the mean one, in the mean."""
    return float(np.mean(scores.max(axis=1) - scores.mean(axis=1)))
