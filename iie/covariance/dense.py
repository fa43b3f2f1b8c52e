"""A covariance given as a matrix."""

from functools import cached_property

import numpy as np
import scipy  # not scipy.linalg: parts of SciPy then load at first use, and `import iie` is quick
from jaxtyping import Float64

from iie._input import checks
from iie._input.arrays import FLOAT64, as_numpy
from iie._input.randomness import Randomness, generator
from iie._input.types import ArrayLike
from iie.covariance.base import Covariance, Eigenpairs

LARGE = 128  # from here on the checks of a matrix take longer than a call of Python
MARGIN = 2.0**-10  # of the largest variance; float32 Cholesky is off by 1e-5 (measured, d = 4096)


class DenseCovariance(Covariance):
    """S as a d x d array, in float64 whatever it came in.

    All that is decided of its rank is decided on C = D^{-1} S D^{-1}, D^2 the diagonal of S, so
    that the unit of a coordinate decides nothing. The root is the Cholesky factor, "d d", if C is
    positive definite. If C is numerically singular it is D V sqrt(L) over the eigenvalues L of C
    above cutoff L_1 only, "d q" with q the numerical rank: the square root of a rounding error
    would be far above rounding.

    Args:
        matrix: S, "d d", unit u^2; may be singular.
        name: what messages call the matrix.
        check: whether to check that S is symmetric and semidefinite. Without, the caller answers
            for it; nothing else changes. The check takes up to half the time of a large problem.

    Attributes:
        matrix: S as float64, made exactly symmetric.
        cutoff: 10 d eps, eps = 2^-52; S is numerically singular if the smallest eigenvalue of C is
            (by LAPACK's estimate of the condition number) below cutoff L_1.

    Raises:
        ValueError: if `matrix` is not a real symmetric matrix, or has an eigenvalue below
            -sqrt(eps) l_1, eps that of the type it came in.

    Examples:
        >>> DenseCovariance([[2, 1], [1, 2]]).spectrum().round(12)
        array([3., 1.])
    """

    def __init__(self, matrix: ArrayLike, *, name: str = "matrix", check: bool = True) -> None:
        given = as_numpy(name, matrix)
        self.matrix = checks.covariance_matrix(name, given, check=check)
        self.cutoff = 10 * len(self.matrix) * FLOAT64
        if check and not _clearly_positive(self.matrix) and self._lower is None:
            self._check_semidefinite(name, checks.tolerance(given))

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

    def root_rows(self, start: int, stop: int) -> Float64[np.ndarray, "n q"]:
        """Rows `start` to `stop` of F."""
        return self._root[start:stop]

    def beyond_root(self) -> float:
        """What the eigenvalues of C at or below the cut-off add to the trace of S; 0 without."""
        if self._lower is not None:
            return 0.0
        values, vectors = self._correlation_eigen
        small = (values > 0) & (values <= self.cutoff * values[-1])
        return float(np.sum((self._deviations[:, None] * vectors[:, small]) ** 2 * values[small]))

    def trace(self) -> float:
        """The trace of S."""
        return float(self.matrix.trace())

    def diagonal(self) -> Float64[np.ndarray, " d"]:
        """A copy of the diagonal."""
        return self.matrix.diagonal().copy()

    def rank(self) -> int:
        """The dimension d if S is positive definite, else its numerical rank."""
        return self.root_dim

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
    def _deviations(self) -> Float64[np.ndarray, " d"]:
        """D, and 1 for a coordinate that does not vary."""
        variances = self.matrix.diagonal()
        return np.sqrt(np.where(variances > 0, variances, 1.0))

    def _correlations(self) -> Float64[np.ndarray, "d d"]:
        """C = D^{-1} S D^{-1}, in a new array."""
        C = self.matrix / self._deviations
        C /= self._deviations[:, None]
        return C

    @cached_property
    def _lower(self) -> Float64[np.ndarray, "d d"] | None:
        """The Cholesky factor; None if C is singular up to `cutoff`."""
        if self.matrix.diagonal().min() <= 0:
            return None
        C = self._correlations()
        norm = float(np.abs(C).sum(axis=0).max())
        # The upper triangle in C order is the lower one in LAPACK's.
        lower, failed = scipy.linalg.lapack.dpotrf(C.T, lower=True, clean=True, overwrite_a=True)
        if failed:
            return None
        # Cholesky often succeeds on a singular C, with a last pivot made of rounding errors.
        rcond, _ = scipy.linalg.lapack.dpocon(lower, norm, uplo="L")
        if not rcond > self.cutoff:
            return None
        lower *= self._deviations[:, None]
        return lower

    @cached_property
    def _eigen(self) -> tuple[Float64[np.ndarray, " d"], Float64[np.ndarray, "d d"]]:
        """All eigenvalues in rising order, and their eigenvectors."""
        return np.linalg.eigh(self.matrix)

    @cached_property
    def _correlation_eigen(self) -> tuple[Float64[np.ndarray, " d"], Float64[np.ndarray, "d d"]]:
        """The same of C, coordinates that do not vary left out."""
        constant = self.matrix.diagonal() <= 0
        C = self._correlations()
        C[constant] = C[:, constant] = 0.0
        return np.linalg.eigh(C)

    @cached_property
    def _root(self) -> Float64[np.ndarray, "d q"]:
        if self._lower is not None:
            return self._lower
        values, vectors = self._correlation_eigen
        keep = values > self.cutoff * max(values[-1], 0.0)
        return self._deviations[:, None] * vectors[:, keep] * np.sqrt(values[keep])

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
            if not scipy.linalg.lapack.dpotrf(raised.T, lower=True, clean=False, overwrite_a=True)[
                1
            ]:
                return
        elif self._nearly_semidefinite(tolerance):
            return
        values = self._eigen[0]
        if values[0] < -tolerance * np.abs(values).max():
            msg = (
                f"`{name}` must be positive semidefinite, got an eigenvalue of {values[0]:.3g}"
                f" beside a largest of {values[-1]:.3g} (rounding down to {-tolerance:.3g} of the"
                " largest absolute eigenvalue is forgiven)"
            )
            raise ValueError(msg)

    def _nearly_semidefinite(self, tolerance: float) -> bool:
        """Whether C says so; then so does S, as no variance is above l_1."""
        constant = self.matrix.diagonal() <= 0
        smallest = float(self._correlation_eigen[0][0])
        return smallest >= -tolerance and not self.matrix[constant].any()


def _clearly_positive(S: Float64[np.ndarray, "d d"]) -> bool:
    """Whether a cheap Cholesky can tell that S is not indefinite; no is no answer.

    Of a small S itself: where it succeeds, no eigenvalue is below -d^2 2^-53 l_1, far from what is
    refused. Of a large S in float32, in half the time: of S - MARGIN max_i S_ii I, as its rounding
    errors are far below that margin.
    """
    if len(S) < LARGE:
        return scipy.linalg.lapack.dpotrf(S.T, lower=True, clean=False)[1] == 0
    largest = float(S.diagonal().max())
    if not largest > 0:
        return False
    lowered = np.empty(S.shape, np.float32)
    np.divide(S, largest, out=lowered, casting="same_kind")
    lowered.flat[:: len(S) + 1] -= np.float32(MARGIN)
    return scipy.linalg.lapack.spotrf(lowered.T, lower=True, clean=False, overwrite_a=True)[1] == 0
