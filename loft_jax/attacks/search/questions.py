"""What a search asks of a class, what it knows from strangers, and all that was answered."""

from collections.abc import Callable
from typing import NamedTuple, NoReturn, Protocol, runtime_checkable

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
SLOPE = 5.0
"""Undoes the last activation of a mapping network, a leaky ReLU of slope 0.2."""


class Pool(NamedTuple):
    """Strangers, n of them, drawn from the prior's own law and asked once for all classes.

    Attributes:
        latents: of the pictures.
        answer: about them.
        shown: the class that a conditional prior was told of each.
    """

    latents: Float[np.ndarray, "n z"]
    answer: Answer
    shown: Int[np.ndarray, " n"]


class Scale(NamedTuple):
    """Coordinates u = (p - mean) / deviation in P space, of which strangers have 0 and 1.

    P is the space of p = leaky_relu(z, slope); see `projections.Spread`.
    """

    slope: float
    mean: Float[np.ndarray, " z"]
    deviation: Float[np.ndarray, " z"]

    def inwards(self, latents: Float[np.ndarray, "n z"]) -> Float[np.ndarray, "n z"]:
        """The coordinates of latents."""
        points = _bent(latents, self.slope)
        return (points - self.mean[None]) / self.deviation[None]

    def outwards(self, coordinates: Float[np.ndarray, "n z"]) -> Float[np.ndarray, "n z"]:
        """The latents of coordinates."""
        points = self.mean[None] + self.deviation[None] * coordinates
        return _bent(points, 1 / self.slope)


def scale_of(prior: ImagePrior, latents: Float[np.ndarray, "n z"]) -> Scale:
    """The coordinates in which these latents have mean 0 and deviation 1."""
    slope = SLOPE if prior.blocks else 1.0  # without a mapping network P space is their own
    points = _bent(latents, slope)
    return Scale(slope, points.mean(0), np.maximum(points.std(0), SMALL))


class Asked(NamedTuple):
    """All that was asked of one class, the pool first, in order.

    Attributes:
        latents: of the pictures.
        worth: how much the target took each for the class; see `worth`.
        confidence: the probability of the class; of a target that shows labels alone, 1 if right.
        shown: the class that a conditional prior was told; of others this one.
    """

    latents: Float[np.ndarray, "m z"]
    worth: Float[np.ndarray, " m"]
    confidence: Float[np.ndarray, " m"]
    shown: Int[np.ndarray, " m"]


@runtime_checkable
class Strategy(Protocol):
    """What optimises without a gradient, in coordinates of `Scale`."""

    def ask(self) -> Float[np.ndarray, "n z"]:
        """The next population."""
        ...

    def tell(self, worth: Float[np.ndarray, " n"]) -> None:
        """What each member was worth; more is better."""
        ...


class Questions:
    """What a search may ask about one class, and all that it asked.

    Attributes:
        label: the class.
        prior: where pictures come from.
        pool: what is known without a question.
        per_class: reconstructions to keep.
        key: of the class's draws.
        scale: coordinates in which the pool has mean 0 and deviation 1.
        own: strangers whose latents show the same here: all, but of a conditional prior those that
            were drawn as this class (all where none was).
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
        self.scale = scale_of(setting.prior, pool.latents)
        self._target, self._report, self._done = setting.target, report, 0
        told = pool.shown if setting.prior.conditional else np.full(len(pool.shown), label)
        self._parts = [self._as_asked(pool.latents, pool.answer, told)]
        own = np.flatnonzero(told == label)
        self.own = own if len(own) else np.arange(len(told))
        self.trace: list[tuple[float, float]] = []

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
        part = self._as_asked(latents, answer, np.full(len(latents), self.label))
        self._parts.append(part)
        self._done += len(latents)
        loss, sure = -float(part.worth.mean()), float(part.confidence.mean())
        self.trace.append((loss, sure))
        self._report(self._done, loss, sure)
        return answer

    def follow(self, strategy: Strategy, *, law: float, reach: float = np.inf) -> NoReturn:
        """Ask what a strategy asks until nothing is left.

        It is told the margin less `law` ||u||^2 / 2, which keeps coordinates u likely.

        Args:
            strategy: in the coordinates of `scale`.
            law: see above.
            reach: coordinates are shown within -reach and reach.

        Raises:
            BudgetSpent: in the end.
        """
        while True:
            members = np.clip(strategy.ask(), -reach, reach)
            margin = self.worth(self.ask(self.scale.outwards(members)))
            strategy.tell(margin - law / 2 * np.sum(members**2, 1))

    def worth(self, answer: Answer) -> Float[np.ndarray, " n"]:
        """How much the target takes each picture for the class; see `worth`."""
        return worth(answer, self.label)

    def log(self, answer: Answer) -> Float[np.ndarray, " n"]:
        """The logarithm of the probability of the class."""
        assert answer.scores is not None
        return logarithms(answer.scores)[:, self.label]

    def start(self, n: int) -> Float[np.ndarray, "n z"]:
        """The strangers that the target takes most for the class, best first."""
        order = np.argsort(-self._parts[0].worth[self.own], kind="stable")
        return self.pool.latents[self.own[np.resize(order, n)]]

    def worth_of_strangers(self, n: int) -> Float[np.ndarray, " n"]:
        """What those of `start` are worth, which costs no question."""
        return np.resize(-np.sort(-self._parts[0].worth[self.own]), n)

    @property
    def called(self) -> Float[np.ndarray, "n z"]:
        """The strangers whom the target calls by the class."""
        return self.pool.latents[self.own[self.pool.answer.label[self.own] == self.label]]

    @property
    def known(self) -> int:
        """m, the number of pictures that were asked, the pool's among them."""
        return len(self.pool.latents) + self._done

    @property
    def asked(self) -> Asked:
        """All that is known."""
        return Asked(*(np.concatenate(column) for column in zip(*self._parts, strict=True)))

    def _as_asked(self, latents: np.ndarray, answer: Answer, shown: np.ndarray) -> Asked:
        return Asked(latents, worth(answer, self.label), confidence(answer, self.label), shown)


def worth(answer: Answer, label: int) -> Float[np.ndarray, " n"]:
    """How much the target takes each picture for the class.

    log p_y - max log p_j over the other classes, which is the margin of the logits and grows on
    where p_y is 1; of a target that shows labels alone 0 if right and -1 if not.
    """
    if answer.scores is None:
        return (answer.label == label) - np.ones(len(answer.label), np.float32)
    logs = logarithms(answer.scores)
    return logs[:, label] - np.delete(logs, label, axis=1).max(1)


def logarithms(scores: Float[np.ndarray, "n c"]) -> Float[np.ndarray, "n c"]:
    """Log p, where p is at least TINY."""
    return np.log(np.maximum(scores, TINY))


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
    return Pool(whole, answer, labels)


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


def _bent(rows: Float[np.ndarray, "n z"], slope: float) -> Float[np.ndarray, "n z"]:
    """leaky_relu(x, slope)."""
    return np.where(rows < 0, slope * rows, rows)


@jax.jit
def _decoded(
    prior: ImagePrior, latents: Float[Array, "n z"], labels: Int[Array, " n"]
) -> Float[Array, "n h w ch"]:
    return jnp.clip(prior.decode(latents, labels), 0, 1)
