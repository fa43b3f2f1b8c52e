"""Whatever holds numbers, as a plain NumPy array: the one place where masks, frames and types meet.

NumPy lists, frames of pandas and polars, JAX and PyTorch arrays, matrices, scipy.sparse, and a
LinearOperator, which is multiplied out. What is computed is computed in float64.
"""

import decimal
import functools
import numbers
from typing import Any

import numpy as np

FLOAT64 = 2.0**-52  # the epsilon of all arithmetic here


def as_numpy(name: str, value: Any) -> np.ndarray:
    """`value` as an ordinary array of its own type; columns of objects that are numbers as float64.

    Raises:
        ValueError: as for `as_given`, or if an object is too large a number.
    """
    if type(value) is np.ndarray and value.dtype.kind != "O":
        return value
    array = as_given(name, value)
    try:
        return _from_objects(array) if array.dtype.kind == "O" else array
    except (ValueError, OverflowError) as error:
        msg = f"`{name}` must hold numbers that float64 can hold, got {error}"
        raise ValueError(msg) from None


def as_given(name: str, value: Any) -> np.ndarray:
    """`value` as an array; objects, such as fractions, stay objects.

    Raises:
        ValueError: if an entry is masked, or it is ragged or cannot be converted.
    """
    if _hides(value):
        msg = f"`{name}` must not be masked, got an array with masked entries; fill or drop them"
        raise ValueError(msg)
    try:
        return _multiplied_out(value)
    except (ValueError, TypeError, RuntimeError) as error:
        msg = f"`{name}` must be a rectangular array of numbers, got {error}"
        raise ValueError(msg) from None


def is_real(dtype: np.dtype) -> bool:
    """Whether float64 can stand for it: integers, booleans, and floats of every length."""
    # bfloat16 and its kind are types of their own, which NumPy knows only as safe to cast.
    own = dtype.kind == "V" and dtype.names is None and np.can_cast(dtype, np.float64)
    return dtype.kind in "biuf" or bool(own)


@functools.cache
def epsilon_of(dtype: np.dtype) -> float:
    """How coarse numbers of this type are, never finer than float64; integers are as float64."""
    if dtype.kind not in "fV":
        return FLOAT64
    one = np.ones((), dtype)
    return max(float(np.nextafter(one, one + one)) - 1, FLOAT64)


def _hides(value: Any) -> bool:
    """Whether an entry is masked; NumPy makes plain numbers of a list's masked rows, in silence."""
    if isinstance(value, np.ma.MaskedArray):
        return bool(np.ma.getmaskarray(value).any())
    return isinstance(value, list | tuple) and any(_hides(entry) for entry in value)


def _multiplied_out(value: Any) -> np.ndarray:
    if hasattr(value, "toarray"):
        value = value.toarray()
    elif hasattr(value, "matmat"):
        value = value.matmat(np.eye(value.shape[1]))
    return np.asarray(value)


def _from_objects(array: np.ndarray) -> np.ndarray:
    """The numbers in an array of objects, as frames of whole or nullable columns give them."""
    if all(isinstance(x, numbers.Real | np.bool_ | decimal.Decimal) for x in array.flat):
        return array.astype(np.float64)
    return array
