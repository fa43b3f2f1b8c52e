"""What is believed of the private input before anything is released: a law with its covariance."""

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, SupportsFloat

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.randomness import Randomness, generator
from iie._input.types import ArrayLike
from iie.covariance import Covariance, as_covariance
from iie.covariance.total import TotalCovariance
from iie.records import Printed


class _Elliptical(Printed, abc.ABC):
    """x = mu + a draw round zero, with a covariance."""

    covariance: Covariance
    mean: Float64[np.ndarray, " d"]

    @property
    def dim(self) -> int:
        """The number d of coordinates."""
        return self.covariance.dim

    def sample(self, n: int, rng: Randomness) -> Float64[np.ndarray, "{n} d"]:
        """Draws of x, one a row; `rng` is a generator or a seed."""
        x = self._centred(n, generator(rng))
        x += self.mean
        return x

    @abc.abstractmethod
    def _centred(self, n: int, rng: np.random.Generator) -> Float64[np.ndarray, "{n} d"]: ...


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Gaussian(_Elliptical):
    """x ~ N(mu, S).

    Args:
        covariance: S: a Covariance, a "d d" array, or a scipy.stats.Covariance; unit u^2.
        mean: mu, "d", unit u; None is zero.

    Raises:
        ValueError: if `covariance` is no covariance, or `mean` is not a vector of length d.

    Examples:
        >>> Gaussian([[2.0, 1.0], [1.0, 2.0]]).covariance.trace()
        4.0
    """

    covariance: Covariance
    mean: Float64[np.ndarray, " d"]

    def __init__(self, covariance: Any, mean: ArrayLike | None = None) -> None:
        S = as_covariance(covariance, "covariance")
        object.__setattr__(self, "covariance", S)
        object.__setattr__(self, "mean", checks.mean_vector("mean", mean, S.dim))

    def _centred(self, n: int, rng: np.random.Generator) -> Float64[np.ndarray, "{n} d"]:
        return self.covariance.sample(n, rng)


@dataclass(frozen=True, init=False, eq=False, repr=False)
class StudentT(_Elliptical):
    """Multivariate Student-t: heavier tails than a Gaussian of the same covariance S.

    x = mu + sqrt((df - 2) / c) g with g ~ N(0, S) and c ~ chi^2 with df degrees of freedom. It is
    named by its covariance; the scale matrix of most textbooks is (df - 2) / df S.

    Args:
        covariance: S, as for `Gaussian`; unit u^2.
        df: degrees of freedom, above 2.
        mean: mu, "d", unit u; None is zero.

    Raises:
        ValueError: as for `Gaussian`, or if `df` is not a finite number above 2.

    Examples:
        >>> StudentT([[3.0]], df=4).covariance.trace()
        3.0
    """

    covariance: Covariance
    df: float
    mean: Float64[np.ndarray, " d"]

    def __init__(self, covariance: Any, df: SupportsFloat, mean: ArrayLike | None = None) -> None:
        S = as_covariance(covariance, "covariance")
        degrees = checks.number("df", df)
        if degrees <= 2:
            msg = f"`df` must be above 2 (at df <= 2 there is no covariance), got {degrees:g}"
            raise ValueError(msg)
        object.__setattr__(self, "covariance", S)
        object.__setattr__(self, "df", degrees)
        object.__setattr__(self, "mean", checks.mean_vector("mean", mean, S.dim))

    def _centred(self, n: int, rng: np.random.Generator) -> Float64[np.ndarray, "{n} d"]:
        x = self.covariance.sample(n, rng)
        x *= np.sqrt((self.df - 2) / rng.chisquare(self.df, (n, 1)))
        return x


@dataclass(frozen=True, init=False, eq=False, repr=False)
class GaussianMixture(Printed):
    """x ~ N(m_k, S_k) with probability p_k: for example one component a class.

    Its covariance is that within components plus that between their means,
    sum_k p_k S_k + sum_k p_k (m_k - mu)(m_k - mu)^T.

    Args:
        weights: p, "k", summing to 1.
        means: m_k, "k d", unit u.
        covariances: S_k, one a component, each as for `Gaussian`; unit u^2.

    Raises:
        ValueError: if `weights` are not probabilities that sum to 1, a covariance is none, or the
            numbers of components or of coordinates disagree.

    Examples:
        >>> GaussianMixture([0.5, 0.5], [[-1.0], [1.0]], [[[2.0]], [[4.0]]]).covariance.trace()
        4.0
    """

    weights: Float64[np.ndarray, " k"]
    means: Float64[np.ndarray, "k d"]
    components: tuple[Covariance, ...]
    covariance: Covariance

    def __init__(self, weights: ArrayLike, means: ArrayLike, covariances: Sequence[Any]) -> None:
        p = _probabilities(weights)
        m = checks.real_array("means", means, 2)
        parts = tuple(as_covariance(S, f"covariances[{k}]") for k, S in enumerate(covariances))
        if not len(p) == len(m) == len(parts):
            msg = (
                "`weights`, `means` and `covariances` must have one entry a component, got"
                f" {len(p)}, {len(m)} and {len(parts)}"
            )
            raise ValueError(msg)
        if any(S.dim != m.shape[1] for S in parts):
            msg = (
                f"`covariances` must all be of the means' dimension {m.shape[1]}, got"
                f" {[S.dim for S in parts]}"
            )
            raise ValueError(msg)
        between = (np.sqrt(p)[:, None] * (m - p @ m)).T
        object.__setattr__(self, "weights", p)
        object.__setattr__(self, "means", m)
        object.__setattr__(self, "components", parts)
        object.__setattr__(self, "covariance", TotalCovariance(p, parts, between))

    @property
    def dim(self) -> int:
        """The number d of coordinates."""
        return self.means.shape[1]

    @property
    def mean(self) -> Float64[np.ndarray, " d"]:
        """The mean mu = sum_k p_k m_k."""
        return self.weights @ self.means

    def sample(self, n: int, rng: Randomness) -> Float64[np.ndarray, "{n} d"]:
        """Draws of x, one a row; `rng` is a generator or a seed."""
        return self.labelled(n, rng)[0]

    def labelled(self, n: int, rng: Randomness) -> tuple[Float64[np.ndarray, "{n} d"], np.ndarray]:
        """Draws of x, one a row, and the component of each."""
        rng = generator(rng)
        labels = rng.choice(len(self.weights), size=n, p=self.weights)
        x = self.means[labels]
        for k, S in enumerate(self.components):
            chosen = np.flatnonzero(labels == k)
            x[chosen] += S.sample(len(chosen), rng)
        return x, labels


Prior = Gaussian | StudentT | GaussianMixture


def as_prior(value: Any) -> Prior:
    """`value` itself if it is a prior; otherwise the Gaussian of zero mean with that covariance.

    Raises:
        ValueError: if it is neither a prior nor a covariance.

    Examples:
        >>> as_prior([[1.0]]).mean
        array([0.])
    """
    return value if isinstance(value, Prior) else Gaussian(value)


def _probabilities(weights: ArrayLike) -> Float64[np.ndarray, " k"]:
    """`weights` as probabilities, their rounding error shared out."""
    p = checks.nonnegative("weights", weights, 1)
    if abs(p.sum() - 1) > checks.tolerance(weights):
        msg = f"`weights` must sum to 1, got a sum of {p.sum():.6g}"
        raise ValueError(msg)
    return p / p.sum()
