"""How two numbers go together when others are held: partial correlation, regression."""

import numpy as np
from jaxtyping import Float, Float64

from loft_jax.metrics import _checks

CONSTANT = 1e-9
"""Share of a number, below which what is left of it is rounding; of a spread likewise."""


def partial_correlation(
    x: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], held: Float[np.ndarray, "n k"]
) -> float | None:
    """The correlation of what a linear fit to `held` and a constant leaves of x and of y.

    Args:
        x: a number of each of n things.
        y: another.
        held: those that are held; none is the plain correlation.

    Returns:
        A number in [-1, 1]; None where nothing is left of x or y, or there are too few things.

    Raises:
        InputError: if something is not finite.

    Source: Yule 1907; Frisch and Waugh 1933.
    """
    if held.size:
        _checks.finite("held", held)
    basis = np.column_stack([np.ones(len(x)), held.astype(np.float64)])
    if len(x) - np.linalg.matrix_rank(basis) < 2:
        return None
    a, b = _left("x", x, basis), _left("y", y, basis)
    if a is None or b is None:
        return None
    return float(np.clip(a @ b / np.sqrt((a @ a) * (b @ b)), -1, 1))


def standard_slopes(
    x: Float[np.ndarray, "n k"], y: Float[np.ndarray, " n"]
) -> Float64[np.ndarray, " k"] | None:
    """Least-squares slopes of y on all columns of x, each in units of its standard deviation.

    Returns:
        Deviations of y for one of each column while the others are held; None where columns say
        the same, do not vary, or are too many.

    Raises:
        InputError: if something is not finite.
    """
    _checks.finite("x", x)
    _checks.finite("y", y)
    spread = x.std(axis=0), y.std()
    if min(*spread[0], spread[1]) == 0:
        return None
    scaled = (x - x.mean(axis=0)) / spread[0]
    if len(y) < x.shape[1] + 2 or np.linalg.cond(scaled) > 1 / CONSTANT:
        return None
    return np.linalg.lstsq(scaled, (y - y.mean()) / spread[1], rcond=None)[0]


def _left(
    name: str, values: Float[np.ndarray, " n"], basis: Float64[np.ndarray, "n c"]
) -> Float64[np.ndarray, " n"] | None:
    _checks.finite(name, values)
    fit = np.linalg.lstsq(basis, values, rcond=None)[0]
    left = values - basis @ fit
    return left if np.linalg.norm(left) > CONSTANT * np.linalg.norm(values) else None
