"""The rank-r filter that leaks least to the best linear attacker: a global optimum, certified.

With S = S_w + S_b, any root S = F F^T, and P the orthogonal projector on the row space of W F,

    signal kept  tr((W S W^T)^{-1} W S_b W^T) = tr(P A),   A = F^{-1} S_b F^{-T}   (Pillai's trace)
    leaked       tr S - error                 = tr(P M),   M = F^T F

are linear in the same P. For w in [0, 1) the top r eigenvectors of w A - (1 - w) M therefore leak
least among all rank-r filters with at least their signal (Ky Fan, and Lagrange's sufficiency).
As w rises the kept signal rises; where it jumps, an eigenvalue is repeated, all choices within its
eigenspace maximise the same sum, and they form a connected set (a Grassmannian) on which the signal
takes every value between. So every share is reached by a global optimum: there are no gaps, and
the value of the dual problem certifies each result.
"""

from collections.abc import Callable

import numpy as np
import scipy
from jaxtyping import Float64

from iie.filters.discriminant import LinearDiscriminantModel, sufficient_rank

SHARE_TOLERANCE = 1e-12  # of all signal: what rounding may take from a share


class LinearDesign:
    """Signal and leak as quadratic forms, both scaled to trace 1, in the eigenbasis of S."""

    def __init__(self, model: LinearDiscriminantModel, rank: int) -> None:
        """Both forms, and the spans of most signal and of least leak.

        Raises:
            ValueError: if all class means are equal.
        """
        self.model, self.rank = model, rank
        self.variances, self.axes = np.linalg.eigh(model.total)
        roots = (model.centred.T * np.sqrt(model.priors)).T @ self.axes / np.sqrt(self.variances)
        if np.linalg.norm(roots) <= np.finfo(float).eps * np.linalg.norm(model.means):
            msg = "`means` must differ between classes, got no between-class signal"
            raise ValueError(msg)
        self.A = roots.T @ roots / np.sum(roots**2)
        self.M = np.diag(self.variances / self.variances.sum())
        self.richest = _lexicographic(self.A, -self.M, rank)
        self.quietest = _lexicographic(-self.M, self.A, rank)
        self.max_share = self.signal(self.richest)

    def signal(self, V: Float64[np.ndarray, "d r"]) -> float:
        """Share of the signal in the span of V."""
        return min(float(np.sum(V * (self.A @ V))), 1.0)

    def leak(self, V: Float64[np.ndarray, "d r"]) -> float:
        """Share of tr S in the span of V."""
        return float(np.sum(V**2 * self.M.diagonal()[:, None]))

    def solve(self, share: float) -> tuple[Float64[np.ndarray, "d r"], float]:
        """The span that keeps `share` and leaks least, with the duality gap as a share of tr S."""
        from scipy.optimize import brentq

        if share > self.max_share + SHARE_TOLERANCE:
            msg = (
                f"`share` must be at most {self.max_share:.6g}, what the best filter of rank"
                f" {self.rank} keeps (share 1 needs rank {sufficient_rank(self.model)}),"
                f" got {share}"
            )
            raise ValueError(msg)
        if share >= self.max_share - SHARE_TOLERANCE:
            return self.richest, 0.0
        if share <= self.signal(self.quietest):
            return self.quietest, 0.0
        below, above, bound = (0.0, self.quietest), (1.0, self.richest), 0.0

        def excess(w: float) -> float:
            nonlocal below, above, bound
            if w in (0.0, 1.0):
                return self.signal((below if w == 0 else above)[1]) - share
            values, V = _top(w * self.A - (1 - w) * self.M, self.rank)
            # Dual bound: (1 - w) tr(P M) >= w tr(P A) - (sum of the top r eigenvalues).
            bound = max(bound, (w * share - values.sum()) / (1 - w))
            kept = self.signal(V)
            if kept < share:
                below = max(below, (w, V), key=lambda pair: pair[0])
            else:
                above = min(above, (w, V), key=lambda pair: pair[0])
            return kept - share

        brentq(excess, 0.0, 1.0, xtol=1e-14, rtol=8 * np.finfo(float).eps)
        V = above[1]
        if self.signal(V) > share + SHARE_TOLERANCE:
            # A jump: the spans on the way between both sides are all optimal.
            V = first_with(self.signal, geodesic(below[1], V), share)
        return V, max(self.leak(V) - bound, 0.0)

    def filter(self, V: Float64[np.ndarray, "d r"]) -> Float64[np.ndarray, "r d"]:
        """W with row space V; its outputs are uncorrelated with variance 1."""
        return (V.T / np.sqrt(self.variances)) @ self.axes.T


def first_with(
    signal: Callable[[Float64[np.ndarray, "d r"]], float],
    path: Callable[[float], Float64[np.ndarray, "d r"]],
    share: float,
) -> Float64[np.ndarray, "d r"]:
    """The first span on a path that keeps `share`; the last one does."""
    low, high = 0.0, 1.0
    for _ in range(53):  # all bits of t
        middle = (low + high) / 2
        low, high = (low, middle) if signal(path(middle)) >= share else (middle, high)
    return path(high)


def _top(
    H: Float64[np.ndarray, "d d"], r: int
) -> tuple[Float64[np.ndarray, " r"], Float64[np.ndarray, "d r"]]:
    """The r largest eigenvalues in rising order, and their eigenvectors."""
    d = len(H)
    values, V = scipy.linalg.eigh(H, subset_by_index=[d - r, d - 1])
    return values, V


def _lexicographic(
    first: Float64[np.ndarray, "d d"], second: Float64[np.ndarray, "d d"], r: int
) -> Float64[np.ndarray, "d r"]:
    """The r-dimensional span of largest tr(P first), among those of largest tr(P second)."""
    values, vectors = np.linalg.eigh(first)
    tie = 1e-12 * np.abs(values).max()
    last = values[-r]
    sure, tied = vectors[:, values > last + tie], np.abs(values - last) <= tie
    choice = vectors[:, tied]
    _, inside = _top(choice.T @ second @ choice, r - sure.shape[1])
    return np.hstack([sure, choice @ inside])


def geodesic(
    start: Float64[np.ndarray, "d r"], end: Float64[np.ndarray, "d r"]
) -> Callable[[float], Float64[np.ndarray, "d r"]]:
    """The shortest path between two spans: t in [0, 1] to an orthonormal basis."""
    left, cosines, right = np.linalg.svd(start.T @ end)
    origin, target = start @ left, end @ right.T
    normal = target - origin * cosines
    sines = np.linalg.norm(normal, axis=0)
    angles = np.arctan2(sines, cosines)
    normal = np.divide(normal, sines, out=np.zeros_like(normal), where=sines > 0)
    return lambda t: np.linalg.qr(origin * np.cos(t * angles) + normal * np.sin(t * angles)).Q
