"""Label smoothing with a negative factor, after half of the run, or with a positive one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import jax.numpy as jnp
from annotated_types import Interval
from jaxtyping import Array, Float, Int, Key

from loft_jax.defenses.adaptive import PRE_CODE
from loft_jax.defenses.base import About, Adaptive, Defense, cross_entropy
from loft_jax.nets.classifier import Outputs

BEGINS, FULL = 0.5, 0.75
"""Shares of the run after which the factor leaves zero, and from which it is whole."""


@dataclass(frozen=True)
class Smoothing(Defense):
    """(1 - alpha) cross-entropy + alpha times the mean of -log p over all classes."""

    tag = "negls"
    about = About(
        title="label smoothing",
        source="Struppek, Hintersdorf and Kersting, ICLR 2024 (arXiv 2310.06549)",
        changes="the loss: mass alpha, below zero, is moved from the label to all classes",
        published="alpha -.05; 0 for half of the epochs, then a ramp up to alpha / 2 at three "
        "quarters, then alpha; elsewhere constant -.001 to -.1",
        ours="the ramp rises with every update, not every epoch; the last weights are kept, not "
        "the best by validation loss, which alpha works against; alpha comes on top of "
        "--label-smoothing",
        not_followed="until August 2024 the authors' code did not pass the schedule on to "
        "training: alpha was constant (schedule=constant)",
        cite=("struppek2024careful",),
    )
    strength_name = "alpha"
    keeps_last = True

    alpha: Annotated[float, Interval(gt=-10, lt=1)] = -0.05
    """Mass moved from the label to the uniform distribution; below zero it is surer than sure."""
    schedule: Literal["ramp", "constant"] = "ramp"
    """When a factor below zero acts; one above zero always does."""

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
        """Cross-entropy against labels with the mass moved."""
        return cross_entropy(outputs.logits, labels, smoothing + self.factor(progress))

    def factor(self, progress: Float[Array, ""]) -> float | Float[Array, ""]:
        """Alpha at this share of the run."""
        if self.schedule == "constant" or self.alpha >= 0:
            return self.alpha
        ramp = (progress - BEGINS) / BEGINS
        return self.alpha * jnp.where(progress < FULL, jnp.maximum(ramp, 0), 1)

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """The attacker who looks at the trunk's features instead of the logits."""
        return {"pre-code": PRE_CODE}
