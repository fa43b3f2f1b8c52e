"""How often the intervals hold what they are of, by simulation: seeds, people and true shares.

Person j is found in a reconstruction of the model of seed i with probability
Phi(mu + a_i + b_j): seeds differ by a normal a_i, people by a normal b_j of standard deviation
`PEOPLE`, and mu is such that the mean over both is p. Of one seed the truth is that model's mean.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float64
from scipy.special import ndtr, ndtri

from loft_jax.metrics.crossed import difference_ends, share_ends
from loft_jax.metrics.strongest import strongest_elsewhere

SEEDS, CLASSES = (1, 2, 3, 6), (24, 50)
SHARES, SPREADS = (0.05, 0.5, 0.95), (0.0, 0.1, 0.4)
PEOPLE = 0.7
"""How much easier some people are found than others, on the probit scale."""
ALIKE = 0.8
"""Share of that variance that a person has under every model and attack."""
TRIALS = (6, 1)
"""Reconstructions of a person: the default of attacks, and a single one."""
PAIRS = ((0.9, 0.7), (0.6, 0.4), (0.5, 0.5), (0.95, 0.95))
"""Shares on the baseline and under a defense: a fall of 0.2, and none."""
REPEATS, SMOKE = 2000, 40
BATCH = 500
"""Repeats at once, which bounds memory."""


class Cell(NamedTuple):
    """One setting and what came of its repeats.

    Attributes:
        kind: share, difference, or strongest.
        seeds: r.
        people: k.
        trials: reconstructions of each person.
        truth: the share, or the difference.
        base: share on the baseline; None of a share.
        spread: standard deviation of the seeds, on the probit scale.
        coverage: part of the intervals that hold the truth.
        power: part of them that leave zero out, of differences.
        width: mean width.
    """

    kind: str
    seeds: int
    people: int
    trials: int
    truth: float
    base: float | None
    spread: float
    coverage: float
    power: float | None
    width: float


def cells(repeats: int, rng: np.random.Generator) -> Iterator[Cell]:
    """All settings, each with so many repeats."""
    for trials in TRIALS:
        for r in SEEDS:
            for k in CLASSES:
                for p in SHARES:
                    for spread in SPREADS:
                        yield share_cell(r, k, trials, p, spread, repeats, rng)
    for r in SEEDS:
        for base, share in PAIRS:
            for spread in SPREADS:
                yield difference_cell(r, 24, TRIALS[0], (base, share), spread, repeats, rng)
    for r in SEEDS:
        for attacks in ((4, 1), (4, 4)):
            yield strongest_cell(r, 24, attacks, repeats, rng)


def share_cell(
    r: int, k: int, trials: int, p: float, spread: float, repeats: int, rng: np.random.Generator
) -> Cell:
    """Intervals of one share."""
    found = []
    for many in _batches(repeats):
        hits, truth = drawn_shares(many, (r, k, trials), p, spread, rng)
        low, high = share_ends(hits)
        found.append(np.stack([(low <= truth) & (truth <= high), high - low]))
    coverage, width = np.concatenate(found, axis=1).mean(1)
    return Cell("share", r, k, trials, p, None, spread, coverage, None, width)


def difference_cell(
    r: int, k: int, trials: int, shares: tuple[float, float], spread: float,
    repeats: int, rng: np.random.Generator,
) -> Cell:  # fmt: skip
    """Intervals of a paired difference between two models of every seed."""
    found = []
    for many in _batches(repeats):
        (base, own), truth = drawn_models(many, (r, k, trials), shares, spread, rng)
        found.append(_held(*difference_ends(own, base), truth))
    coverage, power, width = np.concatenate(found, axis=1).mean(1)
    truth = shares[1] - shares[0]
    return Cell("difference", r, k, trials, truth, shares[0], spread, coverage, power, width)


def strongest_cell(
    r: int, k: int, attacks: tuple[int, int], repeats: int, rng: np.random.Generator
) -> Cell:
    """Intervals of the strongest of several attacks against the strongest on the baseline.

    All are equally strong, so that a choice by chance does most harm, and the truth is zero.
    """
    found, p = [], 0.5
    for many in _batches(repeats):
        made, _ = drawn_models(many, (r, k, TRIALS[0]), (p,) * sum(attacks), 0.0, rng)
        sides = np.split(np.stack(made, 1), [attacks[0]], axis=1)
        own, base = (strongest_elsewhere(side) for side in sides)
        found.append(_held(*difference_ends(own, base), np.zeros(many)))
    coverage, power, width = np.concatenate(found, axis=1).mean(1)
    kind = f"strongest of {attacks[0]} against {attacks[1]}"
    return Cell(kind, r, k, TRIALS[0], 0.0, p, 0.0, coverage, power, width)


def drawn_shares(
    repeats: int, size: tuple[int, int, int], p: float, spread: float, rng: np.random.Generator
) -> tuple[Float64[np.ndarray, "b r k"], Float64[np.ndarray, " b"]]:
    """Shares of hits by seed and person, and what their interval must hold."""
    (hits,), truth = drawn_models(repeats, size, (p,), spread, rng, sign=(1,))
    return hits, truth


def drawn_models(
    repeats: int,
    size: tuple[int, int, int],
    shares: tuple[float, ...],
    spread: float,
    rng: np.random.Generator,
    *,
    sign: tuple[int, ...] = (-1, 1),
) -> tuple[list[Float64[np.ndarray, "b r k"]], Float64[np.ndarray, " b"]]:
    """Shares of hits of several models on the same people, and the sum of the truths with `sign`.

    A person is as easy under all of them but for a part; seeds are drawn anew for every model.
    """
    r, k, trials = size
    people = PEOPLE * rng.standard_normal((repeats, 1, k))
    hits, truth = [], np.zeros(repeats)
    for i, share in enumerate(shares):
        mu = ndtri(share) * np.sqrt(1 + PEOPLE**2 + spread**2)
        seeds = spread * rng.standard_normal((repeats, r, 1))
        own = PEOPLE * rng.standard_normal((repeats, 1, k))
        easy = np.sqrt(ALIKE) * people + np.sqrt(1 - ALIKE) * own
        hits.append(rng.binomial(trials, ndtr(mu + seeds + easy)) / trials)
        if i < len(sign):
            alone = ndtr((mu + seeds[:, 0, 0]) / np.sqrt(1 + PEOPLE**2))
            truth += sign[i] * (alone if r == 1 else share)
    return hits, truth


def _batches(repeats: int) -> list[int]:
    """Repeats in parts that memory can hold."""
    whole, rest = divmod(repeats, BATCH)
    return [*[BATCH] * whole, *([rest] if rest else [])]


def _held(low: np.ndarray, high: np.ndarray, truth: np.ndarray) -> Float64[np.ndarray, "3 b"]:
    held = (low - 1e-12 <= truth) & (truth <= high + 1e-12)
    return np.stack([held, (low > 0) | (high < 0), high - low])


def plainly(cell: Cell) -> dict[str, Any]:
    """For JSON."""
    return {name: value if value is None or isinstance(value, str | int) else float(value)
            for name, value in cell._asdict().items()}  # fmt: skip
