"""The guarantee of a bounded, noisy code: what its width and noise alone forbid to everybody."""

import math
from typing import SupportsFloat, SupportsInt

from iie._input import checks
from iie.bounds.result import A3, EVERY_ATTACKER, Bound, bound

A1_LATENTS = "A1: u ~ N(0, I_k) are any k numbers behind the picture"
NOISY = (
    "A2: every released number is in [-1, 1] before its noise, whatever the network",
    "A4: independent Gaussian noise of this variance on every number of every release",
)
COUNTED = ("A2: every released number takes at most 2^b values, whatever the network",)
NOT_COVERED = (
    "Not covered: what the weights say of the people they were trained on (an attacker with the"
    " weights needs no release); traits of a class, which a label tells already; real numbers"
    " released exactly; numbers u that are not standard normal."
)


def bounded_code_guarantee(
    *,
    numbers: SupportsInt,
    latents: SupportsInt,
    noise: SupportsFloat | None = None,
    bits: SupportsFloat | None = None,
    releases: SupportsInt = 1,
) -> Bound:
    """Smallest error of every attacker on every network whose code is bounded and noisy.

    With u ~ N(0, I_k), a code c in [-1, 1]^r of anything, and y = c + e, e ~ N(0, s^2 I_r), m times
    with independent noise: E||u - A(y)||^2 / k >= (1 + 1/s^2)^(-r m / k). With b bits a number and
    no noise: 2^(-2 r b m / k). With both, the larger. The m codes may come from different pictures;
    m answers about one picture, whose code is the same, are one release with noise s^2 / m.

    Rank bounds leakage because tanh bounds each number: a code of one unbounded number can carry
    everything through the same noise. What the guarantee does not cover: the weights, which speak
    of the people they were trained on without any release of them; traits of a class, which the
    label tells; and real numbers released exactly.

    Args:
        numbers: r, numbers in a code, at least 0.
        latents: k, at least 1.
        noise: s^2, a variance, positive; None is no noise.
        bits: b, bits of each number, at least 0; None is no limit.
        releases: m, codes of the same person, at least 1.

    Returns:
        The bound for u: `per_coordinate` and `relative` are (1 + 1/s^2)^(-r m / k).

    Raises:
        ValueError: if a number is out of its range, or neither `noise` nor `bits` is given.

    Examples:
        >>> guarantee = bounded_code_guarantee(numbers=16, noise=0.01, latents=96)
        >>> round(math.sqrt(guarantee.per_coordinate), 2)
        0.68

    Source: ours (capacity of the Gaussian channel and rate-distortion; Cover and Thomas 2006,
    Theorems 9.1.1 and 10.3.3).   Proof: proofs/bounded_code.py
    """
    r = checks.integer("numbers", numbers, at_least=0)
    k = checks.integer("latents", latents, at_least=1)
    m = checks.integer("releases", releases, at_least=1)
    nats, why = _nats_of_a_number(noise, bits)
    told = r * m * nats
    share = math.exp(-2 * told / k)
    return bound(
        "lower bound",
        k * share,
        k,
        float(k),
        name="bounded code",
        confidence=1.0,
        standard_error=None,
        assumptions=(A1_LATENTS, *why, A3, EVERY_ATTACKER),
        source="ours: Gaussian capacity and rate-distortion",
        formula="k (1 + 1/s^2)^(-r m / k)" if why is NOISY else "k 2^(-2 r b m / k)",
        bits=told / math.log(2),
    )


def _nats_of_a_number(
    noise: SupportsFloat | None, bits: SupportsFloat | None
) -> tuple[float, tuple[str, ...]]:
    """What one released number tells at most, in nats, and which assumptions say so."""
    limits = []
    if noise is not None:
        variance = checks.number("noise", noise)
        if variance <= 0:
            msg = f"`noise` must be a positive variance, got {variance:g}"
            raise ValueError(msg)
        limits.append((math.log1p(1 / variance) / 2, NOISY))
    if bits is not None:
        limits.append((checks.number("bits", bits, at_least=0.0) * math.log(2), COUNTED))
    if not limits:
        msg = (
            "`noise` or `bits` must be given, got neither: real numbers released exactly can carry"
            " everything"
        )
        raise ValueError(msg)
    return min(limits)
