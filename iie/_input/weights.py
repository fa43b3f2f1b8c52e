"""W in whatever form a user has it: an array, a sparse matrix, or only its products."""

from typing import Any

import numpy as np

from iie._input import checks
from iie._input.arrays import as_numpy, epsilon_of, is_real


def weight_operator(value: Any) -> tuple[Any, float]:
    """W as an array of floats, a CSR matrix of float64, or a LinearOperator, and its epsilon.

    Raises:
        ValueError: if it is not real or not finite, or a LinearOperator has no adjoint.
    """
    if hasattr(value, "tocsr"):
        return _sparse(value)
    if hasattr(value, "rmatmat"):
        return _operator(value), epsilon_of(np.dtype(value.dtype or np.float64))
    W = as_numpy("weight", value)
    # What needs no conversion is kept without a copy; all else is checked while it is converted.
    if W.dtype not in (np.float32, np.float64) or W.ndim != 2 or not np.isfinite(W).all():
        return checks.real_array("weight", W, 2), epsilon_of(W.dtype)
    return W, epsilon_of(W.dtype)


def _sparse(value: Any) -> tuple[Any, float]:
    """A scipy.sparse matrix or array of any format."""
    if value.ndim != 2:
        msg = f"`weight` must have 2 dimension(s), got shape {value.shape}"
        raise ValueError(msg)
    rows = value.tocsr()
    checks.real_array("weight", rows.data, 1)
    return rows.astype(np.float64), epsilon_of(rows.dtype)


def _operator(value: Any) -> Any:
    """A LinearOperator that is real and has an adjoint."""
    if value.dtype is not None and not is_real(np.dtype(value.dtype)):
        msg = f"`weight` must hold real numbers, got a LinearOperator of dtype {value.dtype}"
        raise ValueError(msg)
    try:
        value.rmatvec(np.zeros(value.shape[0]))
    except NotImplementedError:
        msg = (
            "`weight` must be a LinearOperator with an adjoint, got one without; give it"
            " `rmatvec`, y -> W^T y"
        )
        raise ValueError(msg) from None
    return value
