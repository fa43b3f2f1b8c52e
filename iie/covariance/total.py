"""The covariance of a mixture: what varies within components, and between their means."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from iie.covariance.base import Covariance, Eigenpairs
from iie.covariance.dense import DenseCovariance

DENSE_LIMIT = 4096  # no structure to use above: a matrix of this size takes 128 MiB


class TotalCovariance(Covariance):
    """S = sum_k p_k S_k + B B^T.

    The root stands side by side: [sqrt(p_1) F_1, ..., B]. A solve or a spectrum needs the matrix,
    which is formed up to d = 4096.

    Args:
        weights: p, "k", at least 0.
        parts: S_k, unit u^2.
        between: B, "d k", unit u.
    """

    def __init__(
        self,
        weights: Float64[np.ndarray, " k"],
        parts: Sequence[Covariance],
        between: Float64[np.ndarray, "d k"],
    ) -> None:
        self.weights = weights
        self.parts = tuple(parts)
        self.between = between

    @property
    def dim(self) -> int:
        """The number d of coordinates."""
        return len(self.between)

    @property
    def root_dim(self) -> int:
        """Columns of all roots together."""
        return sum(S.root_dim for S in self.parts) + self.between.shape[1]

    def apply(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S x."""
        out = self.between @ (self.between.T @ x)
        for p, S in zip(self.weights, self.parts, strict=True):
            out += p * S.apply(x)
        return out

    def solve(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S^{-1} x, through the matrix.

        Raises:
            ValueError: if S is numerically singular, or d is above 4096.
        """
        return self._matrix().solve(x)

    def root(self, z: Float64[np.ndarray, "q k"]) -> Float64[np.ndarray, "d k"]:
        """F z."""
        k = self.between.shape[1]
        *blocks, last = np.split(z, np.cumsum([S.root_dim for S in self.parts]))
        out = self.between @ last[:k]
        for p, S, block in zip(self.weights, self.parts, blocks, strict=True):
            out += np.sqrt(p) * S.root(block)
        return out

    def root_adjoint(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "q k"]:
        """F^T x."""
        within = zip(self.weights, self.parts, strict=True)
        return np.concatenate(
            [*(np.sqrt(p) * S.root_adjoint(x) for p, S in within), self.between.T @ x]
        )

    def beyond_root(self) -> float:
        """What is beyond the root of any part."""
        within = zip(self.weights, self.parts, strict=True)
        return float(sum(p * S.beyond_root() for p, S in within))

    def trace(self) -> float:
        """The trace of S."""
        return float(self.weights @ [S.trace() for S in self.parts] + np.sum(self.between**2))

    def diagonal(self) -> Float64[np.ndarray, " d"]:
        """Variances within components and between their means."""
        variances = np.sum(self.between**2, axis=1)
        for p, S in zip(self.weights, self.parts, strict=True):
            variances += p * S.diagonal()
        return variances

    def rank(self) -> int:
        """The rank of the matrix."""
        return self._matrix().rank()

    def spectrum(self) -> Float64[np.ndarray, " d"]:
        """All d eigenvalues in falling order.

        Raises:
            ValueError: if d is above 4096.
        """
        return self._matrix().spectrum()

    def top(self, r: int) -> Eigenpairs:
        """The r largest eigenvalues with their eigenvectors.

        Raises:
            ValueError: if r is not in 0..d, or d is above 4096.
        """
        return self._matrix().top(r)

    def _matrix(self) -> DenseCovariance:
        if self.dim > DENSE_LIMIT:
            msg = (
                f"the covariance of a mixture has no spectrum or inverse above d = {DENSE_LIMIT},"
                f" got d = {self.dim}; use a single Gaussian of a structured covariance"
            )
            raise ValueError(msg)
        matrix = self.dense()
        return DenseCovariance((matrix + matrix.T) / 2)
