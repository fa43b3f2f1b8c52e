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

    Examples:
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
    # The smaller of both Gram matrices has all that shrinkage needs.
    products = X @ X.T if n < d else X.T @ X
    a = _intensity(shrinkage, X, products)
    identity = a * float(np.trace(products)) / n / d
    if n < d:
        factor = math.sqrt((1 - a) / n) * X.T
        estimate: Covariance = LowRankCovariance(factor, np.full(d, identity))
    else:
        estimate = DenseCovariance((1 - a) / n * products + identity * np.eye(d), name="samples")
    return EmpiricalCovariance(estimate, mean, a, n)


def _intensity(
    shrinkage: str | SupportsFloat,
    centred: Float64[np.ndarray, "n d"],
    products: Float64[np.ndarray, "k k"],
) -> float:
    """The a in [0, 1] that `shrinkage` stands for."""
    if isinstance(shrinkage, str):
        if shrinkage != "ledoit-wolf":
            msg = f'`shrinkage` must be "ledoit-wolf" or in [0, 1], got {shrinkage!r}'
            raise ValueError(msg)
        return _ledoit_wolf(centred, products)
    a = float(shrinkage)
    if not 0 <= a <= 1:
        msg = f'`shrinkage` must be "ledoit-wolf" or in [0, 1], got {a}'
        raise ValueError(msg)
    return a


def _ledoit_wolf(
    centred: Float64[np.ndarray, "n d"], products: Float64[np.ndarray, "k k"]
) -> float:
    """min(b^2, d^2) / d^2 of the paper's Lemmas 3.2 to 3.4, from either Gram matrix.

    d^2 = ||S_hat - (tr S_hat / d) I||^2, b^2 = (sum_i ||x_i||^4 / n - ||S_hat||^2) / n.
    """
    n, d = centred.shape
    trace = float(np.trace(products))
    if trace == 0:
        return 0.0
    # In units of the trace, so that fourth powers fit on every scale.
    squares = float(np.sum((products / trace) ** 2))
    fourths = float(np.sum((np.einsum("nd,nd->n", centred, centred) / trace) ** 2))
    spread = squares - 1 / d
    noise = fourths - squares / n
    return min(max(noise / spread, 0.0), 1.0) if spread > 0 else 0.0
