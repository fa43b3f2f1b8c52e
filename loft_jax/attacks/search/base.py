"""What every search is, whatever it asks: classes in, reconstructions out."""

import abc
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer


class Progress(NamedTuple):
    """Where a chunk is: steps done of all, with the last step's mean objective and confidence."""

    done: int
    steps: int
    loss: float
    confidence: float


class Reconstructions(NamedTuple):
    """What a chunk of k classes gave, s of each class, best first.

    Attributes:
        latents: of the pictures (of the last phase; a layer-by-layer search has hidden ones too).
        images: pictures in [0, 1].
        confidence: what the final selection went by.
        loss: mean objective, step by step.
        target_confidence: mean confidence of the target in the search's own views, step by step.
        lookalikes: pictures that the same attack gives without its steps: the strangers from whom
            it began, chosen as its results are; None where an attack has no such control.
        lookalike_latents: of those.
    """

    latents: Float[np.ndarray, "k s z"]
    images: Float[np.ndarray, "k s h w ch"]
    confidence: Float[np.ndarray, "k s"]
    loss: Float[np.ndarray, " t"]
    target_confidence: Float[np.ndarray, " t"]
    lookalikes: Float[np.ndarray, "k s h w ch"] | None = None
    lookalike_latents: Float[np.ndarray, "k s z"] | None = None

    def by_class(self) -> dict[str, np.ndarray]:
        """What there is of each class: all but the traces."""
        traces = ("loss", "target_confidence")
        named = self._asdict().items()
        return {name: part for name, part in named if part is not None and name not in traces}


class Search(abc.ABC):
    """A recipe bound to a target, a prior and a seed.

    What it finds of a class must depend on the class, not on which others are in its chunk; then
    an attack that was stopped goes on to the same reconstructions.
    """

    @property
    def rows(self) -> int:
        """Searches of each class that go on side by side."""
        return 1

    def bytes_needed(self, labels: Integer[np.ndarray, " k"]) -> int:
        """Memory of the largest program that `reconstruct` of so many classes runs."""
        return 0

    @abc.abstractmethod
    def reconstruct(
        self, labels: Integer[np.ndarray, " k"], report: Callable[[Progress], None]
    ) -> Reconstructions:
        """Reconstructions of the classes `labels`.

        Args:
            labels: classes, k of them.
            report: called every second or so; it may raise to stop.
        """
