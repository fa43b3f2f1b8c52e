"""The upper end of an interval: what a decoder missed on fresh samples, with its limit."""

from typing import NamedTuple, SupportsFloat

import numpy as np
from jaxtyping import Float

from loft_jax.errors import InputError

FEWEST = 100
"""Errors from which the limit holds as often as it says, of one squared Gaussian residual too."""


class UpperEnd(NamedTuple):
    """A mean error, and what it is at most.

    Attributes:
        value: the mean, in the unit of the errors.
        standard_error: of it.
        limit: one-sided; the error of the ideal attacker is no larger, with the confidence asked.
    """

    value: float
    standard_error: float
    limit: float


def upper_end(
    errors: Float[np.ndarray, " n"], confidence: SupportsFloat = 0.95, *, fewest: int = FEWEST
) -> UpperEnd:
    """The mean error of a decoder on samples it has not seen, with its one-sided upper limit.

    No decoder beats the posterior mean, so the limit holds for the ideal attacker as well. Squared
    errors are skewed to the right, for which Student's limit is too low: this one is mended for the
    skewness to first order (`iie.bounds.limits.upper_limit`). It wants a finite third moment: of
    residuals with tails like Student's t of 5 it holds in 88 of 100 samples of 100.

    Args:
        errors: of independent samples, one number each: the decoder was neither fitted to them nor
            chosen by them.
        confidence: in [0.5, 1).
        fewest: errors that are enough; of means over several pictures fewer are.

    Raises:
        InputError: if there are fewer, one is not finite or negative, or `confidence` is
            out of range.

    Source: Hall 1983, "Inverting an Edgeworth expansion"; orthogonality: proofs/ideal_attacker.py.
    """
    from iie.bounds.limits import checked_confidence, upper_limit  # SciPy loads at first use

    values = np.asarray(errors, np.float64)
    if values.ndim != 1 or len(values) < fewest:
        msg = f"`errors` must be at least {fewest} numbers, got shape {list(values.shape)}"
        raise InputError(msg)
    if not np.isfinite(values).all() or values.min() < 0:
        msg = "`errors` must be finite and at least 0, got something else"
        raise InputError(msg)
    try:
        sure = checked_confidence(confidence)
    except ValueError as error:
        raise InputError(str(error)) from error
    limit = upper_limit(values, sure)
    return UpperEnd(limit.mean, limit.standard_error, limit.value)
