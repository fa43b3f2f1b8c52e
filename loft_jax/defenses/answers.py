"""Answers that are shaken or rounded when they are let out; nothing is trained for it."""

import abc
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal, TypeVar

import jax
import jax.numpy as jnp
from annotated_types import Interval
from flax import nnx
from jaxtyping import Array, Float, Key

from loft_jax.defenses.adaptive import AVERAGE
from loft_jax.defenses.base import About, Adaptive, Defense
from loft_jax.defenses.loft import LoFt, LoFtHead
from loft_jax.defenses.none import NoDefense
from loft_jax.errors import InputError
from loft_jax.nets.classifier import Outputs
from loft_jax.nets.head import Head

Config = TypeVar("Config")
What = Literal["logits", "scores", "code"]
Rank = Annotated[int, Interval(ge=1, le=2**20)] | None

LEAST = 1e-6
"""The smallest score that is answered: a score of 0 has no logarithm."""


class _Answered(Defense, abc.ABC):
    """A finished network, plain or LoFt, whose answers are changed."""

    trains = False

    what: What
    loft: Rank

    @abc.abstractmethod
    def change(self, x: Float[Array, "b n"], key: Key[Array, ""]) -> Float[Array, "b n"]:
        """What is let out of these numbers."""

    def check(self) -> None:
        """Check what concerns several fields.

        Raises:
            InputError: if a head without a code is to change it.
        """
        if self.what == "code" and self.loft is None:
            msg = (
                f"`--defense {self.tag}: what` must be logits or scores for the plain head, got "
                "code, which a head of some rank has"
            )
            raise InputError(msg)

    @property
    def begins(self) -> Defense:
        """The network that answers."""
        return NoDefense() if self.loft is None else LoFt(self.loft)

    @property
    def baselines(self) -> tuple[Defense, ...]:
        """The network that answers, as it is."""
        return (self.begins,)

    def head(self, features: int, classes: int, *, rngs: nnx.Rngs) -> Head:
        """That of the network that answers."""
        return self.begins.head(features, classes, rngs=rngs)

    def start_from(self, config: Config) -> Config:
        """The same run without a change of answers."""
        silent = replace(config.model, defense=self.begins)  # pyright: ignore
        return replace(config, model=silent)  # pyright: ignore

    def release(self, outputs: Outputs, key: Key[Array, ""], head: Head) -> Outputs:
        """Logits changed, or those of changed scores, brought to sum 1 again, or a changed code."""
        if self.what == "logits":
            return outputs._replace(logits=self.change(outputs.logits, key))
        if self.what == "scores":
            scores = self.change(jax.nn.softmax(outputs.logits), key)
            return outputs._replace(logits=jax.nn.log_softmax(jnp.log(jnp.maximum(scores, LEAST))))
        assert outputs.code is not None
        assert isinstance(head, LoFtHead)
        code = self.change(outputs.code, key)
        return outputs._replace(code=code, logits=head.decode(code))

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """Those of the network that answers: who has the weights is not hindered."""
        return self.begins.adaptive


@dataclass(frozen=True)
class NoisyAnswers(_Answered):
    """Gaussian noise, anew in every answer."""

    tag = "noisy"
    about = About(
        title="noisy answers",
        source="a control: output perturbation, as in Dwork et al. 2006",
        changes="answers: Gaussian noise on logits, scores or the code of a LoFt head",
        published="many forms; none of these numbers is from a paper",
        ours="scores are kept above 1e-6 and brought to sum 1 again",
        cite=("dwork2006calibrating",),
    )
    strength_name = "std"

    std: Annotated[float, Interval(gt=0, le=1e6)] = 1.0
    """Standard deviation of the noise."""
    what: What = "logits"
    """What it is added to; a code takes `loft`."""
    loft: Rank = None
    """Rank of the LoFt head that answers; none is the plain head."""

    @property
    def answer_noise(self) -> tuple[str, float]:
        """On what it was asked to be on."""
        return self.what, self.std

    def change(self, x: Float[Array, "b n"], key: Key[Array, ""]) -> Float[Array, "b n"]:
        """The numbers with noise."""
        return x + self.std * jax.random.normal(key, x.shape, x.dtype)

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """Those of the network that answers, and who asks again."""
        return {**super().adaptive, **AVERAGE}

    def remark(self, classes: int, features: int) -> str:
        """Whom it does not hinder."""
        return (
            "noise is on answers alone: attackers who have the weights meet none of it, and those "
            "who ask again take the mean"
        )


@dataclass(frozen=True)
class RoundedAnswers(_Answered):
    """The nearest whole multiple of a step."""

    tag = "rounded"
    about = About(
        title="rounded answers",
        source="Fredrikson, Jha and Ristenpart, CCS 2015",
        changes="answers: logits, scores or the code of a LoFt head in whole steps",
        published="rounded scores",
        ours="logits by default; rounded scores are kept above 1e-6 and brought to sum 1 again",
        cite=("fredrikson2015model",),
    )
    strength_name = "step"

    step: Annotated[float, Interval(gt=0, le=1e6)] = 1.0
    """Distance of two values that can be answered."""
    what: What = "logits"
    """What is rounded; a code takes `loft`."""
    loft: Rank = None
    """Rank of the LoFt head that answers; none is the plain head."""

    def change(self, x: Float[Array, "b n"], key: Key[Array, ""]) -> Float[Array, "b n"]:
        """The nearest multiples of the step."""
        return self.step * jnp.round(x / self.step)

    def remark(self, classes: int, features: int) -> str:
        """Whom it does not hinder."""
        return "answers alone are rounded: attackers who have the weights meet none of it"
