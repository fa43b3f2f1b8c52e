"""Bounds on unbiased attackers only: what they say of an attacker with a prior is nothing.

An attacker who knows the prior is biased, and may do far better: x ~ N(0, 1) released as 0.1 x + e,
e ~ N(0, 1), is answered with an error of 0.990, where every unbiased attacker has 100. So nothing
here enters `lower_bound`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.types import ArrayLike
from iie.bounds.noise import as_noise
from iie.bounds.samples import released_rows, rows


def unbiased_attacker_hcr(
    release: Callable[..., ArrayLike], noise: ArrayLike, points: ArrayLike, shifts: ArrayLike
) -> Float64[np.ndarray, " n"]:
    """Hammersley-Chapman-Robbins: the error of an attacker with E[A(y) | x] = x, at each x.

    E||x - A(y)||^2 >= sup_h ||h||^2 / (exp(||f(x + h) - f(x)||_N^2) - 1), over the shifts h that
    are given. Not a bound on the IIE: an attacker with a prior is biased and may do better.

    Args:
        release: f, "n d" to "n m", before the noise is added.
        noise: N: one variance, "m" variances or "m m".
        points: x, "n d".
        shifts: h, "k d", none of them zero.

    Returns:
        The bound at each point, in u^2; infinity where a shift changes nothing that is released.

    Raises:
        ValueError: if arrays do not fit each other, a shift is zero or N is not positive.

    Examples:
        >>> float(unbiased_attacker_hcr(lambda x: 0.1 * x, 1.0, [[0.0]], [[1e-4]])[0].round(3))
        100.0

    Source: references.bib:chapman1951minimum.   Proof: proofs/unbiased_attackers.py
    """
    x, h = rows("points", points), rows("shifts", shifts)
    checks.columns("shifts", h.T, x.shape[1])
    lengths = np.sum(h**2, axis=1)
    if lengths.min() == 0:
        msg = "`shifts` must not be zero, got a row of zeros"
        raise ValueError(msg)
    here = released_rows(release, x)
    whiten = as_noise(noise, here.shape[1]).whiten
    best = np.zeros(len(x))
    for shift, length in zip(h, lengths, strict=True):
        apart = np.sum(whiten(released_rows(release, x + shift) - here) ** 2, axis=1)
        with np.errstate(divide="ignore", over="ignore"):
            best = np.maximum(best, length / np.expm1(apart))
    return best


def unbiased_attacker_dfil(jacobian: Any, noise: ArrayLike) -> Float64[np.ndarray, " n"]:
    """1 / dFIL: the error a coordinate of an attacker with E[A(y) | x] = x, at each x.

    dFIL = tr(J^T N^{-1} J) / d, the diagonal Fisher information leakage; unbiased attackers have
    E||x - A(y)||^2 / d >= 1 / dFIL. Not a bound on the IIE: see `unbiased_attacker_hcr`.

    Args:
        jacobian: J of f at each x, "n m d".
        noise: N: one variance, "m" variances or "m m".

    Returns:
        1 / dFIL at each point, in u^2 a coordinate; infinity where J = 0.

    Raises:
        ValueError: if `jacobian` is no such array, or N is not positive.

    Examples:
        >>> float(unbiased_attacker_dfil(np.full((1, 1, 1), 0.1), noise=1.0)[0].round(3))
        100.0

    Source: references.bib:maeng2023bounding.   Proof: proofs/unbiased_attackers.py
    """
    J = checks.real_array("jacobian", jacobian, 3)
    n, m, d = J.shape
    white = as_noise(noise, m).whiten(J.transpose(0, 2, 1).reshape(n * d, m))
    information = np.sum(white.reshape(n, d * m) ** 2, axis=1)
    with np.errstate(divide="ignore"):
        return d / information
