"""The error of a code that varies in too many directions for a lattice: simulated releases."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int

from iie.attackers.simulation import Welford
from iie.error.lattice import BLOCK


@dataclass(frozen=True, eq=False)
class Simulated:
    """What the releases give.

    Attributes:
        total: the IIE.
        bits: of mutual information.
        standard_error: of `total`.
        moves: by how much `total` moves on the coarse nodes.
    """

    total: float
    bits: float
    standard_error: float
    moves: float


def simulated(
    x: Float64[np.ndarray, "n d"],
    p: Float64[np.ndarray, " n"],
    c: Float64[np.ndarray, "n k"],
    coarse: Int[np.ndarray, " m"],
    samples: int,
    rng: np.random.Generator,
) -> Simulated:
    """The mean over releases for unit noise."""
    squares, terms = np.sum(c**2, axis=1) / 2, np.column_stack([x, np.sum(x**2, axis=1)])
    errors, information, moves = Welford(), Welford(), Welford()
    block = max(1, BLOCK // len(x))
    with np.errstate(divide="ignore"):  # a node of weight 0 never is it
        logs = np.log(p) - squares
    for start in range(0, samples, block):
        drawn = rng.choice(len(x), size=min(block, samples - start), p=p)
        y = c[drawn] + rng.standard_normal((len(drawn), c.shape[1]))
        shares = y @ c.T + logs
        peak = shares.max(axis=1, keepdims=True)
        shares = np.exp(shares - peak)
        total = shares.sum(axis=1)
        # log p(y | x) - log p(y), up to a term in |y|^2 that both have.
        own = np.sum(y * c[drawn], axis=1) - squares[drawn]
        information.add((own - peak[:, 0] - np.log(total)) / math.log(2))
        variance = _variance(shares, terms)
        errors.add(variance)
        moves.add(variance - _variance(shares[:, coarse], terms[coarse]))
    error = errors.estimate()
    return Simulated(error.mean, information.mean, error.sem, abs(moves.mean))


def posterior_means(
    x: Float64[np.ndarray, "n d"],
    p: Float64[np.ndarray, " n"],
    c: Float64[np.ndarray, "n k"],
    y: Float64[np.ndarray, "m k"],
) -> Float64[np.ndarray, "m d"]:
    """E[x | y] for unit noise; the memory is that of m n numbers."""
    with np.errstate(divide="ignore"):
        logs = y @ c.T + np.log(p) - np.sum(c**2, axis=1) / 2
    shares = np.exp(logs - logs.max(axis=1, keepdims=True))
    return (shares @ x) / shares.sum(axis=1, keepdims=True)


def _variance(
    shares: Float64[np.ndarray, "m n"], terms: Float64[np.ndarray, "n k"]
) -> Float64[np.ndarray, " m"]:
    """Posterior variance of x, summed over coordinates, from unnormalised probabilities."""
    # A release may lie so far from all coarse nodes that none of them explains it.
    moments = (shares @ terms) / np.maximum(shares.sum(axis=1, keepdims=True), 1e-300)
    return np.maximum(moments[:, -1] - np.sum(moments[:, :-1] ** 2, axis=1), 0.0)
