"""Independent coordinates, each with its own variance."""

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.types import ArrayLike
from iie.covariance.base import Covariance, Eigenpairs


class DiagonalCovariance(Covariance):
    """S = diag(v).

    Args:
        variances: v, "d", unit u^2; zeros are allowed.

    Raises:
        ValueError: if `variances` is not a non-empty real vector, or an entry is negative.

    Examples:
        >>> DiagonalCovariance([1, 4, 9]).spectrum()
        array([9., 4., 1.])
    """

    def __init__(self, variances: ArrayLike) -> None:
        self.variances = checks.nonnegative("variances", variances, 1)

    @property
    def dim(self) -> int:
        """The dimension d."""
        return len(self.variances)

    def apply(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S x = v * x, row by row."""
        checks.columns("x", x, self.dim)
        return self.variances[:, None] * x

    def solve(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S^{-1} x = x / v, row by row.

        Raises:
            ValueError: if a variance is 0.
        """
        checks.columns("x", x, self.dim)
        zeros = int(np.sum(self.variances == 0))
        if zeros:
            msg = f"the covariance is singular: {zeros} of its {self.dim} `variances` are 0"
            raise ValueError(msg)
        return x / self.variances[:, None]

    def root(self, z: Float64[np.ndarray, "q k"]) -> Float64[np.ndarray, "d k"]:
        """F z = sqrt(v) * z, row by row."""
        checks.columns("z", z, self.dim)
        return np.sqrt(self.variances)[:, None] * z

    def root_adjoint(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "q k"]:
        """F^T x = sqrt(v) * x, row by row."""
        checks.columns("x", x, self.dim)
        return np.sqrt(self.variances)[:, None] * x

    def trace(self) -> float:
        """The sum of v."""
        return float(np.sum(self.variances))

    def diagonal(self) -> Float64[np.ndarray, " d"]:
        """A copy of v."""
        return self.variances.copy()

    def rank(self) -> int:
        """The number of positive variances, however small: they are what they say."""
        return int(np.count_nonzero(self.variances))

    def spectrum(self) -> Float64[np.ndarray, " d"]:
        """All of v in falling order."""
        return np.sort(self.variances)[::-1]

    def top(self, r: int) -> Eigenpairs:
        """The r largest variances with their unit vectors; of equal ones the first come first.

        Raises:
            ValueError: if r is not in 0..d.
        """
        r = checks.integer("r", r, at_least=0, at_most=self.dim)
        order = np.argsort(-self.variances, kind="stable")[:r]
        vectors = np.zeros((self.dim, r))
        vectors[order, np.arange(r)] = 1.0
        return Eigenpairs(self.variances[order], vectors)
