"""W in whatever form a user has it: an array, a sparse matrix, or only its products."""

from typing import Any

import numpy as np

from iie._input import checks


def weight_operator(value: Any) -> Any:
    """W as an array of floats, a CSR matrix of float64, or a LinearOperator, checked.

    Raises:
        ValueError: if it is not real or not finite, or a LinearOperator has no adjoint.
    """
    if hasattr(value, "tocsr"):
        checks.real_array("weight", value.data if hasattr(value, "data") else [], 1)
        return value.tocsr().astype(np.float64)
    if hasattr(value, "rmatmat"):
        return _operator(value)
    if isinstance(value, np.ndarray) and value.dtype in (np.float32, np.float64):
        if value.ndim != 2 or not np.isfinite(value).all():
            checks.real_array("weight", value, 2)
        return value
    return checks.real_array("weight", value, 2)


def _operator(value: Any) -> Any:
    """A LinearOperator that is real and has an adjoint."""
    if value.dtype is not None and np.dtype(value.dtype).kind not in "iuf":
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
