"""The same variance in every direction: S = s^2 I."""

import math
from typing import SupportsFloat, SupportsInt

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie.covariance.base import Covariance, Eigenpairs


class IsotropicCovariance(Covariance):
    """S = s^2 I.

    Args:
        variance: s^2, unit u^2; 0 is allowed.
        dim: d.

    Raises:
        ValueError: if `variance` is negative or not a real number, or `dim` is not an integer of
            at least 1.

    Examples:
        >>> IsotropicCovariance(4.0, dim=3).trace()
        12.0
    """

    def __init__(self, variance: SupportsFloat, dim: SupportsInt) -> None:
        self.variance = checks.number("variance", variance, at_least=0.0)
        self._dim = checks.integer("dim", dim, at_least=1)

    @property
    def dim(self) -> int:
        """The dimension d."""
        return self._dim

    def apply(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S x = s^2 x."""
        checks.columns("x", x, self.dim)
        return self.variance * x

    def solve(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S^{-1} x = x / s^2.

        Raises:
            ValueError: if s = 0.
        """
        checks.columns("x", x, self.dim)
        if self.variance == 0:
            msg = "the covariance is singular: `variance` is 0; S^{-1} needs it positive"
            raise ValueError(msg)
        return x / self.variance

    def root(self, z: Float64[np.ndarray, "q k"]) -> Float64[np.ndarray, "d k"]:
        """F z = s z."""
        checks.columns("z", z, self.dim)
        return math.sqrt(self.variance) * z

    def root_adjoint(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "q k"]:
        """F^T x = s x."""
        checks.columns("x", x, self.dim)
        return math.sqrt(self.variance) * x

    def trace(self) -> float:
        """The trace d s^2."""
        return self.dim * self.variance

    def diagonal(self) -> Float64[np.ndarray, " d"]:
        """s^2, d times."""
        return np.full(self.dim, self.variance)

    def spectrum(self) -> Float64[np.ndarray, " d"]:
        """s^2, d times."""
        return np.full(self.dim, self.variance)

    def top(self, r: int) -> Eigenpairs:
        """s^2, r times, with the first r unit vectors.

        Raises:
            ValueError: if r is not in 0..d.
        """
        r = checks.integer("r", r, at_least=0, at_most=self.dim)
        return Eigenpairs(np.full(r, self.variance), np.eye(self.dim, r))
