"""Samples of the private input with what is released of each: checked to belong together."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.types import ArrayLike
from iie.laws import Prior

FAR = 6.0  # standard errors between samples and the prior they are said to be drawn from


def rows(name: str, value: ArrayLike) -> Float64[np.ndarray, "n d"]:
    """`value` as one sample a row; further axes are flattened.

    Raises:
        ValueError: if it holds no rows of finite real numbers.
    """
    # What was handed in is checked, not a copy of it, which would have lost a mask.
    array = checks.real_array(name, value, _depth(value))
    if array.ndim < 2 or array.size == 0:
        msg = f"`{name}` must hold one sample a row, got shape {array.shape}"
        raise ValueError(msg)
    return array.reshape(len(array), -1)


def _depth(value: ArrayLike) -> int:
    """Its dimensions; 2 for ragged lists, which are refused later."""
    try:
        return np.ndim(value)
    except ValueError:
        return 2


def released_rows(
    releases: ArrayLike | Callable[..., ArrayLike], samples: Float64[np.ndarray, "n d"] | None
) -> Float64[np.ndarray, "n m"]:
    """f(x_i), one a row, from the numbers themselves or by asking f.

    Raises:
        ValueError: if they are not one row a sample, or f has nothing to be asked about.
    """
    if callable(releases):
        if samples is None:
            msg = "`samples` must be given where `releases` is a function, got none"
            raise ValueError(msg)
        releases = releases(samples)
    released = rows("releases", releases)
    if samples is not None and len(released) != len(samples):
        msg = (
            f"`releases` must have one row for each of the {len(samples)} samples,"
            f" got {len(released)}"
        )
        raise ValueError(msg)
    return released


def check_drawn(samples: Float64[np.ndarray, "n d"], prior: Prior) -> None:
    """Nothing, if samples may be draws of `prior`: mean and variance are within 6 standard errors.

    A bound for another law than that of the samples would be a wrong number.

    Raises:
        ValueError: if they cannot be, or have another number of coordinates.
    """
    n, d = samples.shape
    if d != prior.dim:
        msg = f"`samples` must have {prior.dim} columns (coordinates of `prior`), got {d}"
        raise ValueError(msg)
    if n < 2:
        return
    S = prior.covariance
    norm = float(np.linalg.norm(S.spectrum()))
    squares = np.sum((samples - prior.mean) ** 2, axis=1)
    spread = max(float(np.std(squares, ddof=1)), np.sqrt(2) * norm)
    offset = float(np.sum((samples.mean(axis=0) - prior.mean) ** 2))
    # n ||sample mean - mu||^2 has mean tr S; for one coordinate it is the square of a z-score.
    wide = abs(np.mean(squares) - S.trace()) > FAR * spread / np.sqrt(n)
    if wide or n * offset > S.trace() + FAR**2 * norm:
        msg = (
            f"`samples` must be draws of `prior`: their mean squared distance from its mean should"
            f" be {S.trace():.4g}, got {np.mean(squares):.4g}; mean off by {np.sqrt(offset):.3g}"
        )
        raise ValueError(msg)
