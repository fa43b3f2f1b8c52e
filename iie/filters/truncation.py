"""Nested row spaces: what each further singular vector of a filter takes off the error.

With F F^T = S, the directions F^T v_j that the first singular vectors of W see are made orthonormal
one after another inside all that W sees; step j lowers the error by ||F q_j||^2. The errors are
summed from the last, which is the ideal inversion error of W itself, so no difference is taken.
"""

from typing import Any, SupportsFloat

import numpy as np
from jaxtyping import Bool, Float64, Int

from iie.covariance import Covariance
from iie.error.linear import linear_error
from iie.error.rank import lengths, rank_rule, see
from iie.filters.singular import singular_vectors, ties
from iie.laws import Gaussian
from iie.releases import Linear, as_release


def truncated_errors(
    S: Covariance, weight: Any, cutoff: SupportsFloat | None
) -> Float64[np.ndarray, " n"]:
    """The errors of W cut to its first r right singular vectors, one a rank, in u^2.

    Equal singular values have no order: of their span, the most leaking direction comes first.

    Raises:
        ValueError: if S and W do not fit each other, W has noise, or `cutoff` is outside [0, 1).
    """
    release = noiseless(weight, S.dim)
    W = release.rows(0, release.outputs)
    rule = rank_rule(S, release, cutoff)
    basis = see(S, W, rule).basis
    w, V = singular_vectors(W, rule)
    size = lengths(V, rule.deviations)
    columns = basis.T @ S.root_adjoint(V.T) / np.where(size > 0, size, 1.0)
    Q, new = _nested_basis(columns, rule.seen)
    drops = np.zeros(max(len(V), basis.shape[1]))
    drops[new] = _ordered_drops(S.root(basis @ Q), new, ties(w))
    last = linear_error(Gaussian(S), release, cutoff).total
    return last + np.concatenate([np.cumsum(drops[::-1])[::-1], [0.0]])


def noiseless(weight: Any, dim: int) -> Linear:
    """`weight` as a Linear release of x, "d", that has no noise.

    Raises:
        ValueError: if it is none, or does not take d coordinates.
    """
    release = weight if isinstance(weight, Linear) else Linear(weight)
    as_release(release, dim)
    if release.noise is not None:
        msg = "`weight` must be a release without noise, to compare it with noiseless filters"
        raise ValueError(msg)
    return release


def _ordered_drops(
    seen: Float64[np.ndarray, "d r"], new: Int[np.ndarray, " r"], tied: Bool[np.ndarray, " k"]
) -> Float64[np.ndarray, " r"]:
    """Squared norms of the columns; equal singular values give their most leaking part first.

    Among them the SVD's own order would be that of rounding errors.
    """
    drops = np.sum(seen**2, axis=0)
    group = np.cumsum(~tied)
    of_column = np.where(new < group.size, group[np.minimum(new, group.size - 1)], -1)
    for one in np.unique(of_column[of_column > 0]):
        (columns,) = np.nonzero(of_column == one)
        if columns.size > 1:
            drops[columns] = np.linalg.svd(seen[:, columns], compute_uv=False) ** 2
    return drops


def _nested_basis(
    columns: Float64[np.ndarray, "r k"], negligible: float
) -> tuple[Float64[np.ndarray, "r r"], Int[np.ndarray, " r"]]:
    """Orthonormal basis of all r coordinates, and the column at which each of it came in.

    Gram-Schmidt, dependent columns skipped: a plain QR gives one a direction of its own, which
    later columns then miss. What no column has, as its singular value was rounding beside that of
    a longer row, comes last.
    """
    r, k = columns.shape
    basis, new = np.zeros((r, r)), []
    for j, column in enumerate(columns.T):
        done = basis[:, : len(new)]
        rest = column - done @ (done.T @ column)
        rest = rest - done @ (done.T @ rest)  # twice is enough (Kahan)
        norm = np.linalg.norm(rest)
        if norm > negligible and len(new) < r:
            basis[:, len(new)] = rest / norm
            new.append(j)
    found = len(new)
    if found < r:
        basis[:, found:] = np.linalg.svd(basis[:, :found])[0][:, found:]
        new.extend(sorted(set(range(max(k, r))) - set(new))[-(r - found) :])
    return basis, np.array(new, dtype=int)
