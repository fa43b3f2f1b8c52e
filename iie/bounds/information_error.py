"""From samples of what is released to an error: information from above, then rate-distortion."""

from dataclasses import replace
from typing import Any, SupportsFloat

from iie._input.randomness import Randomness
from iie._input.types import ArrayLike
from iie.bounds.information import information_upper_bound
from iie.bounds.rate_distortion import bits_bound
from iie.bounds.result import A2_ANY, A3, EVERY_ATTACKER, Bound
from iie.laws import as_prior


def information_bound(
    prior: Any,
    releases: ArrayLike,
    noise: ArrayLike,
    *,
    entropy: SupportsFloat | None = None,
    confidence: SupportsFloat = 0.95,
    rng: Randomness = None,
) -> Bound:
    """Smallest error of any attacker on y = f(x) + e, by how many bits y can hold about x.

    D(R), R the upper limit of `information_upper_bound` and D that of `bits_bound`.

    Args:
        prior: law of x, or its covariance S, "d d"; unit u^2.
        releases: f(x_i), "n m", before the noise is added, one independent draw of x a row.
        noise: N: one variance, "m" variances or "m m".
        entropy: h(x) in bits, as for `bits_bound`.
        confidence: of the limit, in [0.5, 1).
        rng: a generator or a seed; None is the seed 0.

    Raises:
        ValueError: as for `information_upper_bound` and `bits_bound`.

    Examples:
        >>> x = np.random.default_rng(0).standard_normal((20000, 1))
        >>> round(information_bound([[1.0]], x, noise=1.0).total, 1)  # linear: 1 / (1 + 1)
        0.5

    Source: references.bib:cover2006elements, Theorem 10.3.3.   Proof: proofs/information_limit.py
    """
    law = as_prior(prior)
    limit = information_upper_bound(releases, noise, confidence=confidence, rng=rng)

    def error(bits: float) -> float:
        return bits_bound(law, max(bits, 0.0), entropy=entropy).total

    at_limit = bits_bound(law, limit.bits, entropy=entropy)
    measured = f"A4: samples are independent draws of x; measured against {limit.law}"
    return replace(
        at_limit,
        name="information",
        confidence=limit.confidence,
        # To first order: as far as one standard error of the bits moves it.
        standard_error=error(limit.estimate) - error(limit.estimate + limit.standard_error),
        assumptions=(at_limit.assumptions[0], A2_ANY, measured, A3, EVERY_ATTACKER),
    )
