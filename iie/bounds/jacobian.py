"""Jacobians at many samples, as arrays or as products with a direction."""

import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Int64

from iie._input import checks

Rows = Int64[np.ndarray, " r"]
Products = Callable[[np.ndarray, np.ndarray], Any]


class Jacobian(abc.ABC):
    """J_i, "m d", at each of n samples."""

    outputs: int

    @abc.abstractmethod
    def __len__(self) -> int:
        """The number n of samples."""

    @abc.abstractmethod
    def times(self, F: Float64[np.ndarray, "d q"], chosen: Rows) -> Float64[np.ndarray, "r m q"]:
        """J_i F at the chosen samples."""

    @abc.abstractmethod
    def mean(self, chosen: Rows) -> Float64[np.ndarray, "m d"]:
        """The mean of J_i over the chosen samples."""

    @abc.abstractmethod
    def inner(self, K: Float64[np.ndarray, "m d"], chosen: Rows) -> Float64[np.ndarray, " r"]:
        """The traces of J_i K^T at the chosen samples."""


@dataclass(frozen=True)
class ArrayJacobian(Jacobian):
    """All of them in one array."""

    array: Float64[np.ndarray, "n m d"]

    @property
    def outputs(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The number m of outputs."""
        return self.array.shape[1]

    def __len__(self) -> int:
        return len(self.array)

    def times(self, F: Float64[np.ndarray, "d q"], chosen: Rows) -> Float64[np.ndarray, "r m q"]:
        """J_i F."""
        return self.array[chosen] @ F

    def mean(self, chosen: Rows) -> Float64[np.ndarray, "m d"]:
        """The mean of J_i."""
        return self.array[chosen].mean(axis=0)

    def inner(self, K: Float64[np.ndarray, "m d"], chosen: Rows) -> Float64[np.ndarray, " r"]:
        """The traces of J_i K^T."""
        return np.einsum("nmd,md->n", self.array[chosen], K)


@dataclass(frozen=True)
class ProductJacobian(Jacobian):
    """J_i v on demand; no array of all J_i is formed, so that m may be a whole picture."""

    products: Products
    samples: Float64[np.ndarray, "n d"]
    outputs: int

    def __len__(self) -> int:
        return len(self.samples)

    def column(self, v: Float64[np.ndarray, " d"], chosen: Rows) -> Float64[np.ndarray, "r m"]:
        """J_i v at the chosen samples."""
        made = np.asarray(self.products(self.samples[chosen], v), dtype=np.float64)
        if made.shape != (len(chosen), self.outputs) or not np.isfinite(made).all():
            msg = (
                f"products of a Jacobian must be finite, of shape {(len(chosen), self.outputs)},"
                f" got shape {made.shape}"
            )
            raise ValueError(msg)
        return made

    def times(self, F: Float64[np.ndarray, "d q"], chosen: Rows) -> Float64[np.ndarray, "r m q"]:
        """J_i F."""
        return np.stack([self.column(v, chosen) for v in F.T], axis=2)

    def mean(self, chosen: Rows) -> Float64[np.ndarray, "m d"]:
        """The mean of J_i."""
        axes = np.eye(self.samples.shape[1])
        return np.stack([self.column(v, chosen).mean(axis=0) for v in axes], axis=1)

    def inner(self, K: Float64[np.ndarray, "m d"], chosen: Rows) -> Float64[np.ndarray, " r"]:
        """The traces of J_i K^T."""
        total = np.zeros(len(chosen))
        for v, column in zip(np.eye(len(K.T)), K.T, strict=True):
            total += self.column(v, chosen) @ column
        return total


def as_jacobian(
    name: str, value: Any, samples: Float64[np.ndarray, "n d"] | None, dim: int
) -> Jacobian:
    """The Jacobian in whatever form it was given.

    Raises:
        ValueError: if it does not fit the samples and their number of coordinates.
    """
    if callable(value):
        if samples is None:
            msg = f"`samples` must be given where `{name}` is a function, got none"
            raise ValueError(msg)
        first = np.asarray(value(samples[:1], np.zeros(dim)))
        if first.ndim != 2 or len(first) != 1:
            msg = f"`{name}` must return one row a sample, got shape {first.shape} for one"
            raise ValueError(msg)
        return ProductJacobian(value, samples, first.shape[1])
    array = checks.real_array(name, value, 3)
    if array.shape[2] != dim or (samples is not None and len(array) != len(samples)):
        n = "n" if samples is None else len(samples)
        msg = f"`{name}` must have shape ({n}, outputs, {dim}), got {array.shape}"
        raise ValueError(msg)
    return ArrayJacobian(array)
