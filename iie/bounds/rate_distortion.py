"""From bits to error: the smallest error that so many bits about x allow, for any prior."""

import math
from typing import Any, SupportsFloat

from iie._input import checks
from iie.bounds.entropy import differential_entropy
from iie.bounds.result import A3, EVERY_ATTACKER, Bound, bound
from iie.information.rate_distortion import distortion
from iie.laws import Gaussian, Prior, as_prior

WATER = "sum_i min(q, l_i) at the level q with sum_i 1/2 log2 max(l_i / q, 1) = bits"
SHANNON = "d / (2 pi e) 2^(2 (h(x) - bits) / d)"
A1_GAUSSIAN = "A1: x is Gaussian with this covariance"
A1_ENTROPY = "A1: x has this covariance and this entropy h(x)"
A4_BITS = "A4: the release takes at most 2^bits values, or tells at most so many bits about x"


def bits_bound(prior: Any, bits: SupportsFloat, *, entropy: SupportsFloat | None = None) -> Bound:
    """Smallest error of any attacker whose release tells at most so many bits about x.

    Gaussian prior: the distortion-rate function by reverse water-filling. Any other: Shannon's
    lower bound, d / (2 pi e) 2^(2 (h(x) - bits) / d), h(x) in bits: an error of D has an entropy
    of at most d/2 log2(2 pi e D / d).

    Args:
        prior: law of x, or its covariance S, "d d"; unit u^2.
        bits: at least 0; infinity is no limit.
        entropy: h(x) in bits, where `prior` says no more than the covariance of a law that is not
            Gaussian; None takes it from the prior.

    Raises:
        ValueError: if `prior` is none, `bits` is negative or `entropy` is more than a Gaussian's.

    Examples:
        >>> bits_bound([[4.0]], 1.0).total
        1.0

    Source: references.bib:cover2006elements, Theorem 10.3.3 and problem 10.8.
    Proof: proofs/information_limit.py
    """
    law, told = as_prior(prior), float(bits)
    if not told >= 0:
        msg = f"`bits` must be at least 0, got {told}"
        raise ValueError(msg)
    gaussian = isinstance(law, Gaussian) and entropy is None
    return bound(
        "lower bound",
        _water(law, told) if gaussian else _shannon(law, told, entropy),
        law.dim,
        law.covariance.trace(),
        name="bits",
        confidence=1.0,
        standard_error=None,
        assumptions=(A1_GAUSSIAN if gaussian else A1_ENTROPY, A4_BITS, A3, EVERY_ATTACKER),
        source="data processing and rate-distortion, Cover and Thomas 2006, Theorem 10.3.3",
        formula=WATER if gaussian else SHANNON,
        bits=told,
    )


def _water(law: Prior, bits: float) -> float:
    return distortion(law.covariance.spectrum(), bits)


def _shannon(law: Prior, bits: float, entropy: SupportsFloat | None) -> float:
    """Shannon's bound.

    Raises:
        ValueError: if a Gaussian of this covariance has less entropy than is claimed.
    """
    d, S = law.dim, law.covariance
    most = differential_entropy(Gaussian(S))
    h = differential_entropy(law) if entropy is None else checks.number("entropy", entropy)
    if h > most + 1e-9 * max(1.0, abs(most)):
        msg = f"`entropy` must be at most {most:.6g} bits, that of a Gaussian, got {h:.6g}"
        raise ValueError(msg)
    if math.isinf(bits) or math.isinf(h):
        return 0.0
    return d / (2 * math.pi * math.e) * 2 ** (2 * (h - bits) / d)
