"""A defense with a second loss on a hidden layer, and noise in the loss while it trains."""

from dataclasses import dataclass
from typing import Annotated

import jax
import jax.numpy as jnp
from annotated_types import Interval

from loft_jax.defenses.base import About, Defense, cross_entropy
from loft_jax.defenses.table import DEFENSES


@dataclass(frozen=True)
class Quiet(Defense):
    """Small activations after the second convolution, and logits that were shaken."""

    tag = "quiet"
    about = About("Quiet", "tests", "adds the mean square of a hidden layer; shakes the logits")
    strength_name = "weight"
    taps = ("trunk.convs.1",)

    weight: Annotated[float, Interval(ge=0, le=1e3)] = 0.5
    noise: Annotated[float, Interval(ge=0, le=1e3)] = 0.1

    def loss(self, outputs, images, labels, *, smoothing, progress, key):
        shaken = outputs.logits + self.noise * jax.random.normal(key, outputs.logits.shape)
        loud = jnp.mean(outputs.hidden[self.taps[0]].astype(jnp.float32) ** 2)
        return cross_entropy(shaken, labels, smoothing) + self.weight * progress * loud


DEFENSES["quiet"] = Quiet
