"""What a model lets out of its input: a linear code, with noise, in few bits, or only a label."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.arrays import as_numpy
from iie._input.randomness import Randomness, generator
from iie._input.types import ArrayLike
from iie._input.weights import weight_operator
from iie.covariance import Covariance, DiagonalCovariance, IsotropicCovariance, as_covariance
from iie.records import Printed

BLOCK = 2**23  # numbers of W in float64 at once: 64 MiB
ROWS = 256  # of W at once, so that half of a Gram matrix need not be computed


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Linear(Printed):
    """y = W x + b + e with e ~ N(0, N) independent of x.

    A float64 or float32 array W is kept as it is, without a copy; it is read in blocks of rows.
    All other real types, frames and other libraries' arrays become float64.

    Args:
        weight: W, "m d": an array, a scipy.sparse matrix of any format, or a scipy LinearOperator
            with adjoint.
        bias: b, "m"; None is zero. It changes no error.
        noise: N, in squared units of y: one variance, "m" variances, an "m m" matrix or a
            Covariance; None and 0 are no noise. It may be singular.

    Raises:
        ValueError: if W is no real, finite matrix, a LinearOperator has no adjoint, a noise
            variance is negative, or the sizes disagree.

    Examples:
        >>> Linear([[1, 0, 2]], noise=0.5).noise.trace()
        0.5
    """

    weight: Any
    bias: Float64[np.ndarray, " m"]
    noise: Covariance | None
    epsilon: float  # of the type W came in, at least that of float64

    def __init__(
        self,
        weight: Any,
        bias: ArrayLike | None = None,
        noise: Any = None,
    ) -> None:
        W, epsilon = weight_operator(weight)
        object.__setattr__(self, "weight", W)
        object.__setattr__(self, "bias", _bias(bias, W.shape[0]))
        object.__setattr__(self, "noise", _noise(noise, W.shape[0]))
        object.__setattr__(self, "epsilon", epsilon)

    @property
    def outputs(self) -> int:
        """The number m of released numbers."""
        return self.weight.shape[0]

    @property
    def dim(self) -> int:
        """The number d of coordinates of x."""
        return self.weight.shape[1]

    def rows(self, start: int, stop: int) -> Float64[np.ndarray, "n d"]:
        """Rows `start` to `stop` of W in float64; a view where W is float64 already.

        Raises:
            ValueError: if a LinearOperator returns NaN, infinity or a complex number.
        """
        if isinstance(self.weight, np.ndarray):
            return self.weight[start:stop].astype(np.float64, copy=False)
        if hasattr(self.weight, "tocsr"):
            return self.weight[start:stop].toarray()
        units = np.eye(self.outputs, stop - start, -start)
        return checks.real_array("weight", self.weight.rmatmat(units), 2).T

    def blocks(self) -> Iterator[tuple[slice, Float64[np.ndarray, "n d"]]]:
        """W in blocks of rows, each with its place, so that no second copy of W is made."""
        step = max(1, min(ROWS, BLOCK // max(1, self.dim)))
        for start in range(0, self.outputs, step):
            stop = min(start + step, self.outputs)
            yield slice(start, stop), self.rows(start, stop)

    def multiply(self, x: Float64[np.ndarray, "n d"]) -> Float64[np.ndarray, "n m"]:
        """W x for each row x."""
        if isinstance(self.weight, np.ndarray):
            y = np.empty((len(x), self.outputs))
            for place, rows in self.blocks():
                y[:, place] = x @ rows.T
            return y
        if hasattr(self.weight, "tocsr"):
            return (self.weight @ x.T).T
        return checks.real_array("weight", self.weight.matmat(x.T), 2).T

    def __call__(self, x: ArrayLike, rng: Randomness = None) -> Float64[np.ndarray, "*n m"]:
        """What is released of each row x, "n d", or of one x, "d".

        `rng`, a generator or a seed, draws the noise.

        Raises:
            ValueError: if x is not real or not of d coordinates, or there is noise but no `rng`.
        """
        return checks.row_by_row("x", x, self.dim, lambda rows: self.released(rows, rng))

    def released(
        self, x: Float64[np.ndarray, "n d"], rng: Randomness = None
    ) -> Float64[np.ndarray, "n m"]:
        """What is released of each row x, which is not checked.

        Raises:
            ValueError: if there is noise but no `rng`.
        """
        y = self.multiply(x)
        y += self.bias
        if self.noise is None:
            return y
        if rng is None:
            msg = "`rng` must be a generator or a seed, as this release has noise; got None"
            raise ValueError(msg)
        return y + self.noise.sample(len(x), generator(rng))


@dataclass(frozen=True)
class LabelOnly:
    """One of K labels and nothing else: at most log2 K bits.

    Args:
        classes: K, at least 1.

    Raises:
        ValueError: if `classes` is not an integer of at least 1.

    Examples:
        >>> LabelOnly(8).bits
        3.0
    """

    classes: int | np.integer

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", checks.integer("classes", self.classes, at_least=1))

    @property
    def outputs(self) -> int:
        """One number: the label."""
        return 1

    @property
    def bits(self) -> float:
        """log2 K."""
        return math.log2(self.classes)


@dataclass(frozen=True, repr=False)
class Quantised(Printed):
    """A release whose every output is rounded to one of 2^b values, by whatever quantiser.

    Args:
        release: what is rounded.
        bits_per_output: b, at least 0; need not be whole.

    Raises:
        ValueError: if `release` is no release, or `bits_per_output` is negative or not finite.

    Examples:
        >>> Quantised(Linear([[1.0, 0.0], [0.0, 1.0]]), bits_per_output=8).bits
        16.0
    """

    release: Any
    bits_per_output: SupportsFloat

    def __post_init__(self) -> None:
        _inner(self.release)
        bits = checks.number("bits_per_output", self.bits_per_output, at_least=0.0)
        object.__setattr__(self, "bits_per_output", bits)

    @property
    def outputs(self) -> int:
        """The number m of released numbers."""
        return self.release.outputs

    @property
    def bits(self) -> float:
        """All outputs together: m b."""
        return self.outputs * float(self.bits_per_output)


@dataclass(frozen=True, repr=False)
class PostProcessed(Printed):
    """g applied to a release, output for output; g is only known by name.

    Args:
        release: what g is applied to.
        name: of g, for the reader.
        injective: whether g can be undone in exact arithmetic, as tanh can and ReLU cannot.

    Raises:
        ValueError: if `release` is no release.

    Examples:
        >>> PostProcessed(Linear([[1.0, 0.0]]), "tanh", injective=True).outputs
        1
    """

    release: Any
    name: str
    injective: bool

    def __post_init__(self) -> None:
        _inner(self.release)

    @property
    def outputs(self) -> int:
        """The number m of released numbers."""
        return self.release.outputs


Release = Linear | LabelOnly | Quantised | PostProcessed


def as_release(value: Any, dim: SupportsIndex) -> Release:
    """`value` itself if it is a release; otherwise the noiseless linear one with that weight.

    Args:
        value: a release, or W, "m d", as for `Linear`.
        dim: d, which its input must have.

    Raises:
        ValueError: if it is neither, or its linear part does not take d coordinates.

    Examples:
        >>> as_release([[1, 0, 0]], 3).outputs
        1
    """
    release = value if isinstance(value, Release) else Linear(value)
    inner = release
    while isinstance(inner, Quantised | PostProcessed):
        inner = inner.release
    if isinstance(inner, Linear) and inner.dim != dim:
        msg = (
            f"`weight` must have {dim} columns (the input dimension d), got shape"
            f" {tuple(inner.weight.shape)}"
        )
        raise ValueError(msg)
    return release


def _inner(release: Any) -> None:
    if not isinstance(release, Release):
        msg = (
            "`release` must be a Linear, LabelOnly, Quantised or PostProcessed, got"
            f" {type(release).__name__}"
        )
        raise ValueError(msg)  # noqa: TRY004


def _bias(value: ArrayLike | None, m: int) -> Float64[np.ndarray, "{m}"]:
    if value is None:
        return np.zeros(m)
    b = checks.real_array("bias", value, 1)
    if b.shape != (m,):
        msg = f"`bias` must have length {m} (the rows of `weight`), got shape {b.shape}"
        raise ValueError(msg)
    return b


def _noise(value: Any, m: int) -> Covariance | None:
    """N as a Covariance; None if nothing is noisy."""
    if value is None or m == 0:
        return None
    if not hasattr(value, "covariance") and not isinstance(value, Covariance):
        value = as_numpy("noise", value)
    if isinstance(value, np.ndarray) and value.ndim < 2:
        variances = checks.nonnegative("noise", value, value.ndim)
        N = DiagonalCovariance(variances) if variances.ndim else IsotropicCovariance(variances, m)
    else:
        N = as_covariance(value, "noise")
    if N.dim != m:
        msg = f"`noise` must be of the {m} outputs of `weight`, got {N.dim}"
        raise ValueError(msg)
    return N if N.trace() > 0 else None
