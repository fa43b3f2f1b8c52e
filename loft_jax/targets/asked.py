"""A target as one attack asks it: for no more than it needs, and as often as it takes."""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager

import numpy as np
from jaxtyping import Float, Int

from loft_jax.targets.base import Access, Answer, Target

SHAKE = 1 / 255
"""Pixels move by up to this: enough for an answer that is seeded by a hash of the question."""


class Asked(Target):
    """Another target, whose mean scores, or most frequent label, are taken for its answer.

    Each time counts as a question, and with each but the first every pixel moves a little, so that
    who answers the same question alike, as `ssd` does, is asked another one.

    Args:
        target: what is asked.
        access: what it shows at most.
        times: how often it is asked about each picture.
    """

    def __init__(self, target: Target, access: Access, times: int = 1):
        super().__init__(
            access=access, size=target.size, channels=target.channels,
            class_names=target.class_names,
        )  # fmt: skip
        self._target, self._times = target, times
        self.home, self.trunk = target.home, target.trunk

    @property
    def label(self) -> str:
        """The other's."""
        return self._target.label

    @property
    def fingerprint(self) -> str:
        """The other's."""
        return self._target.fingerprint

    @property
    def left(self) -> int | float:
        """Pictures that it may still be asked so often."""
        left = self._target.left
        return left if left == math.inf else left // self._times

    def allowing(self, pictures: int | None) -> AbstractContextManager[None]:
        """Of the other as many questions as so many pictures take."""
        return self._target.allowing(None if pictures is None else pictures * self._times)

    def count(self, pictures: int) -> None:
        """Nothing: the other counts itself."""

    def _answer(self, images: Float[np.ndarray, "n h w ch"]) -> Answer:
        rng = np.random.default_rng(self._target.queries)
        shown = [_shaken(images, rng) if time else images for time in range(self._times)]
        return merged([self._withheld(self._target.ask(part)) for part in shown])


def merged(answers: Sequence[Answer]) -> Answer:
    """The mean of the scores and the label of the largest; without scores the commonest label.

    Args:
        answers: about the same pictures, labels and scores alone.
    """
    labels = np.stack([answer.label for answer in answers])
    if answers[0].scores is None:
        return Answer(commonest(labels))
    scores = np.mean([answer.scores for answer in answers], 0)
    return Answer(scores.argmax(1) if len(answers) > 1 else labels[0], scores)


def commonest(labels: Int[np.ndarray, "m n"]) -> Int[np.ndarray, " n"]:
    """Of each column the value that is there most often, the smallest of several."""
    alike = (labels[:, None] == labels[None]).sum(0)
    often = alike == alike.max(0, keepdims=True)
    return np.where(often, labels, labels.max(initial=0) + 1).min(0)


def _shaken(
    images: Float[np.ndarray, "n h w ch"], rng: np.random.Generator
) -> Float[np.ndarray, "n h w ch"]:
    moves = rng.uniform(-SHAKE, SHAKE, images.shape).astype(images.dtype)
    return np.clip(images + moves, 0, 1)
