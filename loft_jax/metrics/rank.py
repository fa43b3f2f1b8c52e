"""How many dimensions a cloud of vectors really fills."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Rank(NamedTuple):
    """Two answers to one question.

    Attributes:
        numerical: singular values above `cutoff` x the largest.
        effective: exp of the entropy of the singular values' shares, between 1 and `numerical`
            (Roy and Vetterli, "The effective rank", EUSIPCO 2007); 0 for a zero matrix.
        cutoff: relative cut-off of the numerical rank.
    """

    numerical: int
    effective: float
    cutoff: float


def matrix_rank(matrix: Float[np.ndarray, "n d"]) -> Rank:
    """Rank of a float32 matrix; cut-off max(n, d) x float32 epsilon, as numpy.linalg.matrix_rank.

    The singular values are computed in float64: the cut-off is the rounding of the entries, not of
    the decomposition.
    """
    return spectral_rank(np.linalg.svd(matrix.astype(np.float64), compute_uv=False), matrix.shape)


def spectral_rank(values: Float[np.ndarray, " k"], shape: tuple[int, ...]) -> Rank:
    """Rank of a float32 matrix of this shape by its singular values, the largest first."""
    cutoff = max(shape) * float(np.finfo(np.float32).eps)
    if values.size == 0 or values[0] == 0:
        return Rank(0, 0.0, cutoff)
    shares = values[values > 0] / values.sum()
    entropy = -float(np.sum(shares * np.log(shares)))
    return Rank(int(np.sum(values > cutoff * values[0])), float(np.exp(entropy)), cutoff)


def sample_rank(samples: Float[np.ndarray, "n d"]) -> Rank:
    """Rank of the centred samples: the directions in which they vary."""
    return matrix_rank(samples - samples.mean(axis=0, keepdims=True, dtype=np.float64))
