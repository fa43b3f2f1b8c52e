"""A defense that edits the trunk: only half of its features are let out, the rest are zero."""

from dataclasses import dataclass

import jax.numpy as jnp
from flax import nnx

from loft_jax.defenses.base import About, Defense
from loft_jax.defenses.table import DEFENSES


class Halved(nnx.Module):
    """The trunk's features, the second half of them zero."""

    def __init__(self, trunk: nnx.Module):
        self.inner = trunk

    def __call__(self, x):
        features = self.inner(x)
        kept = jnp.arange(features.shape[-1]) < features.shape[-1] // 2
        return features * kept[None]


@dataclass(frozen=True)
class Halve(Defense):
    """Half of the features."""

    tag = "halve"
    about = About("Halved trunk", "tests", "the trunk lets half of its features out")

    def edit(self, trunk, *, rngs):
        return Halved(trunk)


DEFENSES["halve"] = Halve
