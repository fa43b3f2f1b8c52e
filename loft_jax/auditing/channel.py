"""How answers leave: noise is added, k are picked, all are rounded, and asked for again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iie import answer_bits, code_bits
from loft_jax.auditing.releases import REAL, Numbers, Release

Ends = tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]
BOUNDED = {"scores": (0.0, 1.0), "label": (0.0, 1.0)}
"""Ends of what is bounded whatever the model."""


@dataclass(frozen=True)
class Channel:
    """One release and what is done to it on the way out.

    Attributes:
        release: what is let out.
        noise: standard deviation of the Gaussian noise on each number of its source, 0 for none.
        bits: of each number that is let out; None is all of a float.
        queries: answers about one picture, each with noise of its own.
    """

    release: Release
    noise: float = 0.0
    bits: int | None = None
    queries: int = 1

    @property
    def label(self) -> str:
        """Its name in tables and files."""
        words = [self.release.label]
        words += [f"noise {self.noise:g}"] if self.noise else []
        words += [f"{self.bits} bits"] if self.bits and self.release.kind != "label" else []
        words += [f"{self.queries} answers"] if self.queries > 1 else []
        return ", ".join(words)

    def out(
        self, asked: Sequence[Numbers], ends: Ends, rng: np.random.Generator
    ) -> Float[np.ndarray, "n m"]:
        """What an attacker has of each picture: the mean of its answers.

        Of answers that differ by Gaussian noise alone the mean is as good as all of them.

        Args:
            asked: numbers of the source, one array for each query; one alone serves all.
            ends: of `bits`.
            rng: of the noise.
        """
        total = np.zeros(asked[0].shape)
        for query in range(self.queries):
            numbers = asked[query % len(asked)]
            if self.noise:
                numbers = numbers + self.noise * rng.standard_normal(numbers.shape)
            total += self._rounded(self.release.of(numbers), ends)
        return total / self.queries

    def told(self, numbers: int) -> float | None:
        """Bits in all answers at most, by counting; None where real numbers are exact."""
        kind, top = self.release.kind, self.release.top
        if kind == "label":
            return answer_bits(numbers, queries=self.queries)
        if self.bits is None:
            return None
        if kind == "top-k":
            return answer_bits(
                numbers, top=top, ordered=True, score_bits=self.bits, queries=self.queries
            )
        return code_bits(numbers, self.bits, queries=self.queries)

    def _rounded(self, numbers: Numbers, ends: Ends) -> Numbers:
        if self.bits is None or self.release.kind == "label":
            return numbers
        low, high = ends
        step = np.maximum(high - low, 1e-12) / (2**self.bits - 1)
        levels = np.clip(np.rint((numbers - low) / step), 0, 2**self.bits - 1)
        rounded = low + step * levels
        # A score that a top-k hides stays hidden.
        return np.where(numbers == 0, 0, rounded) if self.release.kind == "top-k" else rounded


def channels(
    releases: Sequence[Release], noises: Sequence[float], bits: int | None, queries: int
) -> tuple[Channel, ...]:
    """Every release with every noise; a label has no numbers to add noise to."""
    made = [
        Channel(release, noise if release.source in REAL else 0.0, bits, queries)
        for release in releases
        for noise in noises
    ]
    return tuple(dict.fromkeys(made))


def ends_of(kind: str, numbers: Numbers, bounded: tuple[float, float] | None) -> Ends:
    """Between which ends numbers are rounded: those of the kind, or of the samples that fit.

    Args:
        kind: of the source.
        numbers: samples that decoders learn from, an attacker's own.
        bounded: of a code, where the head bounds it.
    """
    known = bounded if kind == "code" else BOUNDED.get(kind)
    m = numbers.shape[1]
    if known is not None:
        return np.full(m, known[0]), np.full(m, known[1])
    return numbers.min(axis=0).astype(np.float64), numbers.max(axis=0).astype(np.float64)
