"""Stealthy Shield Defense: scores are drawn towards the mean answer for a class, and no further."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from annotated_types import Interval
from flax import nnx
from jaxtyping import Array, Float, Int, Key, UInt32

from loft_jax.defenses.adaptive import AVERAGE
from loft_jax.defenses.base import About, Adaptive, Afterwards, Defense, Labelled
from loft_jax.defenses.none import NoDefense
from loft_jax.defenses.water_filling import nearest_within
from loft_jax.errors import InputError
from loft_jax.nets.classifier import Outputs
from loft_jax.nets.frozen import FrozenClassifier, rebuilt
from loft_jax.nets.head import Head, LinearHead

LEAST = 1e-12
"""A score below it is taken for it: one of 0 has no logarithm."""

Config = TypeVar("Config")


class MeanAnswers(nnx.Variable):
    """Mean scores of the pictures of each class; no gradient moves them."""


class ShieldedHead(LinearHead):
    """A plain head that keeps the mean answers of the network beside its weights."""

    def __init__(self, features: int, classes: int, *, rngs: nnx.Rngs):
        super().__init__(features, classes, rngs=rngs)
        self.means = MeanAnswers(jnp.full((classes, classes), 1 / classes))


@dataclass(frozen=True)
class StealthyShield(Defense):
    """A finished plain network whose scores are changed when they are let out.

    Of scores p a class y is drawn with odds exp(p / temperature). Let out are the scores p' with
    least KL(p' || q), q the mean scores of class y, among those with |p' - p|_1 at most epsilon
    times the entropy of p in nats.
    """

    tag = "ssd"
    about = About(
        title="Stealthy Shield",
        source="Zhuang et al., ICLR 2025",
        changes="answers: scores move towards the mean scores of a class that they draw, by at "
        "most epsilon times their entropy",
        published="temperature .1; epsilon .35, .5, .8 at 64 px, 1.5 at 224 px; the draw is seeded "
        "by a hash of the picture",
        ours="the hash is of the logits, so that a picture in another batch, whose last bits may "
        "differ, or one changed by a pixel draws anew; a class without validation pictures has "
        "the uniform distribution for its mean",
        cite=("zhuang2025stealthy",),
    )
    strength_name = "epsilon"
    trains = False

    epsilon: Annotated[float, Interval(ge=0, le=1e3)] = 0.5
    """Distance that scores may move, in entropies of their own."""
    temperature: Annotated[float, Interval(gt=0, le=1e3)] = 0.1
    """Of the draw of a class: the smaller, the more often the likeliest."""
    hashed: bool = True
    """Whether the same question draws the same class again, so that asking often is of no use."""

    def head(self, features: int, classes: int, *, rngs: nnx.Rngs) -> ShieldedHead:
        """A plain head with room for the mean answers."""
        return ShieldedHead(features, classes, rngs=rngs)

    def start_from(self, config: Config) -> Config:
        """The same run without defense."""
        plain = replace(config.model, defense=NoDefense())  # pyright: ignore
        return replace(config, model=plain)  # pyright: ignore

    def after(
        self,
        classifier: FrozenClassifier,
        features: Callable[[], Float[np.ndarray, "n d"]],
        validation: Callable[[], Labelled],
    ) -> Afterwards:
        """The classifier with the mean answers to validation pictures."""
        means = mean_answers(*validation())

        def put(model: nnx.Module) -> None:
            model.head.means[...] = jnp.asarray(means)  # pyright: ignore

        return Afterwards(rebuilt(classifier, put))

    def release(self, outputs: Outputs, key: Key[Array, ""], head: Head) -> Outputs:
        """The logarithms of the scores that are let out."""
        assert isinstance(head, ShieldedHead)
        scores = jax.nn.softmax(outputs.logits)
        odds = scores / self.temperature
        if self.hashed:
            seeds = fingerprints(outputs.logits)
            keys = jax.vmap(lambda seed: jax.random.fold_in(jax.random.key(0), seed))(seeds)
            drawn = jax.vmap(jax.random.categorical)(keys, odds)
        else:
            drawn = jax.random.categorical(key, odds)
        entropy = -(scores * jnp.log(jnp.maximum(scores, LEAST))).sum(-1)
        towards = jnp.maximum(head.means[...][drawn], LEAST)
        let_out = nearest_within(scores, towards, self.epsilon * entropy)
        return outputs._replace(logits=jnp.log(jnp.maximum(let_out, LEAST)))

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """Those of the plain head: who has the weights is not hindered. And who asks again."""
        return {**NoDefense().adaptive, **AVERAGE}

    def fits(self, config: Any) -> None:
        """Check that there will be validation pictures to take the mean answers of.

        Raises:
            InputError: if none are kept.
        """
        if config.data.validation_fraction == 0:
            msg = f"`--validation-fraction` must be more than 0 for {self.about.title}, whose "
            raise InputError(msg + "answers move towards those to validation pictures, got 0.0")

    def remark(self, classes: int, features: int) -> str:
        """Whom it does not hinder."""
        return "answers alone are changed: attackers who have the weights meet none of it"


def mean_answers(
    logits: Float[np.ndarray, "n c"], labels: Int[np.ndarray, " n"]
) -> Float[np.ndarray, "c c"]:
    """Mean scores of the pictures of each class, uniform where there is none."""
    scores = np.asarray(jax.nn.softmax(jnp.asarray(logits)))
    classes = logits.shape[1]
    means = np.full((classes, classes), 1 / classes, np.float32)
    for label in np.unique(labels):
        means[label] = scores[labels == label].mean(0)
    return means


def fingerprints(logits: Float[Array, "b c"]) -> UInt32[Array, " b"]:
    """A number of each row; a change of one logit, by one bit, changes it."""
    words = jax.lax.bitcast_convert_type(logits.astype(jnp.float32), jnp.uint32)
    odd = 2 * jnp.arange(words.shape[1], dtype=jnp.uint32) + 1
    mixed = (words ^ (words >> 15)) * jnp.uint32(0x2C1B3C6D)
    mixed = (mixed ^ (mixed >> 12)) * (odd * jnp.uint32(0x9E3779B1))[None]
    return (mixed ^ (mixed >> 15)).sum(1, dtype=jnp.uint32)
