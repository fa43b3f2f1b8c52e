"""Which rank-r filter leaks least among those that keep a chosen share of the class signal.

With S = S_w + S_b, any root S = F F^T, and P the orthogonal projector on the row space of W F,

    signal kept  tr((W S W^T)^{-1} W S_b W^T) = tr(P A),   A = F^{-1} S_b F^{-T}   (Pillai's trace)
    leaked       tr S - error                 = tr(P M),   M = F^T F

are linear in the same P. For w in [0, 1) the top r eigenvectors of w A - (1 - w) M therefore leak
least among all rank-r filters with at least their signal (Ky Fan, and Lagrange's sufficiency).
As w rises the kept signal rises; where it jumps, an eigenvalue is repeated, all choices within its
eigenspace maximise the same sum, and they form a connected set (a Grassmannian) on which the signal
takes every value between. So every share is reached by a global optimum: there are no gaps, and
the value of the dual problem certifies each result.

What is optimal is this signal and this leak. The accuracy of the result is computed, not optimised;
`error` is that of the best linear attacker, exact for a Gaussian x with covariance S. Under the
class mixture itself the ideal attacker's error lies between `error_given_label` and `error`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import SupportsFloat, SupportsInt

import numpy as np
import scipy
from jaxtyping import Float64

from iie._input import checks
from iie._input.types import ArrayLike
from iie.filters.discriminant import Accuracy as Accuracy
from iie.filters.discriminant import LinearDiscriminantModel, bayes_accuracy
from iie.filters.discriminant import lda_model as lda_model
from iie.filters.discriminant import sufficient_rank as sufficient_rank
from iie.records import Record

SHARE_TOLERANCE = 1e-12  # of all signal: what rounding may take from a share


@dataclass(frozen=True, eq=False, repr=False)
class FilterDesign(Record):
    """A filter that leaks least for the signal it keeps.

    Attributes:
        weight: W; its outputs are uncorrelated with variance 1 under the model.
        rank: r.
        share: kept part of tr(S^{-1} S_b), in [0, 1].
        error: smallest mean squared error of any linear attacker, summed, in u^2; the largest that
            any filter of this rank and share can have, up to `gap`. An upper bound on the ideal
            inversion error under the class mixture.
        relative: error / tr S.
        error_given_label: error of the ideal attacker who is told the class as well; a lower bound
            on the ideal inversion error under the class mixture.
        gap: no rank-r filter with this share has an error above error + gap, in u^2; from the dual
            problem. 0 at both ends of the range of shares, where the optimum is explicit.
        accuracy: of the best classifier of W x.
    """

    weight: Float64[np.ndarray, "r d"]
    rank: int
    share: float
    error: float
    relative: float
    error_given_label: float
    gap: float
    accuracy: Accuracy


def least_leaking_filter(
    model: LinearDiscriminantModel,
    rank: SupportsInt,
    share: SupportsFloat = 1.0,
    *,
    rng: np.random.Generator,
    samples: SupportsInt = 20_000,
) -> FilterDesign:
    """The rank-r filter with the largest error among those that keep this share of the signal.

    Globally optimal for the signal tr((W S W^T)^{-1} W S_b W^T) and the error
    tr S - tr(S W^T (W S W^T)^{-1} W S), see the head of this file. If the filter that leaks least
    of all keeps more than the share asked for, it is the answer.

    Args:
        model: the classes, from `lda_model`.
        rank: r, in 1..d.
        share: kept part of tr(S^{-1} S_b), in [0, 1]; 1 needs r >= `sufficient_rank(model)`.
        rng: source of randomness for the accuracy.
        samples: draws for the accuracy, where it is not exact.

    Raises:
        ValueError: if `rank` or `share` is outside its range, no filter of this rank keeps this
            share, or all class means are equal.

    Examples:
        >>> model = lda_model([[-1.0, 0.0], [1.0, 0.0]], np.eye(2))
        >>> design = least_leaking_filter(model, 1, rng=np.random.default_rng(0))
        >>> round(design.error, 12), round(design.share, 12)  # S = diag(2, 1): the first is seen
        (1.0, 1.0)

    Source: ours (Ky Fan's maximum principle, Lagrange duality).   Proof: proofs/lda.py
    """
    problem = _Problem(model, checks.integer("rank", rank, at_least=1, at_most=len(model.within)))
    V, gap = problem.solve(_share(share))
    return problem.describe(V, gap, rng, samples)


def trade_off(
    model: LinearDiscriminantModel,
    rank: SupportsInt,
    shares: ArrayLike | None = None,
    *,
    rng: np.random.Generator,
    samples: SupportsInt = 20_000,
) -> tuple[FilterDesign, ...]:
    """Least-leaking filters of one rank for several shares: signal and accuracy against error.

    Args:
        model: the classes, from `lda_model`.
        rank: r, in 1..d.
        shares: "n", each in [0, 1]; None is nine from the least leaking filter's to the largest.
        rng: source of randomness for the accuracies.
        samples: draws for each accuracy, where it is not exact.

    Raises:
        ValueError: as for `least_leaking_filter`.

    Source: ours.   Proof: proofs/lda.py
    """
    problem = _Problem(model, checks.integer("rank", rank, at_least=1, at_most=len(model.within)))
    if shares is None:
        wanted = np.linspace(problem.signal(problem.quietest), problem.max_share, 9)
    else:
        wanted = checks.real_array("shares", shares, 1)
    solutions = [problem.solve(_share(share)) for share in wanted]
    return tuple(problem.describe(V, gap, rng, samples) for V, gap in solutions)


class _Problem:
    """Signal and leak as quadratic forms, both scaled to trace 1, in the eigenbasis of S."""

    def __init__(self, model: LinearDiscriminantModel, rank: int) -> None:
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
            V = self._cut(_geodesic(below[1], V), share)
        return V, max(self.leak(V) - bound, 0.0)

    def _cut(
        self, path: Callable[[float], Float64[np.ndarray, "d r"]], share: float
    ) -> Float64[np.ndarray, "d r"]:
        """The first span on the path that keeps `share`; the last one does."""
        low, high = 0.0, 1.0
        for _ in range(53):  # all bits of t
            middle = (low + high) / 2
            low, high = (low, middle) if self.signal(path(middle)) >= share else (middle, high)
        return path(high)

    def describe(
        self,
        V: Float64[np.ndarray, "d r"],
        gap: float,
        rng: np.random.Generator,
        samples: SupportsInt,
    ) -> FilterDesign:
        """The filter with row space V, and what it does."""
        W = (V.T / np.sqrt(self.variances)) @ self.axes.T
        S_w, variance = self.model.within, self.variances.sum()
        L = np.linalg.cholesky(W @ S_w @ W.T)
        seen = scipy.linalg.solve_triangular(L, W @ S_w, lower=True)
        # What the span leaves: the error itself, not a difference of two traces.
        rest = np.maximum(1 - np.sum(V**2, axis=1), 0.0)
        error = float(self.variances @ rest)
        return FilterDesign(
            weight=W,
            rank=self.rank,
            share=self.signal(V),
            error=error,
            relative=error / variance,
            error_given_label=max(float(np.trace(S_w) - np.sum(seen**2)), 0.0),
            gap=gap * variance,
            accuracy=bayes_accuracy(self.model, W, rng=rng, samples=samples),
        )


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


def _geodesic(
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


def _share(value: SupportsFloat) -> float:
    share = float(value)
    if not 0 <= share <= 1:
        msg = f"`share` must be in [0, 1], got {share}"
        raise ValueError(msg)
    return share
