"""A plain head cut to rank r after training, in two ways: what a LoFt head is compared with."""

import abc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, TypeVar

import jax.numpy as jnp
import numpy as np
from annotated_types import Interval
from flax import nnx
from jaxtyping import Float

from loft_jax.defenses.adaptive import PRE_CODE
from loft_jax.defenses.base import About, Adaptive, Afterwards, Defense, Labelled
from loft_jax.defenses.compression import (
    OF_FEATURES,
    OF_WEIGHT,
    Compressed,
    by_features,
    by_weight,
    check_rank,
)
from loft_jax.defenses.none import NoDefense
from loft_jax.nets.frozen import FrozenClassifier, rebuilt
from loft_jax.nets.head import LinearHead

Config = TypeVar("Config")


@dataclass(frozen=True)
class Cut(Defense, abc.ABC):
    """A finished plain head of which r directions are left; nothing is trained."""

    strength_name = "rank"
    trains = False

    rank: Annotated[int, Interval(ge=1, le=2**20)] = 16
    """Directions that are left."""
    input_norm: bool = False
    """Whether the plain head has BatchNorm before its linear layer."""

    @property
    def variant(self) -> str:
        """The normalisation, if there is one."""
        return "BatchNorm first" if self.input_norm else ""

    @property
    def baselines(self) -> tuple[Defense, ...]:
        """The head that is cut."""
        return (NoDefense(self.input_norm),)

    def head(self, features: int, classes: int, *, rngs: nnx.Rngs) -> LinearHead:
        """A plain head: only its numbers are others.

        Raises:
            InputError: if there are not as many directions.
        """
        largest, what = self.most(features, classes)
        check_rank(self.rank, largest, what)
        return LinearHead(features, classes, self.input_norm, rngs=rngs)

    def start_from(self, config: Config) -> Config:
        """The same run without defense."""
        plain = replace(config.model, defense=NoDefense(self.input_norm))  # pyright: ignore
        return replace(config, model=plain)  # pyright: ignore

    @abc.abstractmethod
    def most(self, features: int, classes: int) -> tuple[int, str]:
        """The largest rank, and what it is."""

    @abc.abstractmethod
    def cut(self, head: LinearHead, features: Callable[[], Float[np.ndarray, "n d"]]) -> Compressed:
        """The compressed head."""

    def after(
        self,
        classifier: FrozenClassifier,
        features: Callable[[], Float[np.ndarray, "n d"]],
        validation: Callable[[], Labelled],
    ) -> Afterwards:
        """The classifier with the compressed head, and its `retention`."""
        found = self.cut(classifier.head, features)  # pyright: ignore[reportArgumentType]

        def put(model: nnx.Module) -> None:
            layer = model.head.decode  # pyright: ignore[reportAttributeAccessIssue]
            layer.kernel[...] = jnp.asarray(found.weight, jnp.float32)
            layer.bias[...] = jnp.asarray(found.bias, jnp.float32)

        return Afterwards(rebuilt(classifier, put), {"retention": found.retention})

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """The attacker who looks at the trunk's features instead of the logits."""
        return {"pre-code": PRE_CODE}


@dataclass(frozen=True)
class WeightCut(Cut):
    """The truncated SVD of the head's weight."""

    tag = "svd"
    about = About(
        "SVD cut",
        "Yu et al., KDD 2026, figure 3; Eckart and Young 1936",
        "the plain head's weight, after training: its r leading singular directions are left",
        "to show what rank does to a trained network, not as a defense",
        cite=("yu2026rank",),
    )

    def remark(self, classes: int, features: int) -> str | None:
        """A weight of no more rows than the rank is left as it is."""
        if self.rank < min(classes, features):
            return None
        return f"a rank of {self.rank} cuts nothing off a head of {classes} classes"

    def most(self, features: int, classes: int) -> tuple[int, str]:
        """The smaller side of the weight."""
        return min(features, classes), OF_WEIGHT

    def cut(self, head: LinearHead, features: Callable[[], Float[np.ndarray, "n d"]]) -> Compressed:
        """By the weight alone."""
        return by_weight(*numbers(head), self.rank)


@dataclass(frozen=True)
class FeatureCut(Cut):
    """The head behind a projection on the features' principal directions."""

    tag = "covariance"
    about = About(
        "covariance cut",
        "Yu et al., KDD 2026, figure 3; Jolliffe 2002",
        "the features, after training: projected on their r principal directions",
        "to show what rank does to a trained network, not as a defense",
        cite=("yu2026rank",),
    )

    def most(self, features: int, classes: int) -> tuple[int, str]:
        """The feature width."""
        return features, OF_FEATURES

    def cut(self, head: LinearHead, features: Callable[[], Float[np.ndarray, "n d"]]) -> Compressed:
        """By the features of the training pictures, as the linear layer meets them."""
        return by_features(*numbers(head), met(head, features()), self.rank)


def met(head: LinearHead, features: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
    """The features as the head's linear layer meets them."""
    return features if head.norm is None else np.asarray(head.norm(jnp.asarray(features)))


def numbers(head: LinearHead) -> tuple[Float[np.ndarray, "d k"], Float[np.ndarray, " k"]]:
    """W and b."""
    layer = head.decode
    assert layer.bias is not None
    return np.asarray(layer.kernel[...]), np.asarray(layer.bias[...])
