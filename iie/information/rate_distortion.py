"""Bits: how many a release lets out, and how small an error that many bits can buy at best."""

import math
from dataclasses import dataclass
from typing import SupportsFloat, SupportsInt

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.types import ArrayLike
from iie.information.channel import bits_released as bits_released
from iie.information.channel import mmse as mmse
from iie.records import Record

ASSUMPTIONS = (
    "A1: the private input is Gaussian with this spectrum, x ~ N(mu, S)",
    "A3: the error is squared, ||x - A(f(x))||^2",
    "A4: the release takes at most 2^bits values; f itself may be any function",
)
SOURCE = "ours: data processing and the Gaussian rate-distortion function, Cover and Thomas 2006"


@dataclass(frozen=True, eq=False, repr=False)
class RateBound(Record):
    """One point of the rate-distortion curve of the input, read as a limit on every release.

    No release of at most 2^`bits` values lets anybody reach an error below `total`; and no release
    that allows the error `total` tells fewer than `bits` bits.

    Attributes:
        bits: what the release tells about x at most (first reading) or at least (second).
        total: squared error summed over coordinates, in u^2.
        per_coordinate: total / d, in u^2.
        relative: total / tr S; 0 when tr S = 0.
        kind: "lower bound": in neither reading is it claimed that the limit can be met.
        assumptions: what has to hold for the bound to be true.
        source: where the bound is from.
    """

    bits: float
    total: float
    per_coordinate: float
    relative: float
    kind: str = "lower bound"
    assumptions: tuple[str, ...] = ASSUMPTIONS
    source: str = SOURCE


def distortion(spectrum: ArrayLike, bits: SupportsFloat) -> float:
    """D(R), the smallest mean squared error that R bits about x ~ N(mu, S) allow.

    Reverse water-filling: D(R) = sum_i min(q, l_i) at the water level q with
    sum_i 1/2 log2 max(l_i / q, 1) = R. The level is solved for exactly, by sorting. D(0) = tr S and
    D(inf) = 0.

    Args:
        spectrum: eigenvalues l of S, "d", in u^2, in any order; zeros may occur.
        bits: R, at least 0, infinity included.

    Returns:
        The error in u^2, summed over coordinates.

    Raises:
        ValueError: if an eigenvalue is negative or not a finite number, or R is negative or NaN.

    Examples:
        >>> distortion([4.0, 1.0], 0.0)
        5.0
        >>> distortion([4.0, 1.0], 1.0)  # one bit: the water level falls from 4 to 1
        2.0

    Source: references.bib:cover2006elements, Theorem 10.3.3.   Proof: proofs/information.py
    """
    variances = _positive(spectrum)
    wanted = _nonnegative("bits", bits) * math.log(2)
    if variances.size == 0:
        return 0.0
    rates = _rates(variances)
    k = int(np.searchsorted(rates, wanted, side="right"))
    # k eigenvalues are above the water; from l_k down to the level, all k share what is left of R.
    level = variances[k - 1] * math.exp(-2 * (wanted - rates[k - 1]) / k)
    return float(k * level + np.sum(variances[k:]))


def rate(spectrum: ArrayLike, distortion: SupportsFloat) -> float:
    """R(D), the fewest bits about x ~ N(mu, S) that allow a mean squared error of D.

    The inverse of `distortion`: R = sum_i 1/2 log2 max(l_i / q, 1) at the water level q with
    sum_i min(q, l_i) = D; 0 from D = tr S on, and infinite at D = 0 unless S = 0.

    Args:
        spectrum: eigenvalues l of S, "d", in u^2, in any order; zeros may occur.
        distortion: D in u^2, summed over coordinates, at least 0.

    Returns:
        R in bits.

    Raises:
        ValueError: if an eigenvalue is negative or not a finite number, or D is negative or NaN.

    Examples:
        >>> rate([4.0, 1.0], 2.0)
        1.0

    Source: references.bib:cover2006elements, Theorem 10.3.3.   Proof: proofs/information.py
    """
    variances = _positive(spectrum)
    error = _nonnegative("distortion", distortion)
    if error >= np.sum(variances):
        return 0.0
    if error == 0:
        return math.inf
    # Summed from the small end: what lies under water for every k, and the error at level l_k.
    tails = np.concatenate([np.cumsum(variances[:0:-1])[::-1], [0.0]])
    errors = np.arange(1, variances.size + 1) * variances + tails
    k = max(1, int(np.searchsorted(-errors, -error, side="right")))
    log_level = math.log(error - tails[k - 1]) - math.log(k)
    nats = _rates(variances)[k - 1] + k / 2 * (math.log(variances[k - 1]) - log_level)
    return float(nats) / math.log(2)


def label_bound(spectrum: ArrayLike, classes: SupportsInt) -> RateBound:
    """Smallest error that a label of K classes allows: IIE >= D(log2 K), whatever the classifier.

    Args:
        spectrum: eigenvalues of S, "d", in u^2, in any order.
        classes: K, at least 1.

    Raises:
        ValueError: if `spectrum` is no spectrum, or `classes` is below 1.

    Examples:
        >>> label_bound([4.0, 1.0], 2).total
        2.0

    Source: ours (Gaussian rate-distortion function).   Proof: proofs/quantised_release.py
    """
    return _bound(spectrum, math.log2(checks.integer("classes", classes, at_least=1)))


def quantised_bound(spectrum: ArrayLike, outputs: SupportsInt, bits: SupportsFloat) -> RateBound:
    """Smallest error that r outputs of b bits each allow: IIE >= D(r b), whatever the network.

    Args:
        spectrum: eigenvalues of S, "d", in u^2, in any order.
        outputs: r, at least 0.
        bits: b, bits per output, at least 0; infinity is no limit.

    Raises:
        ValueError: if `spectrum` is no spectrum, or `outputs` or `bits` is negative.

    Examples:
        >>> quantised_bound([4.0, 1.0], outputs=1, bits=1).total
        2.0

    Source: ours (Gaussian rate-distortion function).   Proof: proofs/quantised_release.py
    """
    count, each = checks.integer("outputs", outputs, at_least=0), _nonnegative("bits", bits)
    return _bound(spectrum, count * each if count else 0.0)


def bits_to_reach_psnr(
    spectrum: ArrayLike, psnr: SupportsFloat, value_range: SupportsFloat
) -> RateBound:
    """Fewest bits with which any release lets anybody reconstruct x at this PSNR.

    PSNR = 10 log10(value_range^2 / MSE) of the mean squared error per coordinate over the prior
    (not the mean of single images' PSNRs); bits = R(d MSE).

    Args:
        spectrum: eigenvalues of S, "d", in u^2, in any order.
        psnr: in dB; infinity asks for x itself.
        value_range: largest minus smallest possible value of a coordinate, in u (1 or 255).

    Returns:
        The point of the curve; `total` is tr S and `bits` 0 where the mean image does it already.

    Raises:
        ValueError: if `spectrum` is no spectrum, `psnr` is NaN, or `value_range` is not a positive
            number.

    Examples:
        >>> round(bits_to_reach_psnr([0.04, 0.01], 20.0, value_range=1.0).bits, 12)
        1.0

    Source: ours (Gaussian rate-distortion function).   Proof: proofs/information.py
    """
    variances = checks.eigenvalues("spectrum", spectrum)
    psnr, value_range = float(psnr), float(value_range)
    if math.isnan(psnr):
        msg = f"`psnr` must be a number of dB, got {psnr}"
        raise ValueError(msg)
    if not 0 < value_range < math.inf:
        msg = f"`value_range` must be positive and finite, got {value_range}"
        raise ValueError(msg)
    # Below -300 dB any guess will do; the power would overflow.
    wanted = variances.size * value_range**2 * 10 ** (-max(psnr, -300.0) / 10)
    total = min(wanted, float(np.sum(variances)))
    return _point(variances, rate(variances, total), total)


def _bound(spectrum: ArrayLike, bits: float) -> RateBound:
    """The smallest error for this many bits."""
    variances = checks.eigenvalues("spectrum", spectrum)
    return _point(variances, bits, distortion(variances, bits))


def _point(variances: Float64[np.ndarray, " d"], bits: float, total: float) -> RateBound:
    variance = float(np.sum(variances))
    relative = total / variance if variance > 0 else 0.0
    return RateBound(bits, total, total / variances.size, relative)


def _positive(spectrum: ArrayLike) -> Float64[np.ndarray, " k"]:
    """The eigenvalues that carry any variance, in falling order."""
    eigenvalues = checks.eigenvalues("spectrum", spectrum)
    return eigenvalues[eigenvalues > 0]


def _rates(variances: Float64[np.ndarray, " k"]) -> Float64[np.ndarray, " k"]:
    """Nats that bring the water level down to l_k, for every k; rising from 0."""
    # Sums of steps >= 0: sorted for certain, and no difference of large sums.
    steps = np.arange(1, variances.size) / 2 * -np.diff(np.log(variances))
    return np.concatenate([[0.0], np.cumsum(steps)])


def _nonnegative(name: str, value: SupportsFloat) -> float:
    """`value` as a float, if it is at least 0; infinity is allowed."""
    number = float(value)
    if not number >= 0:
        msg = f"`{name}` must be at least 0, got {number}"
        raise ValueError(msg)
    return number
