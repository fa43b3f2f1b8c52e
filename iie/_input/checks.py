"""Input checks: each returns a clean float64 array or raises a sentence that names the input."""

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import SupportsFloat, SupportsIndex, SupportsInt

import numpy as np
from jaxtyping import Float64

from iie._input.arrays import as_given, as_numpy, epsilon_of, is_real
from iie._input.types import ArrayLike

BLOCK = 256  # rows and columns of a matrix at once, 512 KiB


def tolerance(*values: ArrayLike) -> float:
    """How far S may be from symmetric or semidefinite, relative to its largest value.

    The square root of the input type's epsilon: a covariance estimated in that type keeps it with
    room to spare, a wrong matrix does not.
    """
    return float(np.sqrt(epsilon(*values)))


def epsilon(*values: ArrayLike) -> float:
    """Coarsest machine epsilon among `values`, at least 2^-52; integers and lists are float64."""
    return max(epsilon_of(as_numpy("value", value).dtype) for value in values)


def real_array(name: str, value: ArrayLike, ndim: int) -> Float64[np.ndarray, "..."]:
    """A copy of `value` as a finite float64 array of `ndim` dimensions.

    Raises:
        ValueError: if it is ragged, masked, not real, of another dimension, or holds NaN, infinity
            or more than float64 can hold.
    """
    array = as_numpy(name, value)
    if not is_real(array.dtype):
        msg = f"`{name}` must hold real numbers, got dtype {array.dtype}"
        raise ValueError(msg)
    if array.ndim != ndim:
        msg = f"`{name}` must have {ndim} dimension(s), got shape {array.shape}"
        raise ValueError(msg)
    with np.errstate(over="ignore"):  # of a longdouble; infinity is refused
        array = array.astype(np.float64)
    if not np.isfinite(array).all():
        msg = f"`{name}` must be finite, got NaN or infinity"
        raise ValueError(msg)
    return array


def covariance_matrix(
    name: str, value: ArrayLike, *, check: bool = True
) -> Float64[np.ndarray, "d d"]:
    """`value` as a symmetric float64 matrix; that no eigenvalue is negative is checked later.

    Without `check` it is taken to be symmetric, and not copied where it is float64 already.

    Raises:
        ValueError: if it is not a square, symmetric, real matrix with at least one row.
    """
    given = as_numpy(name, value)
    S = given if not check and given.dtype == np.float64 else real_array(name, given, 2)
    if S.ndim != 2 or S.shape[0] != S.shape[1] or S.shape[0] == 0:
        msg = f"`{name}` must be a square matrix, got shape {S.shape}"
        raise ValueError(msg)
    if not check:
        return S
    skew = _make_symmetric(S)
    if skew > 0 and skew > tolerance(value) * np.abs(S).max():
        msg = f"`{name}` must be symmetric, got entries that differ by {skew:.3g}"
        raise ValueError(msg)
    return S


def _make_symmetric(S: Float64[np.ndarray, "d d"]) -> float:
    """Replace S by (S + S^T) / 2 in place; the largest |S - S^T| before."""
    largest = 0.0
    # Block by block: a transpose of the whole would miss the cache at every entry.
    for i in range(0, len(S), BLOCK):
        for j in range(0, i + 1, BLOCK):
            here, mirrored = S[i : i + BLOCK, j : j + BLOCK], S[j : j + BLOCK, i : i + BLOCK].T
            if (here != mirrored).any():
                largest = max(largest, float(np.abs(here - mirrored).max()))
                here[:] = mirrored[:] = here / 2 + mirrored / 2
    return largest


def weight_matrix(name: str, value: ArrayLike, d: int) -> Float64[np.ndarray, "m {d}"]:
    """`value` as a float64 matrix with `d` columns and any number of rows, none included.

    Raises:
        ValueError: if it is not a real matrix with `d` columns.
    """
    W = real_array(name, value, 2)
    if W.shape[1] != d:
        msg = f"`{name}` must have {d} columns (the input dimension d), got shape {W.shape}"
        raise ValueError(msg)
    return W


def mean_vector(name: str, value: ArrayLike | None, d: int) -> Float64[np.ndarray, "{d}"]:
    """`value` as a float64 vector of length `d`; None is the zero vector.

    Raises:
        ValueError: if it is not a real vector of length `d`.
    """
    if value is None:
        return np.zeros(d)
    mu = real_array(name, value, 1)
    if mu.shape != (d,):
        msg = f"`{name}` must have length {d} (the input dimension d), got shape {mu.shape}"
        raise ValueError(msg)
    return mu


def relative_cutoff(name: str, value: SupportsFloat | None, *, default: float) -> float:
    """`value`, or `default` if it is None, if it lies in [0, 1).

    Raises:
        ValueError: if it does not, NaN included.
    """
    cutoff = default if value is None else float(value)
    if not 0 <= cutoff < 1:
        msg = f"`{name}` must be in [0, 1), got {cutoff}"
        raise ValueError(msg)
    return cutoff


def count(name: str, value: SupportsIndex, *, at_least: int) -> int:
    """`value` as an int if it is at least `at_least`.

    Raises:
        ValueError: if it is smaller.
    """
    whole = operator.index(value)
    if whole < at_least:
        msg = f"`{name}` must be at least {at_least}, got {whole}"
        raise ValueError(msg)
    return whole


def eigenvalues(name: str, value: ArrayLike) -> Float64[np.ndarray, " d"]:
    """`value` as the eigenvalues of a covariance, in falling order, rounding below zero cut off.

    Raises:
        ValueError: if it is not a non-empty real vector, or an entry is negative beyond rounding.
    """
    falling = -np.sort(-real_array(name, value, 1))
    if falling.size == 0:
        msg = f"`{name}` must hold at least one eigenvalue, got none"
        raise ValueError(msg)
    if falling[-1] < -tolerance(value) * np.abs(falling).max():
        msg = f"`{name}` must not be negative, got {falling[-1]:.3g}"
        raise ValueError(msg)
    return np.maximum(falling, 0.0)


def number(name: str, value: SupportsFloat, *, at_least: float = -np.inf) -> float:
    """`value` as a finite float that is at least `at_least`.

    Raises:
        ValueError: if it is not a single real number, or is smaller.
    """
    array = as_numpy(name, value)
    if array.dtype.kind == "b":
        msg = f"`{name}` must be a number, got {value}"
        raise ValueError(msg)
    scalar = float(real_array(name, array, 0))
    if scalar < at_least:
        msg = f"`{name}` must be at least {at_least:.3g}, got {scalar:.3g}"
        raise ValueError(msg)
    return scalar


def nonnegative(name: str, value: ArrayLike, ndim: int) -> Float64[np.ndarray, "..."]:
    """`value` as a non-empty float64 array of `ndim` dimensions without negative entries.

    Raises:
        ValueError: if it is empty, not real, of another dimension, or an entry is negative.
    """
    array = real_array(name, value, ndim)
    if array.size == 0:
        msg = f"`{name}` must hold at least one number, got shape {array.shape}"
        raise ValueError(msg)
    if array.min() < 0:
        msg = f"`{name}` must not be negative, got {array.min():.3g}"
        raise ValueError(msg)
    return array


def integer(name: str, value: SupportsInt, *, at_least: int, at_most: int | None = None) -> int:
    """`value` as an int between `at_least` and `at_most`, both included.

    Raises:
        ValueError: if it is not an integer (2.0 is not one), or outside.
    """
    span = f"at least {at_least}" if at_most is None else f"in {at_least}..{at_most}"
    msg = f"`{name}` must be an integer {span}, got {value}"
    try:
        whole = operator.index(value)  # pyright: ignore[reportArgumentType]
    except TypeError:
        raise ValueError(msg) from None
    if whole < at_least or (at_most is not None and whole > at_most):
        raise ValueError(msg)
    return whole


def columns(name: str, value: Float64[np.ndarray, "a b"], length: int) -> None:
    """Nothing, if `value` is a matrix with `length` rows.

    For formulas that would otherwise broadcast a wrong shape to a wrong number.

    Raises:
        ValueError: if it is not.
    """
    if value.ndim != 2 or len(value) != length:
        msg = f"`{name}` must hold columns of length {length}, got shape {value.shape}"
        raise ValueError(msg)


def row_by_row(
    name: str,
    value: ArrayLike,
    length: int,
    function: Callable[[Float64[np.ndarray, "n {length}"]], Float64[np.ndarray, "n k"]],
) -> Float64[np.ndarray, "*n k"]:
    """`function` of the rows of `value`; one vector gives one vector.

    Raises:
        ValueError: if `value` is not real, or its rows are not of this length.
    """
    array = as_numpy(name, value)
    if array.ndim == 1:
        return row_by_row(name, array[None], length, function)[0]
    rows = real_array(name, array, 2)
    if rows.shape[1] != length:
        msg = f"`{name}` must hold rows of length {length}, got shape {array.shape}"
        raise ValueError(msg)
    return function(rows)


def rational_rows(name: str, value: ArrayLike) -> list[list[Fraction]]:
    """`value` as rows of exact rationals; a float is the rational number it stores.

    Raises:
        ValueError: if it is not a rectangular matrix of finite real numbers.
    """
    array = as_given(name, value)
    if is_real(array.dtype) and array.dtype.kind in "fV":
        array = array.astype(np.float64)
    if array.ndim != 2:
        msg = f"`{name}` must be a rectangular matrix, got shape {array.shape}"
        raise ValueError(msg)
    try:
        return [[Fraction(x) for x in row] for row in array.tolist()]
    except (TypeError, ValueError, OverflowError):
        msg = f"`{name}` must be a rectangular matrix of finite real numbers"
        raise ValueError(msg) from None
