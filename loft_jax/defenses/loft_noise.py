"""A LoFt head whose bounded code is noisy: what its answers can hold is bounded by a theorem."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import jax
from annotated_types import Interval
from flax import nnx
from jaxtyping import Array, Float, Key

from loft_jax.defenses.adaptive import AVERAGE
from loft_jax.defenses.base import About, Adaptive, Defense
from loft_jax.defenses.loft import LoFt, LoFtHead
from loft_jax.nets.classifier import Outputs
from loft_jax.nets.head import Head
from loft_jax.nets.layers.noise import GaussianNoise

MANY = 100
"""Answers about one picture of which the guarantee tells beside one."""


class NoisyLoFtHead(LoFtHead):
    """The LoFt head with Gaussian noise on its tanh code, drawn anew at every call in training.

    In evaluation it draws none: that is left to who lets answers out.
    """

    def __init__(self, features: int, rank: int, classes: int, std: float, *, rngs: nnx.Rngs):
        super().__init__(features, rank, classes, rngs=rngs)
        self.std = std
        self.noise = GaussianNoise(rngs=rngs)

    def code(self, features: Float[Array, "b d"]) -> Float[Array, "b r"]:
        """The numbers in [-1, 1], and their noise while training."""
        return self.noise(super().code(features), self.std)


@dataclass(frozen=True)
class NoisyLoFt(Defense):
    """LoFt with noise on the code, in training and in answers."""

    tag = "loft-noise"
    about = About(
        title="noisy LoFt",
        source="ours; python -m iie guarantee",
        changes="the LoFt head: Gaussian noise is added to the tanh code, in training and in every "
        "answer, whose information on the picture is bounded by rank and noise alone",
        published="nowhere",
        ours="the guarantee is of answers: logits, scores and labels are made of the noisy code; "
        "who holds the weights computes without noise, and knows what they say of the people "
        "they were trained on",
        cite=("loftiie", "yu2026rank"),
    )
    strength_name = "rank"

    rank: Annotated[int, Interval(ge=1, le=2**20)] = 64
    """Width r of the bottleneck."""
    std: Annotated[float, Interval(gt=0, le=1e3)] = 0.3
    """Standard deviation of the noise on each number, which is in [-1, 1] before."""

    @property
    def baselines(self) -> tuple[Defense, ...]:
        """The LoFt head without noise, then the plain one."""
        silent = LoFt(self.rank)
        return (silent, *silent.baselines)

    def head(self, features: int, classes: int, *, rngs: nnx.Rngs) -> NoisyLoFtHead:
        """The noisy LoFt head."""
        return NoisyLoFtHead(features, self.rank, classes, self.std, rngs=rngs)

    @property
    def answer_noise(self) -> tuple[str, float]:
        """On the code."""
        return "code", self.std

    def release(self, outputs: Outputs, key: Key[Array, ""], head: Head) -> Outputs:
        """Logits of the code with noise."""
        assert outputs.code is not None
        assert isinstance(head, LoFtHead)
        code = outputs.code + self.std * jax.random.normal(key, outputs.code.shape)
        return outputs._replace(code=code, logits=head.decode(code))

    def guarantee(self) -> str:
        """Bits of an answer at most: rank / 2 log2(1 + 1 / std^2), whatever was learnt."""
        one, many = self._bits(1), self._bits(MANY)
        return (
            f"an answer holds at most {one:.4g} bits of its picture, {MANY} answers about one "
            f"picture at most {many:.4g}, for every attacker who sees answers alone; not covered: "
            "who has the weights, and what they say of the people they were trained on"
        )

    def _bits(self, answers: int) -> float:
        from iie import bounded_code_guarantee

        # Answers about one picture have one code: as one answer with their mean noise.
        noise = self.std**2 / answers
        bound = bounded_code_guarantee(numbers=self.rank, latents=self.rank, noise=noise)
        assert bound.bits is not None
        return bound.bits

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """Those of LoFt: who has the weights has no noise. And who asks again."""
        return {**LoFt(self.rank).adaptive, **AVERAGE}
