"""Nested row spaces: what each further singular vector of a filter takes off the error.

With F F^T = S and the QR factors of F^T V, the q_j span what the first j singular vectors of W see
of white noise, so step j lowers the error by ||F q_j||^2. W S W^T is never formed: its condition
number is the square of that of F^T V.
"""

import math
from typing import Any, SupportsFloat

import numpy as np
from jaxtyping import Bool, Float64, Int

from iie.covariance import Covariance
from iie.error.factorisation import relative_cutoff
from iie.filters.parts import ties
from iie.releases import Linear, as_release


def error_drops(
    S: Covariance, weight: Any, cutoff: SupportsFloat | None
) -> Float64[np.ndarray, " k"]:
    """||S^{1/2} q_j||^2, in u^2, of what each next right singular vector of W adds; 0 if nothing.

    Equal singular values have no order: of their span, the most leaking direction comes first.

    Raises:
        ValueError: if S and W do not fit each other, or `cutoff` is outside [0, 1).
    """
    linear = weight if isinstance(weight, Linear) else Linear(weight)
    as_release(linear, S.dim)
    if linear.noise is not None:
        msg = "`weight` must be a release without noise, to compare it with noiseless filters"
        raise ValueError(msg)
    W = linear.rows(0, linear.outputs)
    cutoff = relative_cutoff(S, linear, cutoff)
    _, w, Vt = np.linalg.svd(W, full_matrices=False)
    V = Vt[w > cutoff * w.max(initial=0.0)].T
    Q, R = np.linalg.qr(S.root_adjoint(V))
    # The scale is l_1 from below: the variances W sees, or tr S / d should it see only rounding.
    scale = np.sum(R**2, axis=0).max(initial=S.trace() / S.dim)
    negligible = cutoff * math.sqrt(scale)
    new = np.arange(V.shape[1])
    if len(R) < new.size or np.abs(np.diag(R)).min(initial=np.inf) <= negligible:
        basis, new = _nested_basis(R, negligible)
        Q = Q @ basis
    drops = np.zeros(V.shape[1])
    drops[new] = _ordered_drops(S.root(Q), ties(w[new]))
    return drops


def _ordered_drops(
    seen: Float64[np.ndarray, "d k"], tied: Bool[np.ndarray, " k"]
) -> Float64[np.ndarray, " k"]:
    """Squared norms of the columns; equal singular values give their most leaking part first.

    Among them the SVD's own order would be that of rounding errors.
    """
    drops = np.sum(seen**2, axis=0)
    starts = np.flatnonzero(~tied)
    for start, stop in zip(starts, [*starts[1:], tied.size], strict=False):
        if stop - start > 1:
            drops[start:stop] = np.linalg.svd(seen[:, start:stop], compute_uv=False) ** 2
    return drops


def _nested_basis(
    columns: Float64[np.ndarray, "p k"], negligible: float
) -> tuple[Float64[np.ndarray, "p n"], Int[np.ndarray, " n"]]:
    """Orthonormal basis of the columns and where it grew: Gram-Schmidt, dependent ones skipped.

    A plain QR gives a dependent column a direction of its own, which later columns then miss.
    """
    basis, new = np.zeros((len(columns), min(columns.shape))), []
    for j, column in enumerate(columns.T):
        done = basis[:, : len(new)]
        rest = column - done @ (done.T @ column)
        rest = rest - done @ (done.T @ rest)  # twice is enough (Kahan)
        norm = np.linalg.norm(rest)
        if norm > negligible and len(new) < basis.shape[1]:
            basis[:, len(new)] = rest / norm
            new.append(j)
    return basis[:, : len(new)], np.array(new, dtype=int)
