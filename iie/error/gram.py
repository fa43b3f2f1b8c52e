"""Theorem 1 as it is written, through K = W S W^T + N, where K is so well conditioned that it may.

Nothing but W, W S and m x m matrices is held, so inputs of any size fit. K squares the condition
number of W S^{1/2} and the error is a difference from tr S, so the relative error of what comes out
is about eps cond(K) tr S / IIE; above `LIMIT` times eps, or where a rank is in doubt, this way says
nothing and `factorisation` answers.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import scipy
from jaxtyping import Float64

from iie import formula
from iie.covariance import Covariance
from iie.error.rank import deviations, lengths, relative_cutoff
from iie.releases import Linear

LIMIT = 1e4
KNOWN = 1e8  # up to this condition number the least eigenvalue of a computed K is not its rounding


class Gram(NamedTuple):
    """One release of full rank m.

    Attributes:
        shared: W S, or its coordinates in an isometry, for rows of W of unit length; "m q".
        precision: K^{-1}, rows of unit length.
        lengths: of the rows of W, in standard deviations of the prior.
        error: the IIE, in u^2.
        variance: tr S, in u^2.
        cutoff: the relative cut-off that no singular value of W is near.
    """

    shared: Float64[np.ndarray, "m q"]
    precision: Float64[np.ndarray, "m m"]
    lengths: Float64[np.ndarray, " m"]
    error: float
    variance: float
    cutoff: float


class Condition(NamedTuple):
    """Of one K, or of each of a stack.

    Attributes:
        number: its condition number, or a little more.
        smallest: a number that its least eigenvalue is not below.
    """

    number: Any
    smallest: Any


class _Products(NamedTuple):
    """W S or its coordinates in an isometry, and W S W^T, for rows of W of unit length."""

    shared: Float64[np.ndarray, "m q"]
    K: Float64[np.ndarray, "m m"]


def gram(S: Covariance, release: Linear, *, modes: bool = True) -> Gram | None:
    """The cheap way, or None where it may not be trusted.

    Args:
        S: of the prior.
        release: y = W x + b + e.
        modes: whether `shared` may be in other coordinates than x.
    """
    # As many rows as coordinates, without noise, leave no error, which no difference can show.
    if not 0 < release.outputs < release.dim + (release.noise is not None):
        return None
    modal = modes and type(S).modes is not Covariance.modes
    size = np.zeros(release.outputs)
    shared, K = (_modal_products if modal else _products)(S, release, size)
    if not size.all():
        return None
    precision, variance = _reciprocal(K), S.trace()
    if precision is None:
        return None
    known, cutoff = condition(K, precision), relative_cutoff(release, None)
    if not clear(known, cutoff, len(K), S.dim):
        return None
    if release.noise is not None:
        K = K + release.noise.dense() / size / size[:, None]
        precision = _reciprocal(K)
        if precision is None:
            return None
        known = condition(K, precision)
    error = float(variance - formula.explained(shared, precision))
    sure = known.number * variance < LIMIT * error
    return Gram(shared, precision, size, error, variance, cutoff) if sure else None


def reciprocals(K: Float64[np.ndarray, "b m m"]) -> Float64[np.ndarray, "b m m"]:
    """K^{-1} of each of a stack; infinite for those that have none."""
    try:
        return np.linalg.inv(K)
    except np.linalg.LinAlgError:
        if len(K) == 1:
            return np.full_like(K, np.inf)
        half = len(K) // 2
        return np.concatenate([reciprocals(K[:half]), reciprocals(K[half:])])


def clear(known: Condition, cutoff: float, m: int, d: int) -> Any:
    """Whether no decision of `rank` can find less than rank m, K being positive definite.

    K = A A^T with rows of W of unit length, whose correlations are at most 1: the singular values
    that `rank` judges are at least 1 / sqrt(m d) of the least of A.
    """
    return (known.smallest > cutoff**2 * m * d) & (known.number < KNOWN)


def condition(
    K: Float64[np.ndarray, "*b m m"], precision: Float64[np.ndarray, "*b m m"]
) -> Condition:
    """Condition number of K, whose rounding is that of W S W^T for rows of unit length.

    So a row that sees less than that costs digits, and noise that is larger than that costs none.
    """
    # At least 1, so K's least eigenvalue is no smaller than that of K / pair.
    unit = np.sqrt(np.maximum(np.diagonal(K, axis1=-2, axis2=-1), 1.0))
    pair = unit[..., None] * unit[..., None, :]
    largest = _norm(precision * pair)
    return Condition(np.maximum(_norm(K / pair), 1.0) * largest, 1 / largest)


def _reciprocal(K: Float64[np.ndarray, "m m"]) -> Float64[np.ndarray, "m m"] | None:
    """K^{-1} by Cholesky; None if K is not positive definite."""
    lower, failed = scipy.linalg.lapack.dpotrf(K.T, lower=True, clean=True)
    if failed:
        return None
    inverse, failed = scipy.linalg.lapack.dtrtri(lower, lower=True, overwrite_c=True)
    return None if failed else inverse.T @ inverse


def _norm(A: Float64[np.ndarray, "*b m m"]) -> Any:
    """(tr A^4)^(1/4): the largest eigenvalue of a symmetric matrix, or a little more."""
    squared = A @ A.mT  # which BLAS takes for symmetric: half the work
    return np.einsum("...ij,...ij->...", squared, squared) ** 0.25


def _unit_rows(
    S: Covariance, release: Linear, size: Float64[np.ndarray, " m"]
) -> Iterator[tuple[slice, Float64[np.ndarray, "n d"]]]:
    """Blocks of W, each row divided by its length, which goes into `size`.

    Ends before a block with a row that sees nothing, whose length is 0.
    """
    D = deviations(S)
    for place, rows in release.blocks():
        found = size[place] = lengths(rows, D)
        if not found.all():
            return
        yield place, rows / found[:, None]


def _products(S: Covariance, release: Linear, size: Float64[np.ndarray, " m"]) -> _Products:
    """For any S: S is applied to a block of rows at a time."""
    m, d = release.outputs, release.dim
    shared, K = np.empty((m, d)), np.empty((m, m))
    for place, unit in _unit_rows(S, release, size):
        shared[place] = S.apply(unit.T).T
        # The rows of W S so far are all that the lower triangle needs.
        K[place, : place.stop] = unit @ shared[: place.stop].T
        K[: place.start, place] = K[place, : place.start].T
    return _Products(shared, K)


def _modal_products(S: Covariance, release: Linear, size: Float64[np.ndarray, " m"]) -> _Products:
    """In coordinates where S is diagonal: half the transforms of `_products`."""
    shared, deviations = np.zeros(0), np.zeros(0)
    for place, unit in _unit_rows(S, release, size):
        modes = S.modes(unit.T)
        assert modes is not None  # S has its own
        if place.start == 0:
            deviations = modes.deviations
            shared = np.zeros((release.outputs, len(deviations)))
        shared[place] = modes.coordinates.T
    K = shared @ shared.T
    shared *= deviations
    return _Products(shared, K)
