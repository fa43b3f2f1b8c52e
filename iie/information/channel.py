"""The information in a noisy linear release, exactly, and the I-MMSE relation that checks it."""

import math
from typing import Any, SupportsFloat

import numpy as np
from jaxtyping import Float64

from iie.covariance.conversion import as_covariance
from iie.error.factorisation import noise_axes
from iie.error.rank import rank_rule, see
from iie.releases import Linear, as_release


def bits_released(covariance: Any, release: Any, noise: Any = None) -> float:
    """Bits that y = W x + e tells about x: I(x; y) = 1/2 log2 det(I + N^{-1} W S W^T).

    For x ~ N(mu, S) and independent e ~ N(0, N). Where N leaves a direction of y without noise that
    x does reach, the information is infinite: so it is for N = 0 and rank(W S^{1/2}) > 0.

    Args:
        covariance: S, "d d", a Covariance or a Gaussian, in u^2.
        release: a `Linear` with its noise, or W, "m d", with `noise`.
        noise: N for a bare W: one variance, "m" variances, "m m" or a covariance operator; None is
            no noise. Eigenvalues of its correlations at or below 10 m 2^-52 times the largest
            count as zero, and whether x reaches what is then without noise is a question of rank,
            decided as everywhere.

    Returns:
        The information in bits; infinity where it is.

    Raises:
        ValueError: if S, W and N do not fit each other, one is not what it should be, or `noise` is
            given beside a `Linear`.

    Examples:
        >>> bits_released([[3.0, 0.0], [0.0, 7.0]], [[1.0, 0.0]], noise=1.0)
        1.0

    Source: references.bib:cover2006elements, section 9.4.   Proof: proofs/information.py
    """
    S = as_covariance(covariance)
    if noise is not None and isinstance(release, Linear):
        msg = "`noise` must be left out for a Linear release, which has its own"
        raise ValueError(msg)
    linear = release if isinstance(release, Linear) else Linear(release, noise=noise)
    as_release(linear, S.dim)
    W = linear.rows(0, linear.outputs)
    variances, axes = np.zeros(len(W)), None
    if linear.noise is not None:
        variances, axes = noise_axes(linear.noise)
    W = W if axes is None else axes @ W
    quiet = variances == 0
    if see(S, W[quiet], rank_rule(S, linear, None)).basis.shape[1]:
        return math.inf
    signal = S.root_adjoint((W[~quiet] / np.sqrt(variances[~quiet])[:, None]).T)
    return _nats(np.linalg.svd(signal, compute_uv=False)) / math.log(2)


def mmse(covariance: Any, weight: Any, snr: SupportsFloat) -> float:
    """Smallest mean squared error of W x from sqrt(snr) W x + n, n ~ N(0, I), x ~ N(mu, S).

    sum_i s_i^2 / (1 + snr s_i^2), s the singular values of W S^{1/2}. By the I-MMSE relation it is
    twice the derivative of the information 1/2 log det(I + snr W S W^T), in nats, at that snr.

    Args:
        covariance: S, "d d", a Covariance or a Gaussian, in u^2.
        weight: W, "m d".
        snr: signal-to-noise ratio, at least 0, in 1 / (unit of W x)^2.

    Returns:
        E||W x - E[W x | y]||^2.

    Raises:
        ValueError: if S and W do not fit each other, or `snr` is negative or not finite.

    Examples:
        >>> mmse([[3.0]], [[1.0]], 1.0)  # 3 / (1 + 3)
        0.75

    Source: references.bib:guo2005mutual, Theorem 2.   Proof: proofs/information.py
    """
    S = as_covariance(covariance)
    ratio = float(snr)
    if not 0 <= ratio < math.inf:
        msg = f"`snr` must be at least 0 and finite, got {ratio}"
        raise ValueError(msg)
    linear = Linear(weight)
    as_release(linear, S.dim)
    signal = S.root_adjoint(linear.rows(0, linear.outputs).T)
    s = np.linalg.svd(signal, compute_uv=False)
    s = s[s > np.finfo(float).tiny]
    # s^2 alone may be more than float64 holds where the error is not.
    return float(np.sum(s / (1 / s + ratio * s)))


def _nats(s: Float64[np.ndarray, " k"]) -> float:
    """The sum of 1/2 log(1 + s^2), for s of every size."""
    small, large = s[s < 1], s[s >= 1]
    return float(np.sum(np.log1p(small**2)) + np.sum(np.log1p(large**-2.0))) / 2 + float(
        np.sum(np.log(large))
    )
