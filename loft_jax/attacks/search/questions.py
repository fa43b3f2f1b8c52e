"""What a search asks of a class, what it knows from strangers, and all that was answered."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Int64, Integer, Key

from loft_jax.attacks.recipes.base import Setting
from loft_jax.priors import ImagePrior
from loft_jax.targets.base import BATCH, Answer, Target

TINY = 1e-30
"""Probabilities are no smaller: float32 has no logarithm of what it rounds to 0."""
SMALL = 1e-6
"""Deviations are no smaller: a number that is always the same stays so."""


class Pool(NamedTuple):
    """Strangers, n of them, drawn from the prior's own law and asked once for all classes."""

    latents: Float[np.ndarray, "n z"]
    answer: Answer


class Scale(NamedTuple):
    """Coordinates u = (z - mean) / deviation of latents z, as strangers have them."""

    mean: Float[np.ndarray, " z"]
    deviation: Float[np.ndarray, " z"]

    def inwards(self, latents: Float[np.ndarray, "n z"]) -> Float[np.ndarray, "n z"]:
        """The coordinates of latents."""
        return (latents - self.mean[None]) / self.deviation[None]

    def outwards(self, coordinates: Float[np.ndarray, "n z"]) -> Float[np.ndarray, "n z"]:
        """The latents of coordinates."""
        return self.mean[None] + self.deviation[None] * coordinates


class Asked(NamedTuple):
    """All that was asked of one class, the pool first, in order.

    Attributes:
        latents: of the pictures.
        worth: how much the target took each for the class; see `worth`.
        confidence: the probability of the class; of a target that shows labels alone, 1 if right.
    """

    latents: Float[np.ndarray, "m z"]
    worth: Float[np.ndarray, " m"]
    confidence: Float[np.ndarray, " m"]


class Questions:
    """What a search may ask about one class, and all that it asked.

    Attributes:
        label: the class.
        prior: where pictures come from.
        pool: what is known without a question.
        per_class: reconstructions to keep.
        key: of the class's draws.
        each: pictures that may be asked.
        standing: indices in `asked` of where a search stands that goes by no `worth`.
    """

    standing: Int64[np.ndarray, " s"] | None = None

    def __init__(
        self,
        setting: Setting,
        pool: Pool,
        label: int,
        each: int,
        key: Key[Array, ""],
        report: Callable[[int, float, float], None],
    ):
        self.label, self.prior, self.pool = label, setting.prior, pool
        self.per_class, self.each, self.key = setting.per_class, each, key
        self._target, self._report, self._done = setting.target, report, 0
        self._parts = [self._as_asked(pool.latents, pool.answer)]
        self.trace: list[tuple[float, float]] = []

    @property
    def scale(self) -> "Scale":
        """Latents in deviations from the strangers' mean."""
        latents = self.pool.latents
        return Scale(latents.mean(0), np.maximum(latents.std(0), SMALL))

    @property
    def left(self) -> int:
        """Pictures that may still be asked."""
        return int(min(self.each - self._done, self._target.left))

    def ask(self, latents: Float[np.ndarray | Array, "n z"]) -> Answer:
        """What the target says of the pictures of these latents.

        Raises:
            BudgetSpent: if they are more than are left; none of them is asked.
        """
        latents = np.asarray(latents, np.float32)
        answer = self._target.ask(pictures(self.prior, latents, self.label))
        part = self._as_asked(latents, answer)
        self._parts.append(part)
        self._done += len(latents)
        loss, sure = -float(part.worth.mean()), float(part.confidence.mean())
        self.trace.append((loss, sure))
        self._report(self._done, loss, sure)
        return answer

    def worth(self, answer: Answer) -> Float[np.ndarray, " n"]:
        """How much the target takes each picture for the class; see `worth`."""
        return worth(answer, self.label)

    def start(self, n: int) -> Float[np.ndarray, "n z"]:
        """The strangers that the target takes most for the class, best first."""
        order = np.argsort(-self._parts[0].worth, kind="stable")
        return self.pool.latents[np.resize(order, n)]

    @property
    def known(self) -> int:
        """m, the number of pictures that were asked, the pool's among them."""
        return len(self.pool.latents) + self._done

    @property
    def asked(self) -> Asked:
        """All that is known."""
        return Asked(*(np.concatenate(column) for column in zip(*self._parts, strict=True)))

    def _as_asked(self, latents: np.ndarray, answer: Answer) -> Asked:
        return Asked(latents, worth(answer, self.label), confidence(answer, self.label))


def worth(answer: Answer, label: int) -> Float[np.ndarray, " n"]:
    """How much the target takes each picture for the class.

    log p_y - max log p_j over the other classes, which is the margin of the logits and grows on
    where p_y is 1; of a target that shows labels alone 0 if right and -1 if not.
    """
    if answer.scores is None:
        return (answer.label == label) - np.ones(len(answer.label), np.float32)
    logs = np.log(np.maximum(answer.scores, TINY))
    return logs[:, label] - np.delete(logs, label, axis=1).max(1)


def confidence(answer: Answer, label: int) -> Float[np.ndarray, " n"]:
    """The probability of the class; of a target that shows labels alone, 1 if right."""
    if answer.scores is None:
        return (answer.label == label).astype(np.float32)
    return answer.scores[:, label]


def best(worth: Float[np.ndarray, " m"], n: int) -> Int64[np.ndarray, " n"]:
    """Indices of the n pictures of the most worth, best first; the first drawn of equals."""
    return np.argsort(-worth, kind="stable")[:n]


def drawn(target: Target, prior: ImagePrior, key: Key[Array, ""], n: int) -> Pool:
    """Strangers, each drawn, decoded and asked once; a conditional prior shows classes in turn."""
    batches = -(-n // BATCH)
    latents = [prior.sample(jax.random.fold_in(key, index), BATCH) for index in range(batches)]
    whole = np.concatenate(latents)[:n]
    labels = np.arange(n) % target.classes
    parts = [
        target.ask(pictures(prior, whole[start : start + BATCH], labels[start : start + BATCH]))
        for start in range(0, n, BATCH)
    ]
    answer = jax.tree.map(lambda *answers: np.concatenate(answers), *parts)
    return Pool(whole, answer)


def pictures(
    prior: ImagePrior, latents: Float[np.ndarray, "n z"], labels: int | Integer[np.ndarray, " n"]
) -> Float[np.ndarray, "n h w ch"]:
    """Pictures in [0, 1]; filled up to a power of two, so that few shapes are compiled."""
    n, parts = len(latents), []
    classes = np.broadcast_to(np.asarray(labels, np.int32), (n,))
    for start in range(0, n, BATCH):
        part = np.arange(start, min(start + BATCH, n))
        whole = np.resize(part, 1 << (len(part) - 1).bit_length())
        parts.append(np.asarray(_decoded(prior, latents[whole], classes[whole]))[: len(part)])
    return np.concatenate(parts)


@jax.jit
def _decoded(
    prior: ImagePrior, latents: Float[Array, "n z"], labels: Int[Array, " n"]
) -> Float[Array, "n h w ch"]:
    return jnp.clip(prior.decode(latents, labels), 0, 1)
