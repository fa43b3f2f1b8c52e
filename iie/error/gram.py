"""Theorem 1 as it is written, through K = W S W^T + N, where K is so well conditioned that it may.

Nothing but W, W S and m x m matrices is held, so inputs of any size fit. K squares the condition
number of W S^{1/2} and the error is a difference from tr S, so the relative error of what comes out
is about eps cond(K) tr S / IIE; above `LIMIT` times eps, or where a rank is in doubt, this way says
nothing and `factorisation` answers.
"""

from typing import Any, NamedTuple

import numpy as np
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
    """

    shared: Float64[np.ndarray, "m q"]
    precision: Float64[np.ndarray, "m m"]
    lengths: Float64[np.ndarray, " m"]
    error: float


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
    if not 0 < release.outputs <= release.dim:
        return None
    D = deviations(S)
    size = np.concatenate([lengths(rows, D) for _, rows in release.blocks()])
    if not np.all(size > 0):
        return None
    modal = modes and type(S).modes is not Covariance.modes
    shared, K = (_modal_products if modal else _products)(S, release, size)
    precision, variance = reciprocal(K), S.trace()
    known = condition(K, precision)
    if not clear(precision, known, relative_cutoff(release, None), S.dim):
        return None
    if release.noise is not None:
        K = K + release.noise.dense() / size / size[:, None]
        precision = reciprocal(K)
        known = condition(K, precision)
    error = float(variance - formula.explained(shared, precision))
    return Gram(shared, precision, size, error) if known * variance < LIMIT * error else None


def reciprocal(K: Float64[np.ndarray, "*b m m"]) -> Float64[np.ndarray, "*b m m"]:
    """K^{-1}; infinite for those in a stack that have none."""
    try:
        return np.linalg.inv(K)
    except np.linalg.LinAlgError:
        if K.ndim == 2 or len(K) == 1:
            return np.full_like(K, np.inf)
        half = len(K) // 2
        return np.concatenate([reciprocal(K[:half]), reciprocal(K[half:])])


def clear(precision: Float64[np.ndarray, "*b m m"], known: Any, cutoff: float, d: int) -> Any:
    """Whether no decision of `rank` can find less than rank m, given K^{-1} and `condition`.

    K = A A^T with rows of W of unit length, whose correlations are at most 1: the singular values
    that `rank` judges are at least 1 / sqrt(m d) of the least of A.
    """
    above = 1 / _norm(precision) > cutoff**2 * precision.shape[-1] * d
    return above & (known < KNOWN) & (_diagonal(precision) > 0).all(axis=-1)


def condition(K: Float64[np.ndarray, "*b m m"], precision: Float64[np.ndarray, "*b m m"]) -> Any:
    """Condition number of K, whose rounding is that of W S W^T for rows of unit length.

    So a row that sees less than that costs digits, and noise that is larger than that costs none.
    """
    unit = np.sqrt(np.maximum(_diagonal(K), 1.0))
    pair = unit[..., None] * unit[..., None, :]
    return np.maximum(_norm(K / pair), 1.0) * _norm(precision * pair)


def _norm(A: Float64[np.ndarray, "*b m m"]) -> Any:
    """(tr A^4)^(1/4): the largest eigenvalue of a symmetric matrix, or a little more."""
    squared = A @ A
    return np.einsum("...ij,...ij->...", squared, squared) ** 0.25


def _diagonal(A: Float64[np.ndarray, "*b m m"]) -> Float64[np.ndarray, "*b m"]:
    return np.diagonal(A, axis1=-2, axis2=-1)


def _products(S: Covariance, release: Linear, size: Float64[np.ndarray, " m"]) -> _Products:
    """For any S: S is applied to a block of rows at a time."""
    m, d = release.outputs, release.dim
    shared, K = np.empty((m, d)), np.empty((m, m))
    for place, rows in release.blocks():
        unit = rows / size[place, None]
        shared[place] = S.apply(unit.T).T
        # The rows of W S so far are all that the lower triangle needs.
        K[place, : place.stop] = unit @ shared[: place.stop].T
        K[: place.start, place] = K[place, : place.start].T
    return _Products(shared, K)


def _modal_products(S: Covariance, release: Linear, size: Float64[np.ndarray, " m"]) -> _Products:
    """In coordinates where S is diagonal: half the transforms of `_products`."""
    shared, deviations = np.empty(0), np.empty(0)
    for place, rows in release.blocks():
        modes = S.modes((rows / size[place, None]).T)
        assert modes is not None  # S has its own
        if place.start == 0:
            deviations = modes.deviations
            shared = np.empty((release.outputs, len(deviations)))
        shared[place] = modes.coordinates.T
    K = shared @ shared.T
    shared *= deviations
    return _Products(shared, K)
