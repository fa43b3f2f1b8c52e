"""MID: the features pass through a noisy code, whose information on them is part of the loss."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import jax
import jax.numpy as jnp
from annotated_types import Interval
from flax import nnx
from jaxtyping import Array, Float, Int, Key

from loft_jax.defenses.adaptive import PRE_CODE
from loft_jax.defenses.base import About, Adaptive, Defense, cross_entropy
from loft_jax.defenses.loft import LoFtHead
from loft_jax.nets.classifier import Outputs
from loft_jax.nets.layers.noise import GaussianNoise

SHIFT = 5.0
"""Taken off before the softplus, so that training begins with little noise."""


class VariationalHead(LoFtHead):
    """Logits from a Gaussian code, whose means and standard deviations the features give.

        mean = W1 z + b1                          k numbers
        deviation = softplus(V z + a - 5)         k numbers
        code = mean + deviation e, e ~ N(0, I)    in training; the mean in evaluation
        logits = W2 code + b2                     c numbers

    Source: Wang, Zhang and Jia, AAAI 2021 (after Alemi et al. 2017).
    """

    def __init__(self, features: int, numbers: int, classes: int, *, rngs: nnx.Rngs):
        super().__init__(features, numbers, classes, "none", rngs=rngs)
        self.spread = nnx.Linear(features, numbers, rngs=rngs)
        self.noise = GaussianNoise(rngs=rngs)

    def code(self, features: Float[Array, "b d"]) -> Float[Array, "b k"]:
        """A draw of the code, or its mean."""
        return self.noise(super().code(features), deviation(self.spread(features)))


def deviation(spread: Float[Array, "b k"]) -> Float[Array, "b k"]:
    """Standard deviation of the code, from what the head's layer `spread` returns."""
    return jax.nn.softplus(spread - SHIFT)


def divergence(mean: Float[Array, "b k"], spread: Float[Array, "b k"]) -> Float[Array, " b"]:
    """KL(N(mean, deviation^2 I) || N(0, I)) in nats.

    Its mean over pictures bounds the information of the code on the features from above.
    """
    scale = deviation(spread)
    return 0.5 * (mean**2 + scale**2 - 1 - 2 * jnp.log(scale)).sum(-1)


@dataclass(frozen=True)
class MID(Defense):
    """A variational information bottleneck between features and logits."""

    tag = "mid"
    about = About(
        title="MID",
        source="Wang, Zhang and Jia, AAAI 2021 (arXiv 2009.05241)",
        changes="the head: a Gaussian code of half the features' width; beta times its KL "
        "divergence from N(0, I) is added to the loss",
        published="beta .001 to .02",
        ours="two layers, for means and deviations, in place of one of twice the width: the same "
        "function",
        not_followed="public code adds the noise to answers as well, so that accuracy is random: "
        "here answers are of the code's mean",
        cite=("wang2021improving",),
    )
    strength_name = "beta"
    taps = ("head.encode", "head.spread")

    beta: Annotated[float, Interval(ge=0, le=1e3)] = 0.01
    """Weight of the divergence."""

    def head(self, features: int, classes: int, *, rngs: nnx.Rngs) -> VariationalHead:
        """The head with the Gaussian code."""
        return VariationalHead(features, features // 2, classes, rngs=rngs)

    def loss(
        self,
        outputs: Outputs,
        images: Float[Array, "b h w ch"],
        labels: Int[Array, " b"],
        *,
        smoothing: float,
        progress: Float[Array, ""],
        key: Key[Array, ""],
    ) -> Float[Array, ""]:
        """Cross-entropy of a draw, plus beta times the mean divergence."""
        assert outputs.hidden is not None
        mean, spread = (outputs.hidden[path] for path in self.taps)
        told = divergence(mean, spread).mean()
        return cross_entropy(outputs.logits, labels, smoothing) + self.beta * told

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """The attacker who looks at the trunk's features instead of the logits."""
        return {"pre-code": PRE_CODE}
