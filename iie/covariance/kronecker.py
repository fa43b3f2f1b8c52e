"""Axes that vary independently: rows x columns x channels of an image."""

from collections.abc import Callable, Sequence
from functools import reduce
from math import prod

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.types import ArrayLike
from iie.covariance._columns import by_blocks
from iie.covariance.base import Covariance, Eigenpairs
from iie.covariance.conversion import as_covariance

Verb = Callable[[Float64[np.ndarray, "a n"]], Float64[np.ndarray, "b n"]]


class KroneckerCovariance(Covariance):
    """S = S_1 (x) S_2 (x) ... (x) S_n, d = d_1 d_2 ... d_n.

    The first factor varies slowest: x is an array of shape (d_1, ..., d_n), flattened in C order.
    All verbs work axis by axis; the root is the Kronecker product of the factors' roots.

    Args:
        factors: covariances or matrices, at least one; the product of their units is u^2.

    Raises:
        ValueError: if there is no factor, or one is not a covariance.

    Examples:
        >>> KroneckerCovariance([np.diag([1.0, 2.0]), np.diag([3.0, 5.0])]).spectrum()
        array([10.,  6.,  5.,  3.])

    Source: references.bib:vanloan2000kronecker.
    """

    def __init__(self, factors: Sequence[Covariance | ArrayLike]) -> None:
        self.factors = tuple(
            as_covariance(factor, name=f"factors[{i}]") for i, factor in enumerate(factors)
        )
        if not self.factors:
            msg = "`factors` must hold at least one covariance, got none"
            raise ValueError(msg)

    @property
    def dim(self) -> int:
        """The dimension d."""
        return prod(factor.dim for factor in self.factors)

    @property
    def root_dim(self) -> int:
        """Product of the factors' root_dim."""
        return prod(factor.root_dim for factor in self.factors)

    def apply(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S x."""
        return _axis_by_axis([f.apply for f in self.factors], x, self._dims, self._dims)

    def solve(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "d k"]:
        """S^{-1} x.

        Raises:
            ValueError: if a factor is singular.
        """
        return _axis_by_axis([f.solve for f in self.factors], x, self._dims, self._dims)

    def root(self, z: Float64[np.ndarray, "q k"]) -> Float64[np.ndarray, "d k"]:
        """(F_1 (x) ... (x) F_n) z."""
        return _axis_by_axis([f.root for f in self.factors], z, self._root_dims, self._dims)

    def root_adjoint(self, x: Float64[np.ndarray, "d k"]) -> Float64[np.ndarray, "q k"]:
        """(F_1 (x) ... (x) F_n)^T x."""
        return _axis_by_axis([f.root_adjoint for f in self.factors], x, self._dims, self._root_dims)

    def beyond_root(self) -> float:
        """What is beyond the root of any factor."""
        beyond = [factor.beyond_root() for factor in self.factors]
        if not any(beyond):
            return 0.0
        kept = prod(f.trace() - b for f, b in zip(self.factors, beyond, strict=True))
        return self.trace() - float(kept)

    def trace(self) -> float:
        """Product of the factors' traces."""
        return float(prod(factor.trace() for factor in self.factors))

    def diagonal(self) -> Float64[np.ndarray, " d"]:
        """All products of the factors' variances, the first factor slowest."""
        return reduce(np.multiply.outer, (f.diagonal() for f in self.factors)).ravel()

    def rank(self) -> int:
        """Product of the factors' ranks."""
        return prod(factor.rank() for factor in self.factors)

    def spectrum(self) -> Float64[np.ndarray, " d"]:
        """All products of one eigenvalue of each factor, in falling order."""
        return np.sort(self._products())[::-1]

    def top(self, r: int) -> Eigenpairs:
        """The r largest products, with Kronecker products of the factors' eigenvectors.

        Raises:
            ValueError: if r is not in 0..d.
        """
        r = checks.integer("r", r, at_least=0, at_most=self.dim)
        order = np.argsort(-self._products(), kind="stable")[:r]
        values, vectors = np.ones(r), np.ones((1, r))
        choices = np.unravel_index(order, self._dims)
        for factor, choice in zip(self.factors, choices, strict=True):
            pairs = factor.top(int(choice.max(initial=-1)) + 1)
            values = values * pairs.values[choice]
            products = vectors[:, None] * pairs.vectors[:, choice]
            vectors = products.reshape(len(vectors) * factor.dim, r)
        # The factors' two routes to an eigenvalue may differ in the last digit, and so in order.
        falling = np.argsort(-values, kind="stable")
        return Eigenpairs(values[falling], vectors[:, falling])

    @property
    def _dims(self) -> tuple[int, ...]:
        return tuple(factor.dim for factor in self.factors)

    @property
    def _root_dims(self) -> tuple[int, ...]:
        return tuple(factor.root_dim for factor in self.factors)

    def _products(self) -> Float64[np.ndarray, " d"]:
        return reduce(np.multiply.outer, (f.spectrum() for f in self.factors)).ravel()


def _axis_by_axis(
    verbs: Sequence[Verb],
    x: Float64[np.ndarray, "a k"],
    before: tuple[int, ...],
    after: tuple[int, ...],
) -> Float64[np.ndarray, "b k"]:
    """(V_1 (x) ... (x) V_n) x, where V_i maps before[i] numbers to after[i]."""

    def block(columns: Float64[np.ndarray, "a n"]) -> Float64[np.ndarray, "b n"]:
        y = columns.reshape(*before, columns.shape[1])
        for axis, verb in enumerate(verbs):
            lines = np.moveaxis(y, axis, 0)
            image = verb(lines.reshape(before[axis], prod(lines.shape[1:])))
            y = np.moveaxis(image.reshape(after[axis], *lines.shape[1:]), 0, axis)
        return y.reshape(prod(after), columns.shape[1])

    # The largest array on the way, four times: lines, image and copies of both.
    widest = prod(max(pair) for pair in zip(before, after, strict=True))
    return by_blocks(block, x, rows=prod(after), bytes_per_column=4 * 8 * widest)
