"""Confidence adaptation: a trained LoFt network is fine-tuned to be less sure of the label."""

from dataclasses import dataclass, replace
from typing import Annotated, TypeVar

import jax
import jax.numpy as jnp
import optax
from annotated_types import Interval
from jaxtyping import Array, Float, Int, Key

from loft_jax.defenses.base import About, Defense
from loft_jax.defenses.loft import LoFt
from loft_jax.nets.classifier import Outputs

ALPHA = 0.25
"""Scale of the loss; no gradient method with adaptive steps sees it."""
SMALLER = 0.02
"""Of the updates: at rates that train from nothing the accuracy falls by half."""

Config = TypeVar("Config")


@dataclass(frozen=True)
class ConfidenceAdapted(LoFt):
    """A LoFt network under the inverse focal loss alpha p^gamma log p of the label's score p.

    Its least value is at p = exp(-1 / gamma), .88 for gamma 8: surer labels are pushed down to it.
    For small p it is flat, so that it is of use for trained networks alone.
    """

    tag = "loft-ca"
    about = About(
        title="LoFt with confidence adaptation",
        source="Yu et al., CALoR (arXiv 2410.05814, versions 1 and 2)",
        changes="a trained LoFt network, fine-tuned by the inverse focal loss .25 p^gamma log p",
        published="gamma 8; 5 epochs of SGD at rate 2e-5, momentum .9, a tenth of it after 3 and "
        "4, batch 96, flips alone; the last weights",
        ours="updates are a fiftieth of those that train the network from nothing, as 2e-5 is of "
        "1e-3; epochs, optimiser and pictures are the run's flags; without --start-from, the run "
        "it begins with is trained by the same flags; --label-smoothing has no say in this loss",
        cite=("yu2026rank",),
    )
    keeps_last = True

    gamma: Annotated[float, Interval(gt=0, le=1e3)] = 8.0
    """Exponent of the loss: the larger, the nearer to 1 the score that it aims at."""

    @property
    def variant(self) -> str:
        """That of the LoFt head, and the exponent if it is another."""
        exponent = "" if self.gamma == 8 else f"gamma {self.gamma:g}"
        return ", ".join(filter(None, (super().variant, exponent)))

    @property
    def begins(self) -> LoFt:
        """The head that it fine-tunes."""
        return LoFt(self.rank, self.activation, self.input_norm)

    @property
    def baselines(self) -> tuple[Defense, ...]:
        """The network that it fine-tunes, then those of LoFt."""
        return (self.begins, *super().baselines)

    def start_from(self, config: Config) -> Config:
        """The same run with a LoFt head alone."""
        loft = replace(config.model, defense=self.begins)  # pyright: ignore
        return replace(config, model=loft)  # pyright: ignore

    def rule(self, rule: optax.GradientTransformation) -> optax.GradientTransformation:
        """A fiftieth of every update."""
        return optax.chain(rule, optax.scale(SMALLER))

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
        """The inverse focal loss, mean over the batch."""
        every = jax.nn.log_softmax(outputs.logits)
        log_p = jnp.take_along_axis(every, labels[:, None], axis=1)
        return (ALPHA * jnp.exp(self.gamma * log_p) * log_p).mean()
