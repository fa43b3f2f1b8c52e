"""A defense that changes answers at test time: logits are rounded."""

from dataclasses import dataclass
from typing import Annotated

import jax.numpy as jnp
from annotated_types import Interval

from loft_jax.defenses.base import About, Defense
from loft_jax.defenses.table import DEFENSES


@dataclass(frozen=True)
class Rounding(Defense):
    """Logits in steps."""

    tag = "rounding"
    about = About("Rounded logits", "tests", "answers in steps; the weights know nothing of it")
    strength_name = "step"

    step: Annotated[float, Interval(gt=0, le=1e3)] = 0.5

    def release(self, outputs, key, head):
        return outputs._replace(logits=self.step * jnp.round(outputs.logits / self.step))


DEFENSES["rounding"] = Rounding
