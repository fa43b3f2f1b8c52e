"""The covariance of a sample, shrunk towards a multiple of the identity."""

import math
from typing import SupportsFloat

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.types import ArrayLike
from iie.covariance.base import Covariance, Eigenpairs
from iie.covariance.dense import DenseCovariance
from iie.covariance.low_rank import LowRankCovariance


class EmpiricalCovariance(Covariance):
    """An estimated covariance; made by `empirical_covariance`.

    Attributes:
        estimate: S in the structure that suits n and d; does the work.
        mean: sample mean, "d", unit u.
        shrinkage: a in [0, 1] that was used.
        samples: n.
    """

    def __init__(
        self, estimate: Covariance, mean: Float64[np.ndarray, " d"], shrinkage: float, samples: int
    ) -> None:
        self.estimate = estimate
        self.mean = mean
        self.shrinkage = shrinkage
        self.samples = samples

    @property
    def dim(self) -> int:
        """The dimension d."""
        return self.estimate.dim

    @property
    def root_dim(self) -> int:
        """The estimate's q."""
        return self.estimate.root_dim

    def apply(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S x."""
        return self.estimate.apply(x)

    def solve(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S^{-1} x.

        Raises:
            ValueError: if S is numerically singular, as it is without shrinkage when n <= d.
        """
        return self.estimate.solve(x)

    def root(self, z: Float64[np.ndarray, "q k"]) -> Float64[np.ndarray, "d k"]:
        """F z."""
        return self.estimate.root(z)

    def root_adjoint(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "q k"]:
        """F^T x."""
        return self.estimate.root_adjoint(x)

    def root_rows(self, start: int, stop: int) -> Float64[np.ndarray, "n q"]:
        """Rows `start` to `stop` of F."""
        return self.estimate.root_rows(start, stop)

    def beyond_root(self) -> float:
        """The estimate's."""
        return self.estimate.beyond_root()

    def trace(self) -> float:
        """The trace of S: the sample's total variance, whatever the shrinkage."""
        return self.estimate.trace()

    def diagonal(self) -> Float64[np.ndarray, " d"]:
        """The variance of every coordinate."""
        return self.estimate.diagonal()

    def rank(self) -> int:
        """The estimate's rank."""
        return self.estimate.rank()

    def spectrum(self) -> Float64[np.ndarray, " d"]:
        """All d eigenvalues in falling order."""
        return self.estimate.spectrum()

    def top(self, r: int) -> Eigenpairs:
        """The r largest eigenvalues with their eigenvectors.

        Raises:
            ValueError: if r is not in 0..d.
        """
        return self.estimate.top(r)


def empirical_covariance(
    samples: ArrayLike, shrinkage: str | SupportsFloat = "ledoit-wolf"
) -> EmpiricalCovariance:
    """S = (1 - a) S_hat + a (tr S_hat / d) I, S_hat the sample covariance.

    S_hat = sum_i (x_i - mean)(x_i - mean)^T / n: divided by n, not n - 1, as Ledoit and Wolf (and
    scikit-learn) do. The trace is that of S_hat for any a. Kept as a low-rank covariance if n < d,
    else as a matrix.

    Args:
        samples: "n d", one a row, unit u, n >= 2.
        shrinkage: a in [0, 1], or "ledoit-wolf" for the intensity with the smallest expected
            squared Frobenius error in the limit of large n and d; its cost is n d^2.

    Returns:
        S with the sample mean, and the a that was used.

    Raises:
        ValueError: if `samples` is not a real matrix with two rows and a column, or `shrinkage` is
            neither in [0, 1] nor "ledoit-wolf".

    Example:
        >>> empirical_covariance([[0, 0], [2, 0], [0, 2], [2, 2]], shrinkage=0).dense()
        array([[1., 0.],
               [0., 1.]])

    Source: references.bib:ledoit2004well.
    """
    X = checks.real_array("samples", samples, 2)
    n, d = X.shape
    if n < 2 or d < 1:
        msg = f"`samples` must have at least 2 rows and 1 column, got shape {X.shape}"
        raise ValueError(msg)
    mean = X.mean(axis=0)
    X -= mean
    a = _intensity(shrinkage, X)
    identity = a * float(np.sum(X**2)) / n / d
    if n < d:
        factor = math.sqrt((1 - a) / n) * X.T
        estimate: Covariance = LowRankCovariance(factor, np.full(d, identity))
    else:
        estimate = DenseCovariance((1 - a) * (X.T @ X) / n + identity * np.eye(d), name="samples")
    return EmpiricalCovariance(estimate, mean, a, n)


def _intensity(shrinkage: str | SupportsFloat, centred: Float64[np.ndarray, "n d"]) -> float:
    """The a in [0, 1] that `shrinkage` stands for."""
    if isinstance(shrinkage, str):
        if shrinkage != "ledoit-wolf":
            msg = f'`shrinkage` must be "ledoit-wolf" or in [0, 1], got {shrinkage!r}'
            raise ValueError(msg)
        from sklearn.covariance import ledoit_wolf_shrinkage

        return float(ledoit_wolf_shrinkage(centred, assume_centered=True))
    a = float(shrinkage)
    if not 0 <= a <= 1:
        msg = f'`shrinkage` must be "ledoit-wolf" or in [0, 1], got {a}'
        raise ValueError(msg)
    return a
