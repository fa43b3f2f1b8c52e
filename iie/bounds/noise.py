"""The noise of a release as a change of units, after which it is N(0, I)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.types import ArrayLike


@dataclass(frozen=True)
class Noise:
    """e ~ N(0, N).

    Attributes:
        root: L, "m m" lower triangular with L L^T = N; or standard deviations, "m", of independent
            numbers.
        inverse: L^{-1}, or one over them. A triangular solve for each use would take far longer.
    """

    root: Float64[np.ndarray, "..."]
    inverse: Float64[np.ndarray, "..."]

    def whiten(self, released: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, "n m"]:
        """L^{-1} y for each row y: released numbers in units in which their noise is N(0, I)."""
        return released * self.inverse if self.inverse.ndim == 1 else released @ self.inverse.T

    def sample(self, n: int, rng: np.random.Generator) -> Float64[np.ndarray, "{n} m"]:
        """Draws of e, one a row."""
        white = rng.standard_normal((n, len(self.root)))
        return white * self.root if self.root.ndim == 1 else white @ self.root.T


def as_noise(value: ArrayLike, m: int) -> Noise:
    """The noise of m released numbers from one variance, "m" variances or a covariance "m m".

    Raises:
        ValueError: if it is none of these, or leaves a direction without noise.
    """
    array = np.asarray(value)
    if array.ndim == 2:
        return _correlated(value, m)
    variances = checks.nonnegative("noise", value, array.ndim)
    if variances.ndim > 1 or variances.size not in (1, m):
        msg = f"`noise` must be one variance, {m} of them or {m} x {m}, got shape {array.shape}"
        raise ValueError(msg)
    if variances.min() == 0:
        msg = "`noise` must be positive: without it real numbers can carry everything, got 0"
        raise ValueError(msg)
    deviations = np.sqrt(np.broadcast_to(variances, (m,)))
    return Noise(deviations, 1 / deviations)


def _correlated(value: ArrayLike, m: int) -> Noise:
    N = checks.covariance_matrix("noise", value)
    if len(N) != m:
        msg = f"`noise` must be {m} x {m} (the released numbers), got shape {N.shape}"
        raise ValueError(msg)
    try:
        root = np.linalg.cholesky(N)
    except np.linalg.LinAlgError:
        msg = "`noise` must be positive definite, got a covariance that is flat in one direction"
        raise ValueError(msg) from None
    return Noise(root, np.linalg.inv(root))
