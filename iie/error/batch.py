"""Theorem 1 for many filters of one prior at once."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int

from iie import formula
from iie._input import checks
from iie._input.arrays import as_numpy
from iie._input.types import ArrayLike
from iie.covariance import Covariance, DenseCovariance, as_covariance
from iie.error.gram import LIMIT, clear, condition, reciprocals
from iie.error.linear import linear_error
from iie.error.rank import deviations, lengths, relative_cutoff
from iie.laws import Gaussian
from iie.records import Record
from iie.releases import Linear

BLOCK = 2**18  # numbers of W at once: 2 MiB stay in a cache
CACHED = 256  # d up to which S stays in one, 512 KiB
ALONE = 2**20  # multiplications from which OpenBLAS shares a product between threads


@dataclass(frozen=True, eq=False, repr=False)
class InversionErrors(Record):
    """The ideal inversion errors of a stack of filters, all for x ~ N(mu, S).

    Attributes:
        total: of each, summed over coordinates, in u^2.
        rank: numerical rank of each W S^{1/2}.
        variance: tr S, in u^2.
    """

    total: Float64[np.ndarray, "..."]
    rank: Int[np.ndarray, "..."]
    variance: float

    @property
    def relative(self) -> Float64[np.ndarray, "..."]:
        """Share of tr S in [0, 1] that is left; 0 when tr S = 0."""
        if not self.variance > 0:
            return np.zeros_like(self.total)
        return np.minimum(self.total / self.variance, 1.0)


def inversion_errors(covariance: Covariance | ArrayLike, weights: Any) -> InversionErrors:
    """`ideal_inversion_error` of each W of a stack, at the price of one batched formula.

    Filters of full rank that are well conditioned go through `iie.formula` together; each of the
    others is computed by itself, to the same number as alone.

    Args:
        covariance: S, "d d", a covariance operator or a Gaussian, in u^2; may be singular.
        weights: W, "... m d", any number of batch axes in front.

    Raises:
        ValueError: if S is no covariance, or `weights` is not a finite real array of at least three
            axes, the last of length d.

    Examples:
        >>> inversion_errors(np.eye(5), [np.eye(5)[:2], np.eye(5)[2:4] * 3.0]).total
        array([3., 3.])

    Source: references.bib:yu2026rank, Theorem 1.   Proof: proofs/theorem_1.py
    """
    S = as_covariance(covariance)
    given = as_numpy("weights", weights)
    if given.ndim < 3 or given.shape[-1] != S.dim:
        msg = f"`weights` must be a stack of matrices, (..., m, {S.dim}), got shape {given.shape}"
        raise ValueError(msg)
    batch, (m, d) = given.shape[:-2], given.shape[-2:]
    stack = given.reshape(math.prod(batch), m, d)
    total = np.zeros(len(stack))
    rank = np.full(len(stack), m)
    step = max(1, BLOCK // max(1, m * d))
    for start in range(0, len(stack), step):
        place = slice(start, start + step)
        total[place], sure = _together(S, stack[place])
        for i in start + np.flatnonzero(~sure):
            found = linear_error(Gaussian(S), Linear(stack[i]), None)
            total[i], rank[i] = found.total, found.rank
    return InversionErrors(total.reshape(batch), rank.reshape(batch), S.trace())


def _together(S: Covariance, given: np.ndarray) -> tuple[Float64[np.ndarray, " b"], np.ndarray]:
    """The error of each by the formula, and whether it may be trusted."""
    W = checks.real_array("weights", given, 3)
    b, m, d = W.shape
    size = lengths(W, deviations(S))
    sees = (size > 0).all(axis=1) & (0 < m < d)  # m = d leaves no error, see `gram`
    if not sees.any():
        return np.zeros(b), sees
    W /= np.where(size > 0, size, 1.0)[..., None]
    shared = _shared(S, W)
    K = shared @ W.mT
    precision = reciprocals(K)
    positive = np.diagonal(precision, axis1=1, axis2=2) > 0
    regular = np.isfinite(precision).all(axis=(1, 2)) & positive.all(axis=1) & sees
    precision[~regular] = np.eye(m)
    variance = S.trace()
    error = variance - formula.explained(shared, precision)
    known, cutoff = condition(K, precision), relative_cutoff(Linear(given[0]), None)
    sure = regular & clear(known, cutoff, m, d) & (known.number * variance < LIMIT * error)
    return error, sure


def _shared(S: Covariance, W: Float64[np.ndarray, "b m d"]) -> Float64[np.ndarray, "b m d"]:
    """W S of each: as one product, or one by one where that starts no threads to wait for."""
    _, m, d = W.shape
    if isinstance(S, DenseCovariance) and d <= CACHED and m * d * d < ALONE:
        return W @ S.matrix
    return S.apply(W.reshape(-1, d).T).T.reshape(W.shape)
