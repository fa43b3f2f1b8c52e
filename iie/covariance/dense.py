"""A covariance given as a matrix."""

from functools import cached_property

import numpy as np
import scipy  # not scipy.linalg: parts of SciPy then load at first use, and `import iie` is quick
from jaxtyping import Float64

from iie._input import checks
from iie._input.randomness import Randomness, generator
from iie._input.types import ArrayLike
from iie.covariance.base import Covariance, Eigenpairs

LARGE = 1024  # from here on the checks of a matrix take longer than a call of Python
MARGIN = 2.0**-10  # of the largest variance; float32 Cholesky is off by 1e-5 (measured, d = 4096)


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
        self.matrix = checks.covariance_matrix(name, matrix)
        self.cutoff = 10 * len(self.matrix) * checks.epsilon(matrix)
        if not _clearly_positive(self.matrix) and self._lower is None:
            self._check_semidefinite(name, checks.tolerance(matrix))

    @property
    def dim(self) -> int:
        """The dimension d."""
        return len(self.matrix)

    @property
    def root_dim(self) -> int:
        """The dimension d if S is positive definite, else its numerical rank."""
        return self._root.shape[1]

    def apply(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S x; the transpose of the result is C-contiguous."""
        return (x.T @ self.matrix).T

    def solve(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S^{-1} x, by Cholesky.

        Raises:
            ValueError: if S is numerically singular.
        """
        if self._lower is None:
            msg = (
                f"the covariance is singular: numerical rank {self.root_dim} of {self.dim} at a"
                f" relative cut-off of {self.cutoff:.3g}"
            )
            raise ValueError(msg)
        return scipy.linalg.cho_solve((self._lower, True), x, check_finite=False)

    def root(self, z: Float64[np.ndarray, "q k"]) -> Float64[np.ndarray, "d k"]:
        """F z."""
        return self._root @ z

    def sample(self, n: int, rng: Randomness) -> Float64[np.ndarray, "{n} d"]:
        """Draws n samples of N(0, S), one a row; `rng` is a generator or a seed."""
        return generator(rng).standard_normal((n, self.root_dim)) @ self._root.T

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
        r = checks.integer("r", r, at_least=0, at_most=self.dim)
        if r == 0:
            return Eigenpairs(np.zeros(0), np.zeros((self.dim, 0)))
        if "_eigen" in self.__dict__:
            values, vectors = (part[..., -r:] for part in self._eigen)
        else:
            largest = [self.dim - r, self.dim - 1]
            values, vectors = scipy.linalg.eigh(self.matrix, subset_by_index=largest)
        return Eigenpairs(np.maximum(values[::-1], 0.0), vectors[:, ::-1])

    @cached_property
    def _lower(self) -> Float64[np.ndarray, "d d"] | None:
        """The Cholesky factor; None if S is singular up to `cutoff`."""
        # The upper triangle in C order is the lower one in LAPACK's.
        lower, failed = scipy.linalg.lapack.dpotrf(self.matrix.T, lower=True, clean=True)
        if failed:
            return None
        # Cholesky often succeeds on a singular S, with a last pivot made of rounding errors.
        rcond, _ = scipy.linalg.lapack.dpocon(lower, np.linalg.norm(self.matrix, 1), uplo="L")
        return lower if rcond > self.cutoff else None

    @cached_property
    def _eigen(self) -> tuple[Float64[np.ndarray, " d"], Float64[np.ndarray, "d d"]]:
        """All eigenvalues in rising order, and their eigenvectors."""
        return np.linalg.eigh(self.matrix)

    @cached_property
    def _root(self) -> Float64[np.ndarray, "d q"]:
        if self._lower is not None:
            return self._lower
        values, vectors = self._eigen
        keep = values > self.cutoff * max(values[-1], 0.0)
        return vectors[:, keep] * np.sqrt(values[keep])

    @cached_property
    def _spectrum(self) -> Float64[np.ndarray, " d"]:
        known = "_eigen" in self.__dict__
        values = self._eigen[0] if known else np.linalg.eigvalsh(self.matrix)
        return np.maximum(values[::-1], 0.0)

    def _check_semidefinite(self, name: str, tolerance: float) -> None:
        """Nothing, if no eigenvalue of a singular S is truly negative.

        Raises:
            ValueError: if one is.
        """
        if len(self.matrix) >= LARGE:
            # The largest variance is at most l_1: this factor spares the eigenvalues.
            raised = self.matrix.copy()
            raised.flat[:: len(raised) + 1] += tolerance * raised.diagonal().max()
            if (
                scipy.linalg.lapack.dpotrf(raised.T, lower=True, clean=False, overwrite_a=True)[1]
                == 0
            ):
                return
        values = self._eigen[0]
        if values[0] < -tolerance * np.abs(values).max():
            msg = (
                f"`{name}` must be positive semidefinite, got an eigenvalue of {values[0]:.3g}"
                f" beside a largest of {values[-1]:.3g} (rounding down to {-tolerance:.3g} of the"
                " largest absolute eigenvalue is forgiven)"
            )
            raise ValueError(msg)


def _clearly_positive(S: Float64[np.ndarray, "d d"]) -> bool:
    """Whether a large S is so far from indefinite that float32, in half the time, can tell.

    Cholesky of S - MARGIN max_i S_ii I, whose rounding errors are far below that margin.
    """
    if len(S) < LARGE:
        return False
    largest = float(S.diagonal().max())
    if not largest > 0:
        return False
    lowered = np.empty(S.shape, np.float32)
    np.divide(S, largest, out=lowered, casting="same_kind")
    lowered.flat[:: len(S) + 1] -= np.float32(MARGIN)
    return scipy.linalg.lapack.spotrf(lowered.T, lower=True, clean=False, overwrite_a=True)[1] == 0
