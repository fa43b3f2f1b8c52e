"""What every prior covariance can do, whatever its structure: the few verbs of the theory."""

import abc
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from iie._input.arrays import FLOAT64
from iie._input.randomness import Randomness, generator


class Eigenpairs(NamedTuple):
    """Some eigenvalues in falling order, with orthonormal eigenvectors as columns."""

    values: Float64[np.ndarray, " r"]
    vectors: Float64[np.ndarray, "d r"]


class Modes(NamedTuple):
    """E S^{1/2} x and s, where E^T E = I and S = E^T diag(s^2) E: S is a filter there."""

    coordinates: Float64[np.ndarray, "q k"]
    deviations: Float64[np.ndarray, " q"]


class Covariance(abc.ABC):
    """A symmetric positive semidefinite d x d operator S, unit u^2.

    Vectors are columns, as in the formulas: a "d k" array holds k of them. The root F, "d q", is
    any matrix with F F^T = S; q may be below or above d. No verb but `dense` forms a d x d matrix
    unless the structure is one.
    """

    def __repr__(self) -> str:
        return f"{type(self).__name__}(d={self.dim}, trace={self.trace():.6g})"

    @property
    @abc.abstractmethod
    def dim(self) -> int:
        """The dimension d."""

    @property
    def root_dim(self) -> int:
        """q, the number of columns of the root."""
        return self.dim

    @abc.abstractmethod
    def apply(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S x."""

    @abc.abstractmethod
    def solve(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S^{-1} x.

        Raises:
            ValueError: if S is numerically singular.
        """

    @abc.abstractmethod
    def root(self, z: Float64[np.ndarray, "q k"]) -> Float64[np.ndarray, "d k"]:
        """F z: takes white noise to draws of N(0, S)."""

    @abc.abstractmethod
    def root_adjoint(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "q k"]:
        """F^T x."""

    def root_rows(self, start: int, stop: int) -> Float64[np.ndarray, "n q"]:
        """Rows `start` to `stop` of F."""
        return self.root_adjoint(np.eye(self.dim, stop - start, -start)).T

    def beyond_root(self) -> float:
        """The trace of S - F F^T: eigenvalues too small to have a root, which vary all the same."""
        return 0.0

    @abc.abstractmethod
    def trace(self) -> float:
        """The trace of S."""

    @abc.abstractmethod
    def spectrum(self) -> Float64[np.ndarray, " d"]:
        """All d eigenvalues in falling order."""

    @abc.abstractmethod
    def top(self, r: int) -> Eigenpairs:
        """The r largest eigenvalues with their eigenvectors.

        Raises:
            ValueError: if r is not in 0..d.
        """

    @abc.abstractmethod
    def diagonal(self) -> Float64[np.ndarray, " d"]:
        """The variance of every coordinate, S_ii."""

    def rank(self) -> int:
        """Numerical rank, as float64 can tell: eigenvalues above 10 d eps l_1."""
        spectrum = self.spectrum()
        return int(np.sum(spectrum > 10 * self.dim * FLOAT64 * spectrum[0]))

    def modes(self, x: Float64[np.ndarray, "d k"]) -> Modes | None:
        """S^{1/2} x in coordinates where S is diagonal, or None where they are not cheap."""
        return None

    def sample(self, n: int, rng: Randomness) -> Float64[np.ndarray, "n d"]:
        """Draws n samples of N(0, S), one a row; `rng` is a generator or a seed."""
        return self.root(generator(rng).standard_normal((n, self.root_dim)).T).T

    def dense(self) -> Float64[np.ndarray, "d d"]:
        """S as an array: for small d and for tests."""
        return self.apply(np.eye(self.dim))
