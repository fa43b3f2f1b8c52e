"""Gaussians that compete for one release y: where two of them do, and how much at most.

With the weighted densities a_k(y) = p_k N(y; c_k, S_k) of the components, whatever a sum over pairs
j < k weighs by at most min(a_j, a_k) is found where both are large. The bridge of a pair is the
Gaussian g proportional to a_j^t a_k^(1-t); then min(a_j, a_k) <= a_j^t a_k^(1-t) = B g for every t
in [0, 1], and B is smallest at Chernoff's t. Draws of y from bridges, a pair chosen with
probability proportional to its B, therefore carry bounded values: their standard error is honest
however far apart or rare the components are. Draws from the mixture itself would nearly never meet
the few y that are ambiguous.

Source: ours; B at its smallest is Chernoff's bound (references.bib:cover2006elements, section
11.9).   Proof: proofs/mixture.py
"""

from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float64, Int

HALVINGS = 40  # of the interval of t; any t is right, the best one has the smallest variance


@dataclass(frozen=True, eq=False)
class Rivals:
    """Components of a mixture in p coordinates z, all of positive weight.

    Attributes:
        logs: log p_k.
        centres: c_k.
        whiteners: L_k^{-1} with L_k L_k^T = S_k, lower triangular; one for all if they are equal.
    """

    logs: Float64[np.ndarray, " k"]
    centres: Float64[np.ndarray, "k p"]
    whiteners: Float64[np.ndarray, "one_or_k p p"]

    @property
    def alike(self) -> bool:
        """Whether all components share one covariance."""
        return len(self.whiteners) == 1

    def whitener(self, k: int) -> Float64[np.ndarray, "p p"]:
        """L_k^{-1}."""
        return self.whiteners[0 if self.alike else k]

    def log_densities(self, z: Float64[np.ndarray, "n p"]) -> Float64[np.ndarray, "n k"]:
        """Log a_k(z), up to a constant that all share."""
        out = np.tile(self.logs, (len(z), 1))
        for k, centre in enumerate(self.centres):
            A = self.whitener(k)
            out[:, k] += np.sum(np.log(np.diagonal(A)))
            out[:, k] -= np.sum(((z - centre) @ A.T) ** 2, axis=1) / 2
        return out

    def shares(self, z: Float64[np.ndarray, "n p"]) -> Float64[np.ndarray, "n k"]:
        """pi_k(z) = a_k / sum_j a_j, the probability that z came from component k."""
        return scipy.special.softmax(self.log_densities(z), axis=1)


@dataclass(frozen=True, eq=False)
class Bridges:
    """All pairs of some rivals, with the Gaussian that stands between each.

    Attributes:
        rivals: the components.
        pairs: j < k, one pair a row.
        t: exponent of a_j.
        logs: log B.
    """

    rivals: Rivals
    pairs: Int[np.ndarray, "n 2"]
    t: Float64[np.ndarray, " n"]
    logs: Float64[np.ndarray, " n"]

    def moments(self, i: int) -> tuple[Float64[np.ndarray, " p"], Float64[np.ndarray, "p p"]]:
        """Mean of the bridge of pair i, and a root R of its covariance, R R^T."""
        (j, k), t = self.pairs[i].tolist(), self.t[i]
        A, one = self.rivals.whitener(j), self.rivals.centres[j]
        delta, s, U = _standard(self.rivals, j, np.array([k]))
        precision = t + (1 - t) / s[0] ** 2
        back = scipy.linalg.solve_triangular(A, U[0], lower=True)
        mean = one + back @ ((1 - t) / s[0] ** 2 / precision * delta[0])
        return mean, back / np.sqrt(precision)

    def draw(
        self, chosen: Int[np.ndarray, " n"], rng: np.random.Generator
    ) -> Float64[np.ndarray, "n p"]:
        """One z from the bridge of each chosen pair."""
        centres, p = self.rivals.centres, self.rivals.centres.shape[1]
        z = rng.standard_normal((len(chosen), p))
        if self.rivals.alike:
            t = self.t[chosen, None]
            one, other = (centres[column] for column in self.pairs[chosen].T)
            z = scipy.linalg.solve_triangular(self.rivals.whitener(0), z.T, lower=True).T
            return t * one + (1 - t) * other + z
        for i in np.unique(chosen):
            here = chosen == i
            mean, root = self.moments(int(i))
            z[here] = mean + z[here] @ root.T
        return z

    def of_pair(
        self, chosen: Int[np.ndarray, " n"], logs: Float64[np.ndarray, "n k"]
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
        """Logarithms of a_j, a_k and B g = a_j^t a_k^(1-t), from all log densities."""
        rows, t = np.arange(len(chosen)), self.t[chosen]
        one, other = (logs[rows, column] for column in self.pairs[chosen].T)
        return one, other, t * one + (1 - t) * other


def bridges(rivals: Rivals) -> Bridges:
    """The bridges of all pairs, each with the t in [0, 1] of its smallest bound B."""
    count = len(rivals.logs)
    pairs = np.stack(np.triu_indices(count, 1), axis=1)
    found = [_best(rivals, j) for j in range(count - 1)]
    t, logs = (np.concatenate([part[i] for part in found] or [[]]) for i in (0, 1))
    return Bridges(rivals, pairs, t, logs)


def _best(rivals: Rivals, j: int) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """(t, log B) of component j with each later one."""
    others = np.arange(j + 1, len(rivals.logs))
    delta, s, _ = _standard(rivals, j, others)

    def log_bound(t: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
        rest = (1 - t)[:, None] / s**2
        precision = t[:, None] + rest
        log_mass = -(1 - t) * np.sum(np.log(s), axis=1) - np.sum(np.log(precision), axis=1) / 2
        log_mass -= t * np.sum(rest * delta**2 / precision, axis=1) / 2
        return t * rivals.logs[j] + (1 - t) * rivals.logs[others] + log_mass

    # The bound is convex in t (Hoelder), so thirds of the interval can be left out.
    low, high = np.zeros(len(others)), np.ones(len(others))
    for _ in range(HALVINGS):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        falls = log_bound(left) > log_bound(right)
        low, high = np.where(falls, left, low), np.where(falls, high, right)
    ends = np.stack([np.zeros_like(low), (low + high) / 2, np.ones_like(low)])
    bounds = np.stack([log_bound(t) for t in ends])
    best = np.argmin(bounds, axis=0), np.arange(len(others))
    return ends[best], bounds[best]


def _standard(
    rivals: Rivals, j: int, others: Int[np.ndarray, " n"]
) -> tuple[Float64[np.ndarray, "n p"], Float64[np.ndarray, "n p"], Float64[np.ndarray, "n p p"]]:
    """(d, s, U): in U^T L_j^{-1} (z - c_j), component j is N(0, I) and the other N(d, s^2)."""
    A, p = rivals.whitener(j), rivals.centres.shape[1]
    shift = (rivals.centres[others] - rivals.centres[j]) @ A.T
    if rivals.alike:
        return shift, np.ones_like(shift), np.broadcast_to(np.eye(p), (len(others), p, p))
    U, s, _ = np.linalg.svd(A @ np.linalg.inv(rivals.whiteners[others]))
    return np.einsum("npq,np->nq", U, shift), s, U
