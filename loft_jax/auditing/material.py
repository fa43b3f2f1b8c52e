"""The pictures of an audit and what the model says of them: a part to learn from, one to measure.

The part that measures fits nothing. Drawn people are fresh in each part, one picture of each; given
pictures are parted by people where there are enough, so that nobody is in both parts.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int64, Integer, UInt8

from loft_jax.auditing.releases import numbers_of
from loft_jax.data.sources import Law
from loft_jax.errors import InputError
from loft_jax.targets.base import Target

CHUNK = 128
"""Pictures drawn by one call."""
PEOPLE, SINGLES = 20, 100
"""People in each part, at least, and pictures where people are too few: with fewer a limit means
little. The mean over a person's pictures is less skewed than the error of one."""
PICTURES = 4096
"""Pictures to learn from that are kept, at most: decoders to pictures need no more."""

Images = Float[np.ndarray, "n h w ch"]
Asked = dict[str, list[np.ndarray]]
"""Numbers [n m] of each source, one array for each query; of equal answers one."""


class Part(NamedTuple):
    """Pictures and answers.

    Attributes:
        asked: of every picture.
        pictures: the pictures, or the first of them, in [0, 1].
        whose: which of them belong together: one number for each person or picture.
        latents: what is behind each picture, all N(0, 1), where there is a law.
    """

    asked: Asked
    pictures: Images
    whose: Int64[np.ndarray, " n"]
    latents: Float[np.ndarray, "n z"] | None = None


class Material(NamedTuple):
    """What is audited on.

    Attributes:
        fit: what decoders learn from.
        held: what measures.
        told: one sentence on both.
        unit: what is independent: person or picture.
    """

    fit: Part
    held: Part
    told: str
    unit: str


class Questions(NamedTuple):
    """What the model is asked of every picture.

    Attributes:
        target: the model.
        kinds: sources that are kept.
        times: how often, where its answers differ.
    """

    target: Target
    kinds: tuple[str, ...]
    times: int

    def of(self, images: Images) -> Asked:
        """The numbers of each source, one array for each time."""
        found: Asked = {kind: [] for kind in self.kinds}
        for _ in range(self.times):
            answer = self.target.ask(images)
            for kind in self.kinds:
                numbers = numbers_of(answer, kind, self.target.classes)
                assert numbers is not None
                found[kind].append(numbers)
        return found


def drawn(
    law: Law,
    questions: Questions,
    fit: int,
    held: int,
    progress: Callable[[int, int], None],
) -> Material:
    """Fresh people of a law, one picture of each.

    Args:
        law: of people whom the model never saw.
        questions: asked of every picture.
        fit: how many to learn from.
        held: how many to measure on.
        progress: told (done, of so many) meanwhile.
    """
    count = fit + held
    everybody = np.arange(count)
    latents = np.asarray(law.latents(everybody, np.zeros_like(everybody)), np.float32)
    parts = []
    for first, size, kept in ((0, fit, min(fit, PICTURES)), (fit, held, held)):
        own, asked, shown = latents[first : first + size], [], []
        for start in range(0, size, CHUNK):
            chosen = own[start : start + CHUNK]
            # The last chunk is filled up, so that one compiled program draws any number.
            whole = np.asarray(law.decode(np.resize(chosen, (CHUNK, own.shape[1]))))
            images = whole[: len(chosen)]
            asked.append(questions.of(images))
            shown += [images] if start < kept else []
            progress(first + start + len(chosen), count)
        pictures = np.concatenate(shown)[:kept]
        parts.append(Part(_joined(asked), pictures, np.arange(size), own))
    told = f"{fit} fresh people of the law to learn from, {held} others to measure on"
    return Material(parts[0], parts[1], told, "person")


def given(
    images: UInt8[np.ndarray, "n h w ch"],
    labels: Integer[np.ndarray, " n"],
    questions: Questions,
    rng: np.random.Generator,
) -> Material:
    """Pictures that there are, in two halves.

    Args:
        images: all of them.
        labels: who is on each.
        questions: asked of every picture.
        rng: of the halves.

    Raises:
        InputError: if there are too few.
    """
    unit = unit_of(labels)
    whose = np.asarray(labels if unit == "person" else np.arange(len(images)), np.int64)
    order = rng.permutation(np.unique(whose))
    learning = np.isin(whose, order[: len(order) // 2])
    parts = []
    for chosen in (np.flatnonzero(learning), np.flatnonzero(~learning)):
        pictures = images[chosen].astype(np.float32) / 255
        parts.append(Part(questions.of(pictures), pictures[:PICTURES], whose[chosen]))
    told = (
        f"{learning.sum()} pictures to learn from, {(~learning).sum()} to measure on, parted by "
        f"{'people' if unit == 'person' else 'pictures: there are too few people for other ones'}"
    )
    return Material(parts[0], parts[1], told, unit)


def unit_of(labels: Integer[np.ndarray, " n"]) -> str:
    """What is parted, person or picture: people where there are enough of them.

    Args:
        labels: who is on each picture.

    Raises:
        InputError: if there are too few pictures, too.
    """
    people = len(np.unique(labels))
    if people >= 2 * PEOPLE:
        return "person"
    if len(labels) >= 2 * SINGLES:
        return "picture"
    msg = (
        f"`--data` must hold at least {2 * PEOPLE} people, or {2 * SINGLES} pictures, half of them "
        f"to learn from and half to measure on, got {len(labels)} pictures of {people}"
    )
    raise InputError(msg)


def _joined(chunks: Iterable[Asked]) -> Asked:
    chunks = list(chunks)
    return {
        kind: [np.concatenate(parts) for parts in zip(*(one[kind] for one in chunks), strict=True)]
        for kind in chunks[0]
    }
