"""What is attacked: something that answers pictures and shows more or less of itself."""

import abc
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import Array, Float, Int

from loft_jax.defenses.base import Adaptive
from loft_jax.errors import InputError
from loft_jax.nets.classifier import Outputs

Access = Literal["label", "scores", "white"]
BATCH = 128
"""At most so many pictures are answered at a time."""


class Answer(NamedTuple):
    """What a target says of n pictures; None is what its access withholds.

    Statistics that a network stores are no answer to a picture: what offers them has them in its
    `network`.

    Attributes:
        label: the class that it takes each for.
        scores: probabilities of the classes.
        logits: scores before the softmax.
        features: what its head is given.
        hidden: outputs of the modules that it was built to tell of, by path.
        code: the numbers inside a head with a bottleneck.
    """

    label: Int[np.ndarray, " n"]
    scores: Float[np.ndarray, "n c"] | None = None
    logits: Float[np.ndarray, "n c"] | None = None
    features: Float[np.ndarray, "n d"] | None = None
    hidden: dict[str, np.ndarray] | None = None
    code: Float[np.ndarray, "n r"] | None = None


@runtime_checkable
class Network(Protocol):
    """A differentiable classifier as a pytree: it goes through `jax.jit` as an argument."""

    def outputs(self, images: Float[Array, "b h w ch"]) -> Outputs:
        """Logits and features of images with pixels in [0, 1]."""
        ...


class BudgetSpent(Exception):
    """More pictures were to be asked than are left; none of them was."""


class Target(abc.ABC):
    """A classifier under attack.

    Attributes:
        access: "label" and "scores" answer no more than that; "white" hands its `network` out.
        size: side of its pictures in pixels.
        channels: of its pictures.
        class_names: one name a class.
        queries: pictures that it was asked, by `ask` or through its network.
        home: folder in which work on it may be kept; None is nowhere.
        trunk: name of its architecture, where it is one of ours.
        default_prior: where attacks search if nobody says; None must be said.
        law: what makes the law of its pictures, if it is known.
        augmentation: how its training changed pictures at random, by the names of the flags of
            python -m loft_jax.train (flip, shift, crop_scale, brightness, contrast, ...); None
            where nothing is known of it.
        world: number of the world of synthetic people that it knows.
    """

    home: Path | None = None
    trunk: str = ""
    default_prior: str | None = None
    law: Callable[..., Any] | None = None
    augmentation: Mapping[str, Any] | None = None
    world: int = 0
    _network: Network  # of a white one

    def __init__(self, *, access: Access, size: int, channels: int, class_names: tuple[str, ...]):
        self.access: Access = access
        self.size, self.channels, self.class_names = size, channels, class_names
        self.queries = 0
        self._most = math.inf  # what `queries` may come to

    @property
    def classes(self) -> int:
        """Number of classes c."""
        return len(self.class_names)

    @property
    def offers(self) -> frozenset[str]:
        """What a recipe may need of it: label, scores, and of a white one gradients and more."""
        if self.access == "white":
            return frozenset({"label", "scores", "gradients"}) | self._shows()
        return frozenset({"label"} if self.access == "label" else {"label", "scores"})

    @property
    def network(self) -> Network:
        """Its weights, as those have them to whom they were given.

        Raises:
            InputError: if it is not white.
        """
        if self.access != "white":
            msg = f"`target` must be white for an attack by gradients, got access {self.access}"
            raise InputError(msg)
        return self._network

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """What those would try who know how it is defended, by name."""
        return {}

    @property
    @abc.abstractmethod
    def label(self) -> str:
        """What it is called in messages and files."""

    @property
    @abc.abstractmethod
    def fingerprint(self) -> str:
        """What tells it from others, as far as can be known."""

    def ask(self, images: Float[np.ndarray, "n h w ch"]) -> Answer:
        """What it says of pictures in [0, 1].

        Raises:
            InputError: if they are not as many pixels as its own, or none.
            BudgetSpent: if they are more than are left; none of them is answered.
        """
        shape = (self.size, self.size, self.channels)
        if len(images) == 0 or images.shape[1:] != shape:
            msg = f"`images` must be [n {shape[0]} {shape[1]} {shape[2]}], got {images.shape}"
            raise InputError(msg)
        if len(images) > self.left:
            raise BudgetSpent
        parts = []
        for start in range(0, len(images), BATCH):
            part = np.asarray(images[start : start + BATCH], np.float32)
            parts.append(self._withheld(self._answer(part)))
            self.count(len(part))
        return jax.tree.map(lambda *answers: np.concatenate(answers), *parts)

    def count(self, pictures: int) -> None:
        """Add pictures that were asked: who asks the network inside `jax.jit` tells it here."""
        self.queries += pictures

    @property
    def left(self) -> int | float:
        """Pictures that it may still be asked; infinite if nobody set a limit."""
        return max(self._most - self.queries, 0)

    @contextmanager
    def allowing(self, pictures: int | None) -> Iterator[None]:
        """Answers so many pictures more inside (None: any number), and no more than outside."""
        outer = self._most
        if pictures is not None:
            self._most = min(outer, self.queries + pictures)
        try:
            yield
        finally:
            self._most = outer

    @abc.abstractmethod
    def _answer(self, images: Float[np.ndarray, "n h w ch"]) -> Answer:
        """All that it says of at most BATCH pictures."""

    def _shows(self) -> frozenset[str]:
        """What a white one offers beside gradients."""
        return frozenset()

    def _withheld(self, answer: Answer) -> Answer:
        if self.access == "white":
            return answer
        return Answer(answer.label, None if self.access == "label" else answer.scores)
