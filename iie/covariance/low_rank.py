"""Few directions that many coordinates share, and independent variance on top."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
import scipy
from jaxtyping import Bool, Float64

from iie._input import checks
from iie._input.types import ArrayLike
from iie.covariance.base import Covariance, Eigenpairs
from iie.covariance.dense import DenseCovariance

DENSE_LIMIT = 4096  # a matrix of this size takes 134 MB and its eigenvalues seconds


class LowRankCovariance(Covariance):
    """S = A A^T + diag(v), with root [A, diag(sqrt(v))] and root_dim k + d.

    Args:
        factor: A, "d k", unit u.
        variances: v, "d", unit u^2; zeros are allowed.

    Raises:
        ValueError: if `factor` is not a real matrix with a row, `variances` is not a real vector of
            as many entries, or one of them is negative.

    Examples:
        >>> LowRankCovariance([[2], [0]], [1, 1]).spectrum()
        array([5., 1.])
    """

    def __init__(self, factor: ArrayLike, variances: ArrayLike) -> None:
        self.factor = checks.real_array("factor", factor, 2)
        self.variances = checks.nonnegative("variances", variances, 1)
        if len(self.factor) != len(self.variances):
            msg = (
                f"`variances` must have length {len(self.factor)} (the rows of `factor`), got"
                f" {len(self.variances)}"
            )
            raise ValueError(msg)

    @property
    def dim(self) -> int:
        """The dimension d."""
        return len(self.variances)

    @property
    def root_dim(self) -> int:
        """The columns k + d of the root."""
        return sum(self.factor.shape)

    def apply(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S x = A (A^T x) + v * x."""
        return self.factor @ (self.factor.T @ x) + self.variances[:, None] * x

    def solve(self, x: Float64[np.ndarray, "d n"]) -> Float64[np.ndarray, "d n"]:
        """S^{-1} x by Woodbury, on the coordinates where v is large, and a Schur complement.

        Raises:
            ValueError: if S is numerically singular.

        Source: references.bib:golub2013matrix, 2.1.4 (Woodbury) and 4.2 (Schur complement).
        """
        checks.columns("x", x, self.dim)
        part = self._partition
        y = np.empty_like(x, dtype=np.float64)
        scaled = x[part.large] / part.scale[:, None]
        seen = part.Q.T @ scaled
        y[~part.large] = part.rest.solve(x[~part.large] - part.G @ seen) if part.rest else 0.0
        seen += part.G.T @ y[~part.large]
        y[part.large] = (scaled - part.Q @ seen) / part.scale[:, None]
        return y

    def root(self, z: Float64[np.ndarray, "q n"]) -> Float64[np.ndarray, "d n"]:
        """F z = A z_1 + sqrt(v) * z_2, z = (z_1, z_2)."""
        checks.columns("z", z, self.root_dim)
        k = self.factor.shape[1]
        return self.factor @ z[:k] + np.sqrt(self.variances)[:, None] * z[k:]

    def root_adjoint(self, x: Float64[np.ndarray, "d n"]) -> Float64[np.ndarray, "q n"]:
        """F^T x = (A^T x, sqrt(v) * x)."""
        return np.concatenate([self.factor.T @ x, np.sqrt(self.variances)[:, None] * x])

    def trace(self) -> float:
        """The trace ||A||_F^2 + the sum of v."""
        return float(np.sum(self.factor**2) + np.sum(self.variances))

    def diagonal(self) -> Float64[np.ndarray, " d"]:
        """Squared norms of the rows of A, plus v."""
        return np.einsum("dk,dk->d", self.factor, self.factor) + self.variances

    def spectrum(self) -> Float64[np.ndarray, " d"]:
        """All d eigenvalues: from those of A^T A or A A^T if all v are the same.

        Raises:
            ValueError: if v is not constant and d is above 4096.
        """
        if not self._constant:
            return self._as_dense("the spectrum").spectrum()
        values = np.full(self.dim, self.variances[0])
        A = self.factor
        # The smaller Gram matrix: the price is k^3, whatever d.
        shared = np.linalg.eigvalsh(A.T @ A if A.shape[1] < len(A) else A @ A.T)[::-1]
        values[: len(shared)] += np.maximum(shared, 0.0)
        return values

    def top(self, r: int) -> Eigenpairs:
        """The r largest eigenvalues with their eigenvectors.

        From the SVD of A if all v are the same; else from the dense matrix up to d = 4096, and by
        Lanczos iteration to machine precision above (which may miss copies of an eigenvalue that
        repeats exactly).

        Raises:
            ValueError: if r is not in 0..d; if v is not constant, d is above 4096 and r is d.
        """
        r = checks.integer("r", r, at_least=0, at_most=self.dim)
        if self._constant:
            return Eigenpairs(self.spectrum()[:r], _completed(self._directions, r))
        if self.dim <= DENSE_LIMIT or r == self.dim:
            return self._as_dense("all eigenvectors").top(r)
        return self._lanczos(r)

    @property
    def _constant(self) -> bool:
        return bool(np.ptp(self.variances) == 0)

    @cached_property
    def _directions(self) -> Float64[np.ndarray, "d s"]:
        """Left singular vectors of A."""
        return np.linalg.svd(self.factor, full_matrices=False)[0]

    @cached_property
    def _partition(self) -> "_Partition":
        return _partition(self.factor, self.variances)

    def _as_dense(self, what: str) -> DenseCovariance:
        if self.dim > DENSE_LIMIT:
            msg = (
                f"{what} of a low-rank covariance needs constant `variances` when d is above"
                f" {DENSE_LIMIT}, got d = {self.dim}; use their mean, or `top(r)` for r < d"
            )
            raise ValueError(msg)
        return DenseCovariance(self.dense())

    def _lanczos(self, r: int) -> Eigenpairs:
        import scipy.sparse
        import scipy.sparse.linalg

        if r == 0:
            return Eigenpairs(np.zeros(0), np.zeros((self.dim, 0)))
        A = scipy.sparse.linalg.aslinearoperator(self.factor)
        diagonal = scipy.sparse.linalg.aslinearoperator(scipy.sparse.diags_array(self.variances))
        # ARPACK would start from a random vector of its own.
        start = np.random.default_rng(0).standard_normal(self.dim)
        values, vectors = scipy.sparse.linalg.eigsh(A @ A.T + diagonal, r, v0=start)
        order = np.argsort(values)[::-1]
        return Eigenpairs(values[order], vectors[:, order])


class _Partition(NamedTuple):
    """S^{-1} prepared: Woodbury where v is large, the Schur complement of that block elsewhere.

    Woodbury alone divides by v, so loses digits where v is small beside A A^T and fails at v = 0;
    the Schur complement adds v instead.

    Attributes:
        large: coordinates for Woodbury.
        scale: sqrt(v) there.
        Q: top of the orthonormal factor of [A / scale; I] = Q R, so that I - Q Q^T is the inverse
            of I + (A / scale)(A / scale)^T.
        G: A R^{-1} on the other coordinates.
        rest: their Schur complement diag(v) + G G^T; None if there are none.
    """

    large: Bool[np.ndarray, " d"]
    scale: Float64[np.ndarray, " p"]
    Q: Float64[np.ndarray, "p k"]
    G: Float64[np.ndarray, "z k"]
    rest: DenseCovariance | None


def _partition(A: Float64[np.ndarray, "d k"], v: Float64[np.ndarray, " d"]) -> _Partition:
    """At most k coordinates, those where v is smallest beside A A^T, leave Woodbury's part."""
    d, k = A.shape
    shared = np.sum(A**2, axis=1)
    ratio = np.divide(v, shared, out=np.where(v > 0, np.inf, 0.0), where=shared > 0)
    smallest = np.argsort(ratio, kind="stable")[:k]
    large = np.ones(d, dtype=bool)
    large[smallest[ratio[smallest] < 1]] = False
    scale = np.sqrt(v[large])
    if not scale.all():
        msg = f"the covariance is singular: more than {k} of its `variances` are 0"
        raise ValueError(msg)
    stacked = np.concatenate([A[large] / scale[:, None], np.eye(k)])
    Q, R = np.linalg.qr(stacked)
    condition = np.linalg.norm(R, 2) ** 2 if k else 1.0
    if 10 * k * np.finfo(np.float64).eps * condition >= 1:
        msg = (
            "the covariance is numerically singular: its `variances` are below rounding beside"
            f" `factor` (condition number {condition:.3g})"
        )
        raise ValueError(msg)
    G = scipy.linalg.solve_triangular(R.T, A[~large].T, lower=True).T
    rest = None if large.all() else DenseCovariance(np.diag(v[~large]) + G @ G.T)
    return _Partition(large, scale, Q[: len(scale)], G, rest)


def _completed(vectors: Float64[np.ndarray, "d s"], r: int) -> Float64[np.ndarray, "d r"]:
    """The first r columns of an orthonormal basis that starts with `vectors`."""
    d, s = vectors.shape
    if r <= s:
        return vectors[:, :r]
    if s == 0:
        return np.eye(d, r)
    # Householder reflectors applied to unit vectors: the whole basis is never formed.
    geqrf, ormqr = scipy.linalg.get_lapack_funcs(("geqrf", "ormqr"), (vectors,))
    reflectors, tau, _, _ = geqrf(vectors)
    units = np.eye(d, r - s, -s)
    more, _, _ = ormqr("L", "N", reflectors, tau, units, 64 * (r - s + 1))
    return np.concatenate([vectors, more], axis=1)
