"""The Weiss-Weinstein bound: inputs a whole step apart that the release hardly tells apart."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, SupportsFloat

import numpy as np
import scipy  # not its parts: they load at first use, and `import iie` is quick
from jaxtyping import Float64

from iie._input import checks
from iie._input.randomness import Randomness, own_stream
from iie._input.types import ArrayLike
from iie.bounds.limits import checked_confidence, halves, lower_limit
from iie.bounds.noise import as_noise
from iie.bounds.result import A2_ANY, A3, EVERY_ATTACKER, Bound, bound
from iie.bounds.samples import check_drawn, released_rows, rows
from iie.laws import Gaussian, as_prior

STEPS = np.arange(1, 41) / 8  # step lengths tried, in standard deviations of the prior
TRIED = 200  # samples by which the step is chosen, at most
FORMULA = "sum over directions of a^2 eta(a)^2 / (2 (1 - eta(2 a))), the best a for each"


@dataclass(frozen=True)
class Overlap:
    """eta(a) = E exp(-||f(x + a v) - f(x)||^2 / 8) under sqrt(p(x) p(x + a v)), term by term.

    For a Gaussian prior that measure is exp(-a^2 v^T S^{-1} v / 8) times the law of z - a v / 2,
    z ~ prior, so that draws of the prior serve for every step.
    """

    signals: Callable[[Float64[np.ndarray, "n d"]], Float64[np.ndarray, "n m"]]
    direction: Float64[np.ndarray, " d"]
    deviation: float  # 1 / sqrt(v^T S^{-1} v)

    def __call__(self, z: Float64[np.ndarray, "n d"], a: float) -> Float64[np.ndarray, " n"]:
        """The terms whose mean is eta(a)."""
        half = a / 2 * self.direction
        apart = np.sum((self.signals(z + half) - self.signals(z - half)) ** 2, axis=1)
        return np.exp(-((a / self.deviation) ** 2) / 8 - apart / 8)


def weiss_weinstein_bound(
    prior: Any,
    release: Callable[..., ArrayLike],
    noise: ArrayLike,
    *,
    samples: ArrayLike,
    directions: ArrayLike | None = None,
    confidence: SupportsFloat = 0.95,
    rng: Randomness = None,
) -> Bound:
    """Smallest error of any attacker on y = f(x) + e, by steps that f hardly sees; exponent 1/2.

    With eta(h) = int sqrt(p(x) p(x + h)) exp(-||f(x + h) - f(x)||_N^2 / 8) dx and a unit vector v,
    E(v^T (x - A(y)))^2 >= a^2 eta(a v)^2 / (2 (1 - eta(2 a v))) for every a, summed over
    orthonormal v. It needs no derivative of f, and sees far steps where f comes back to the same
    value. One half of the samples chooses a; the other measures 2 c a eta(a) - 2 c^2 (1 - eta(2 a))
    for a fixed c, which is linear in both and never above the bound, with its one-sided limit.

    Args:
        prior: a Gaussian law of x, or its covariance S, "d d".
        release: f, inputs "n d" to released numbers "n m" before the noise is added.
        noise: N: one variance, "m" variances or "m m".
        samples: draws of the prior, "n d".
        directions: orthonormal rows v, "j d"; None is the eigenvectors of S. Directions that are
            left out count as 0.
        confidence: of the limit, in [0.5, 1).
        rng: a generator or a seed; None is the seed 0.

    Raises:
        ValueError: if the prior is not Gaussian, arrays do not fit each other, or directions are
            not orthonormal.

    Examples:
        >>> x = np.random.default_rng(0).standard_normal((100, 1))
        >>> nothing = weiss_weinstein_bound([[1.0]], np.zeros_like, 1.0, samples=x).total
        >>> round(nothing, 3)  # a release that tells nothing leaves the whole variance
        1.0

    Source: references.bib:weiss1985lower, with s = 1/2.   Proof: proofs/weiss_weinstein.py
    """
    law, sure = as_prior(prior), checked_confidence(confidence)
    if not isinstance(law, Gaussian):
        msg = f"`prior` must be Gaussian for this bound, got a {type(law).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - as everywhere: one kind of error for bad input
    z = rows("samples", samples)
    check_drawn(z, law)
    whiten = as_noise(noise, released_rows(release, z[:1]).shape[1]).whiten

    def signals(x: Float64[np.ndarray, "n d"]) -> Float64[np.ndarray, "n m"]:
        return whiten(released_rows(release, x))

    fitting, measuring = halves(len(z), own_stream(rng))
    terms = np.zeros(len(measuring))
    for v, deviation in _directions(law, directions):
        overlap = Overlap(signals, v, deviation)
        a = _best_step(overlap, z[fitting[:TRIED]])
        near, far = overlap(z[fitting], a).mean(), overlap(z[fitting], 2 * a).mean()
        c = a * near / (2 * (1 - far))
        terms += 2 * c * a * overlap(z[measuring], a)
        terms -= 2 * c**2 * (1 - overlap(z[measuring], 2 * a))
    limit = lower_limit(terms, sure)
    return bound(
        "lower bound",
        limit.value,
        law.dim,
        law.covariance.trace(),
        name="Weiss-Weinstein",
        confidence=sure,
        standard_error=limit.standard_error,
        assumptions=("A1: x is Gaussian with this covariance", A2_ANY, A3, EVERY_ATTACKER),
        source="Weiss and Weinstein 1985, exponent 1/2",
        formula=FORMULA,
    )


def _directions(
    law: Gaussian, given: ArrayLike | None
) -> list[tuple[Float64[np.ndarray, " d"], float]]:
    """Each direction v with 1 / sqrt(v^T S^{-1} v); those in which x does not vary are left out."""
    S = law.covariance
    if given is None:
        pairs = S.top(law.dim)
        floor = 10 * law.dim * np.finfo(float).eps * pairs.values[0]
        varying = pairs.values > floor
        deviations = np.sqrt(pairs.values[varying])
        return [(v, float(s)) for v, s in zip(pairs.vectors.T, deviations, strict=False)]
    V = checks.real_array("directions", given, 2)
    if V.shape[1] != law.dim or not np.allclose(V @ V.T, np.eye(len(V)), atol=1e-8):
        msg = f"`directions` must be orthonormal rows of length {law.dim}, got shape {V.shape}"
        raise ValueError(msg)
    deviations = np.sum(V.T * S.solve(V.T), axis=0) ** -0.5
    return [(v, float(s)) for v, s in zip(V, deviations, strict=True)]


def _best_step(overlap: Overlap, z: Float64[np.ndarray, "n d"]) -> float:
    """The step with the largest bound on these samples."""

    @functools.cache  # double steps are steps too
    def eta(steps: float) -> float:
        return float(overlap(z, steps * overlap.deviation).mean())

    def minus_bound(steps: float) -> float:
        return -(steps**2) * eta(steps) ** 2 / (2 * max(1 - eta(2 * steps), 1e-12))

    k = int(np.argmin([minus_bound(float(step)) for step in STEPS]))
    around = STEPS[k - 1] if k else STEPS[0] / 10, STEPS[min(k + 1, len(STEPS) - 1)]
    found = scipy.optimize.minimize_scalar(
        minus_bound, bounds=around, method="bounded", options={"xatol": 1e-3}
    )
    return float(found.x) * overlap.deviation
