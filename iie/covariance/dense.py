"""A covariance given as a matrix."""

from functools import cached_property

import numpy as np
import scipy.linalg
from jaxtyping import Float64
from numpy.typing import ArrayLike

from iie import _checks
from iie.covariance.base import Covariance, Eigenpairs


class DenseCovariance(Covariance):
    """S as a d x d array.

    The root is the Cholesky factor, "d d", if S is positive definite. If S is numerically singular
    it is V sqrt(L) over the eigenvalues L above cutoff l_1 only, "d q" with q the numerical rank:
    the square root of a rounding error would be far above rounding.

    Args:
        matrix: S, "d d", unit u^2; may be singular.
        name: what messages call the matrix.

    Attributes:
        matrix: S as float64, made exactly symmetric.
        cutoff: 10 d eps, eps of the input's type; S is numerically singular if its smallest
            eigenvalue is (by LAPACK's estimate of the condition number) below cutoff l_1.

    Raises:
        ValueError: if `matrix` is not a real symmetric matrix, or has an eigenvalue below
            -sqrt(eps) l_1.

    Example:
        >>> DenseCovariance([[2, 1], [1, 2]]).spectrum().round(12)
        array([3., 1.])
    """

    def __init__(self, matrix: ArrayLike, *, name: str = "matrix") -> None:
        self.matrix = _checks.covariance_matrix(name, matrix)
        self.cutoff = 10 * len(self.matrix) * _checks.epsilon(matrix)
        self._eigen = None
        try:
            self._lower = _cholesky(self.matrix, self.cutoff)
        except np.linalg.LinAlgError:
            self._eigen = _semidefinite_eigh(name, self.matrix, _checks.tolerance(matrix))

    @property
    def dim(self) -> int:
        """The dimension d."""
        return len(self.matrix)

    @property
    def root_dim(self) -> int:
        """The dimension d if S is positive definite, else its numerical rank."""
        return self._root.shape[1]

    def apply(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S x."""
        return self.matrix @ x

    def solve(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S^{-1} x, by Cholesky.

        Raises:
            ValueError: if S is numerically singular.
        """
        if self._eigen is not None:
            msg = (
                f"the covariance is singular: numerical rank {self.root_dim} of {self.dim} at a"
                f" relative cut-off of {self.cutoff:.3g}"
            )
            raise ValueError(msg)
        return scipy.linalg.cho_solve((self._lower, True), x, check_finite=False)

    def root(self, z: Float64[np.ndarray, "q k"]) -> Float64[np.ndarray, "d k"]:
        """F z."""
        return self._root @ z

    def root_adjoint(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "q k"]:
        """F^T x."""
        return self._root.T @ x

    def trace(self) -> float:
        """The trace of S."""
        return float(np.trace(self.matrix))

    def spectrum(self) -> Float64[np.ndarray, " d"]:
        """All d eigenvalues in falling order, rounding errors below zero as zero."""
        return self._spectrum.copy()

    def top(self, r: int) -> Eigenpairs:
        """The r largest eigenvalues with their eigenvectors.

        Raises:
            ValueError: if r is not in 0..d.
        """
        r = _checks.integer("r", r, at_least=0, at_most=self.dim)
        if r == 0:
            return Eigenpairs(np.zeros(0), np.zeros((self.dim, 0)))
        if self._eigen is not None:
            values, vectors = (part[..., -r:] for part in self._eigen)
        else:
            largest = [self.dim - r, self.dim - 1]
            values, vectors = scipy.linalg.eigh(self.matrix, subset_by_index=largest)
        return Eigenpairs(np.maximum(values[::-1], 0.0), vectors[:, ::-1])

    @cached_property
    def _root(self) -> Float64[np.ndarray, "d q"]:
        if self._eigen is None:
            return self._lower
        values, vectors = self._eigen
        keep = values > self.cutoff * max(values[-1], 0.0)
        return vectors[:, keep] * np.sqrt(values[keep])

    @cached_property
    def _spectrum(self) -> Float64[np.ndarray, " d"]:
        values = np.linalg.eigvalsh(self.matrix) if self._eigen is None else self._eigen[0]
        return np.maximum(values[::-1], 0.0)


def _cholesky(S: Float64[np.ndarray, "d d"], cutoff: float) -> Float64[np.ndarray, "d d"]:
    """The lower Cholesky factor of S.

    Raises:
        LinAlgError: if S is not positive definite, or singular up to `cutoff`.
    """
    lower = np.linalg.cholesky(S)
    # Cholesky often succeeds on a singular S, with a last pivot made of rounding errors.
    (pocon,) = scipy.linalg.get_lapack_funcs(("pocon",), (lower,))
    rcond, _ = pocon(lower.T, np.linalg.norm(S, 1), uplo="U")
    if not rcond > cutoff:
        raise np.linalg.LinAlgError
    return lower


def _semidefinite_eigh(
    name: str, S: Float64[np.ndarray, "d d"], tolerance: float
) -> tuple[Float64[np.ndarray, " d"], Float64[np.ndarray, "d d"]]:
    """Eigenvalues of S in rising order and its eigenvectors, if none is truly negative."""
    values, vectors = np.linalg.eigh(S)
    if values[0] < -tolerance * np.abs(values).max():
        msg = (
            f"`{name}` must be positive semidefinite, got an eigenvalue of {values[0]:.3g} beside"
            f" a largest of {values[-1]:.3g} (rounding down to {-tolerance:.3g} of the largest"
            " absolute eigenvalue is forgiven)"
        )
        raise ValueError(msg)
    return values, vectors
