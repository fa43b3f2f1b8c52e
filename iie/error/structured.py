"""Theorem 1 without d x d matrices: only W, S W^T and m x m matrices are held.

Two ways. Cholesky of K = W S W^T + N, when K is well conditioned: its error is at most about
eps cond(K) tr S, and cond(K) < 1e8 is required (so digits of the order of eps tr S in practice).
Otherwise orthonormal bases of the rows of W and of W S^{1/2} replace K, whose condition number is
never squared: the error is a small multiple of eps tr S. Both subtract from tr S, so the relative
error grows as tr S / IIE.
"""

from typing import Any, NamedTuple

import numpy as np
import scipy
from jaxtyping import Float64

from iie.covariance import Covariance
from iie.error.factorisation import noise_axes
from iie.releases import BLOCK, Linear

MAX_CONDITION = 1e8


class StructuredError(NamedTuple):
    """IIE in u^2, and the numerical rank of W S^{1/2}."""

    total: float
    rank: int


class Gram(NamedTuple):
    """W S, "m d", and the lower Cholesky factor of W S W^T + N; `rank` is m if N = 0."""

    shared: Float64[np.ndarray, "m q"]
    lower: Float64[np.ndarray, "m m"]
    rank: int | None


class _Products(NamedTuple):
    """W S or its coordinates in an isometry, the lower triangle of W S W^T, and ||W||_F^2."""

    shared: Float64[np.ndarray, "m q"]
    K: Float64[np.ndarray, "m m"]
    frobenius: float


def structured_error(S: Covariance, release: Linear, cutoff: float) -> StructuredError:
    """The IIE of a Gaussian prior, by the cheaper way that is safe."""
    gram = None
    if 0 < release.outputs <= release.dim:
        products = _modal_products(S, release) or _products(S, release)
        gram = _cholesky(products, S, release, cutoff)
    if gram is None:
        return _orthonormal(S, release, cutoff)
    # tr(K^{-1} W S S W^T): two products of W's size in all, the triangular solve would be slower.
    both = gram.shared @ gram.shared.T
    seen = np.trace(scipy.linalg.cho_solve((gram.lower, True), both, check_finite=False))
    rank = _rank(S, release, cutoff) if gram.rank is None else gram.rank
    return StructuredError(max(S.trace() - float(seen), 0.0), rank)


def cholesky_gram(S: Covariance, release: Linear, cutoff: float) -> Gram | None:
    """W S and Cholesky of K, or None if K may be worse conditioned than 1e8 or than `cutoff`."""
    if not 0 < release.outputs <= release.dim:
        return None
    return _cholesky(_products(S, release), S, release, cutoff)


def _products(S: Covariance, release: Linear) -> _Products:
    """For any S: S is applied to a block of rows at a time."""
    m, d = release.outputs, release.dim
    shared = np.empty((m, d))
    K = np.zeros((m, m), order="F")
    frobenius = 0.0
    for place, rows in release.blocks():
        shared[place] = S.apply(rows.T).T
        # Lower triangle only; the rows of W S so far are all that it needs.
        K[place, : place.stop] = rows @ shared[: place.stop].T
        frobenius += float(np.vdot(rows, rows))
    return _Products(shared, K, frobenius)


def _modal_products(S: Covariance, release: Linear) -> _Products | None:
    """In coordinates where S is diagonal: half the transforms of `_products`, if S has any."""
    shared, deviations, frobenius = np.empty(0), np.empty(0), 0.0
    for place, rows in release.blocks():
        modes = S.modes(rows.T)
        if modes is None:
            return None
        if place.start == 0:
            deviations = modes.deviations
            shared = np.empty((release.outputs, len(deviations)))
        shared[place] = modes.coordinates.T
        frobenius += float(np.vdot(rows, rows))
    K = np.asfortranarray(np.tril(shared @ shared.T))
    shared *= deviations
    return _Products(shared, K, frobenius)


def _cholesky(products: _Products, S: Covariance, release: Linear, cutoff: float) -> Gram | None:
    shared, K, frobenius = products
    m = release.outputs
    noiseless = _safe_cholesky(K)
    # Neither rank decision of the accurate route can then go below m.
    safe = noiseless is not None and _above_cutoff(
        _smallest(noiseless, K), S, release, cutoff, frobenius
    )
    if release.noise is None:
        return Gram(shared, noiseless, m) if noiseless is not None and safe else None
    K += np.tril(release.noise.dense())
    lower = _safe_cholesky(K)
    return None if lower is None else Gram(shared, lower, m if safe else None)


def _above_cutoff(
    smallest: float, S: Covariance, release: Linear, cutoff: float, frobenius: float
) -> bool:
    """Whether `smallest`, the least eigenvalue of K, is above cutoff^2 w_1^2 l_1."""
    if smallest > cutoff**2 * frobenius * S.trace():  # a cheap upper bound, nearly always enough
        return True
    WWt = np.zeros((release.outputs,) * 2)
    for place, rows in release.blocks():
        for other, columns in release.blocks():
            if other.start <= place.start:
                WWt[place, other] = rows @ columns.T
    w_1_squared = np.linalg.eigvalsh(WWt)[-1]  # reads the lower triangle
    return bool(smallest > cutoff**2 * w_1_squared * S.top(1).values[0])


def _safe_cholesky(K: Float64[np.ndarray, "m m"]) -> Float64[np.ndarray, "m m"] | None:
    """The lower factor of K, given by its lower triangle, if K is well conditioned."""
    try:
        lower = scipy.linalg.cholesky(K, lower=True, check_finite=False)
    except np.linalg.LinAlgError:
        return None
    return lower if _smallest(lower, K) * MAX_CONDITION > _one_norm(K) else None


def _smallest(lower: Float64[np.ndarray, "m m"], K: Float64[np.ndarray, "m m"]) -> float:
    """About a lower bound on the smallest eigenvalue: 1 / ||K^{-1}||_1, as LAPACK estimates it."""
    norm = _one_norm(K)
    (pocon,) = scipy.linalg.get_lapack_funcs(("pocon",), (lower,))
    rcond, _ = pocon(lower, norm, uplo="L")
    return rcond * norm


def _one_norm(K: Float64[np.ndarray, "m m"]) -> float:
    """||K||_1 of the symmetric matrix with this lower triangle."""
    absolute = np.tril(np.abs(K))
    sums = absolute.sum(axis=0) + absolute.sum(axis=1) - np.diagonal(absolute)
    return float(sums.max())


def _orthonormal(S: Covariance, release: Linear, cutoff: float) -> StructuredError:
    """The IIE from orthonormal bases; K is never formed."""
    if release.noise is None:
        basis, b = _white_basis(S, release, cutoff)
        weights = np.ones(len(b))
        rank = len(b)
    else:
        rank = _rank(S, release, cutoff)
        variances, axes = noise_axes(release.noise, cutoff)
        if not variances.all():
            msg = (
                "`noise` must be positive definite (or absent) where W S W^T + N is ill"
                " conditioned and d is above 512; add a little to its smallest variances"
            )
            raise ValueError(msg)
        # N^{-1/2} W F = U b V^T has no scale to cut at: small b simply weigh b^2 / (1 + b^2).
        whitened = S.root_adjoint(_columns(release)) @ (axes / np.sqrt(variances))
        Q, b, _ = _thin_svd(whitened)
        basis, weights = Q, b / np.hypot(1, b)
    seen = 0.0
    step = max(1, BLOCK // S.dim)
    for start in range(0, len(weights), step):
        part = S.root(basis[:, start : start + step]) * weights[start : start + step]
        seen += float(np.vdot(part, part))
    return StructuredError(max(S.trace() - seen, 0.0), rank)


def _rank(S: Covariance, release: Linear, cutoff: float) -> int:
    """Numerical rank of W S^{1/2}."""
    return len(_white_basis(S, release, cutoff)[1])


def _white_basis(
    S: Covariance, release: Linear, cutoff: float
) -> tuple[Float64[np.ndarray, "q r"], Float64[np.ndarray, " r"]]:
    """Orthonormal basis of the rows of W F, F the root of S, and singular values of Z F."""
    if release.outputs == 0:
        return np.zeros((S.root_dim, 0)), np.zeros(0)
    rows, w, _ = _thin_svd(_columns(release))
    rows = rows[:, w > cutoff * w.max(initial=0.0)]
    if rows.shape[1] == 0:
        return np.zeros((S.root_dim, 0)), np.zeros(0)
    basis, b, _ = _thin_svd(S.root_adjoint(rows))
    keep = b > cutoff * np.sqrt(S.top(1).values[0])
    return basis[:, keep], b[keep]


def _columns(release: Linear) -> Float64[np.ndarray, "d m"]:
    """W^T in float64, in a copy that may be overwritten, one row of W after another in memory."""
    W = np.empty((release.outputs, release.dim))
    for place, rows in release.blocks():
        W[place] = rows
    return W.T


def _thin_svd(
    A: Float64[np.ndarray, "n k"],
) -> tuple[Float64[np.ndarray, "n p"], Float64[np.ndarray, " p"], Float64[np.ndarray, "p k"]]:
    """SVD of a tall matrix through its QR factor; A may be overwritten."""
    factors: Any = scipy.linalg.qr(A, mode="economic", overwrite_a=True, check_finite=False)
    U, s, Vt = np.linalg.svd(factors[1], full_matrices=False)
    return factors[0] @ U, s, Vt
