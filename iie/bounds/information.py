"""At most so many bits are in a release, from samples of what it lets out: above, never below."""

import math
from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
from jaxtyping import Float64

from iie._input.randomness import Randomness, own_stream
from iie._input.types import ArrayLike
from iie.bounds.limits import checked_confidence, halves, upper_limit
from iie.bounds.noise import as_noise
from iie.bounds.output_law import OutputLaw, fits
from iie.bounds.samples import rows
from iie.records import Record

TRIED = 4000  # samples by which a law is chosen, at most


@dataclass(frozen=True, eq=False, repr=False)
class InformationLimit(Record):
    """What a release tells at most.

    Attributes:
        bits: upper confidence limit on I(x; y).
        estimate: unbiased estimate of the mean divergence from q, itself above I(x; y), in bits.
        standard_error: of `estimate`, in bits.
        confidence: probability with which I(x; y) <= bits.
        law: what q was.
    """

    bits: float
    estimate: float
    standard_error: float
    confidence: float
    law: str


def information_upper_bound(
    releases: ArrayLike,
    noise: ArrayLike,
    *,
    confidence: SupportsFloat = 0.95,
    rng: Randomness = None,
) -> InformationLimit:
    """Bits that y = f(x) + e tells about x, e ~ N(0, N), at most: for any f and any law of x.

    I(x; y) = E KL(N(f(x), N) || q) - KL(law of y || q) <= E KL(N(f(x), N) || q) for every law q.
    One half of the samples chooses and fits q (a Gaussian, a mixture of Gaussians, or the samples
    with the noise around each); the mean over the other half, with its one-sided confidence limit,
    is the bound. The same for log det of the sample covariance would come out too low.

    Args:
        releases: f(x_i), "n m", before the noise is added, one independent sample a row.
        noise: N: one variance, "m" variances or "m m", in squared units of y.
        confidence: of the limit, in [0.5, 1).
        rng: a generator or a seed; None is the seed 0.

    Raises:
        ValueError: if there are fewer than 40 samples, one is not finite, or N is not positive.

    Examples:
        >>> f = np.random.default_rng(0).standard_normal((20000, 1))
        >>> round(information_upper_bound(f, noise=1 / 3).estimate, 1)  # 1/2 log2(1 + 3)
        1.0

    Source: references.bib:cover2006elements, Theorem 2.6.3 (divergence is not negative).
    Proof: proofs/information_limit.py
    """
    sure, rng = checked_confidence(confidence), own_stream(rng)
    released = rows("releases", releases)
    signals = as_noise(noise, released.shape[1]).whiten(released)
    fitting, measuring = halves(len(signals), rng)
    law = _chosen(signals[fitting], rng)
    limit = upper_limit(law.divergences(signals[measuring], rng) / math.log(2), sure)
    return InformationLimit(max(limit.value, 0.0), limit.mean, limit.standard_error, sure, law.name)


def _chosen(signals: Float64[np.ndarray, "n m"], rng: np.random.Generator) -> OutputLaw:
    """The law that does best on samples it was not fitted to, fitted again to all of them."""
    first, second = signals[:TRIED:2], signals[1:TRIED:2]
    candidates = list(fits(*first.shape))
    seed = int(rng.integers(2**62))  # of the same noise for all: only their differences count
    scores = [
        float(np.mean(fit(first, rng).divergences(second, np.random.default_rng(seed))))
        for fit in candidates
    ]
    return candidates[int(np.argmin(scores))](signals, rng)
