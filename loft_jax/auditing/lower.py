"""Lower ends: what no attacker on a release can fall below, by every bound that holds for it."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from iie import (
    Bound,
    InformationLimit,
    bits_bound,
    bounded_code_guarantee,
    information_upper_bound,
    van_trees_bound,
)
from loft_jax.auditing.releases import Numbers

EXACT = (
    "0: exact real numbers can carry everything, and no bound holds for every attacker; noise on "
    "what is released (--noise 0.1), few bits (--bits 8) or the label alone would raise it"
)
NO_LAW = (
    "0: nothing is known of the law of these pictures, without which no bound holds for every "
    "attacker; drawn people (--data faces) have one"
)
NO_SLOPES = (
    "0: pictures have a bound by slopes alone, which takes noise on numbers that a model shows "
    "with its gradients (--noise 0.1, a run or a JAX function)"
)

ROUNDING = 1e-6
"""Share by which a bound from slopes is lowered: a network's are rounded to single precision."""


@dataclass(frozen=True)
class Stage:
    """Numbers with Gaussian noise, of which a release is made: who sees these sees no less.

    Attributes:
        kind: of the numbers.
        variance: of the noise, in the mean of all answers about a picture.
        numbers: samples without that noise.
        slopes: their Jacobians by the latents, "j m z"; None where they cannot be had.
        ends: between which every number is, whatever the network; None where nothing holds them.
    """

    kind: str
    variance: float
    numbers: Numbers
    slopes: Float64[np.ndarray, "j m z"] | None = None
    ends: tuple[float, float] | None = None

    @property
    def estimated(self) -> int:
        """Bounds that are estimates, each of which may be wrong."""
        return 1 if self.slopes is None else 2


class Sought(NamedTuple):
    """What an attacker is after.

    Attributes:
        name: such as identity or picture.
        numbers: how many numbers it is.
        variance: the sum of their variances.
        slopes: their Jacobians by the latents, "n q z"; None where they cannot be had.
        latent: whether they are some of the latents, and so N(0, I); else they are pixels.
        known_law: whether the law of the pictures is known.
    """

    name: str
    numbers: int
    variance: float
    slopes: Float64[np.ndarray, "n q z"] | None
    latent: bool
    known_law: bool = True


class LowerEnd(NamedTuple):
    """A lower end of the error.

    Attributes:
        share: of the variance that every attacker leaves unknown, at least.
        by: name of the bound; none where it is 0.
        assumptions: what has to hold; of a 0 why it is none.
        table: shares by every bound that holds, by name.
        confidence: with which it holds; 1 if nothing was estimated.
    """

    share: float
    by: str
    assumptions: tuple[str, ...]
    table: Mapping[str, float]
    confidence: float


def lower_ends(
    counted: float | None,
    stages: Sequence[Stage],
    sought: Sequence[Sought],
    confidence: float,
) -> dict[str, LowerEnd]:
    """The lower end for each of what is sought, each with this confidence.

    Estimated bounds share the risk (Bonferroni), so that the largest holds. Bounds on unbiased
    attackers are none of them: they forbid nothing to an attacker who knows the law.

    Args:
        counted: bits in the release at most, by counting; None where it is real numbers.
        stages: numbers with noise of which the release is made.
        sought: what attackers are after.
        confidence: in [0.5, 1).
    """
    estimated = sum(stage.estimated for stage in stages)
    each = 1 - (1 - confidence) / max(estimated, 1)
    told = [
        information_upper_bound(stage.numbers, stage.variance, confidence=each)
        for stage in (stages if any(one.latent for one in sought) else ())
    ]
    ends = {}
    for one in sought:
        bounds = _of_latents(one.numbers, counted, stages, told) if one.latent else []
        bounds += _by_slopes(one, stages, each)
        ends[one.name] = _largest(bounds, one, confidence if estimated else 1.0)
    return ends


def _of_latents(
    k: int,
    counted: float | None,
    stages: Sequence[Stage],
    told: Sequence[InformationLimit],
) -> list[Bound]:
    """Bounds on k standard normal numbers, by how much a release tells at most."""
    prior = np.eye(k)
    bounds = [] if counted is None else [bits_bound(prior, counted)]
    for stage, limit in zip(stages, told, strict=True):
        measured = f"A4: samples are independent draws; measured against {limit.law}"
        found = bits_bound(prior, limit.bits)
        because = (found.assumptions[0], _noise(stage), measured, *found.assumptions[2:])
        bounds.append(dataclasses.replace(found, name="information", assumptions=because))
        if stage.ends is not None:
            half = (stage.ends[1] - stage.ends[0]) / 2
            bounds.append(
                bounded_code_guarantee(
                    numbers=stage.numbers.shape[1], latents=k, noise=stage.variance / half**2
                )
            )
    return bounds


def _by_slopes(one: Sought, stages: Sequence[Stage], confidence: float) -> list[Bound]:
    found = [
        van_trees_bound(
            np.eye(stage.slopes.shape[2]),
            stage.slopes,
            stage.variance,
            generator=one.slopes,
            variance=one.variance,
            confidence=confidence,
        )
        for stage in stages
        if stage.slopes is not None and one.slopes is not None
    ]
    return [_lowered(bound) for bound in found]


def _lowered(bound: Bound) -> Bound:
    kept = 1 - ROUNDING
    return dataclasses.replace(
        bound,
        total=kept * bound.total,
        per_coordinate=kept * bound.per_coordinate,
        relative=None if bound.relative is None else kept * bound.relative,
    )


def _largest(bounds: Sequence[Bound], one: Sought, confidence: float) -> LowerEnd:
    table: dict[str, float] = {}
    for found in bounds:
        share = min(found.total / one.variance, 1.0)
        table[found.name] = max(share, table.get(found.name, 0.0))
    best = max(bounds, key=lambda found: found.total, default=None)
    if best is None or best.total <= 0:
        return LowerEnd(0.0, "none", (_why_nothing(one, bool(bounds)),), table, 1.0)
    return LowerEnd(table[best.name], best.name, best.assumptions, table, confidence)


def _why_nothing(one: Sought, bounded: bool) -> str:
    if bounded:
        return "0: the bounds that hold are too weak to say more"
    if not one.known_law:
        return NO_LAW
    return EXACT if one.latent else NO_SLOPES


def _noise(stage: Stage) -> str:
    return (
        f"A2: Gaussian noise of variance {stage.variance:.4g}, independent of all, on every number "
        f"of the {stage.kind}; the model may be any function"
    )
