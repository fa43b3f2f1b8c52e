"""The floor of attacks by labels: random steps that are kept while the label lasts under noise."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.black_box import BlackBoxRecipe
from loft_jax.attacks.search.naming import Named
from loft_jax.attacks.search.questions import Questions


@dataclass(frozen=True, kw_only=True)
class RandomLabel(BlackBoxRecipe):
    """Random search without an estimate of where the class ends.

    Latents u of mean 0 and deviation 1 move to sqrt(1 - reach^2) u + reach e, e ~ N(0, I), which
    leaves their law; a move is kept if u itself is of the class and as many noisy copies of it as
    before.

    Attributes:
        reach: of a move.
        noise: standard deviation of the copies' noise.
        copies: asked beside each move.
    """

    population: int = 8
    steps: int = 1250
    reach: float = 0.2
    noise: float = 0.4
    copies: int = 7

    def climb(self, questions: Questions, shared: Any) -> None:
        """Ask move after move, until nothing is left."""
        named, n = Named(questions), questions.per_class
        at, questions.standing = named.starts(n, lambda points: points)
        lasting = np.zeros(n, int)
        while True:
            moved = np.sqrt(1 - self.reach**2) * at + self.reach * named.rng.standard_normal(
                at.shape
            )
            copies = moved[:, None] + self.noise * named.rng.standard_normal(
                (n, self.copies, named.dimension)
            )
            said = named.ask(np.concatenate([moved[:, None], copies], axis=1))
            count = said[:, 1:].sum(1)
            kept = said[:, 0] & (count >= lasting)
            at = np.where(kept[:, None], moved, at)
            lasting = np.where(kept, count, lasting)
            questions.standing = np.where(kept, named.latest[:, 0], questions.standing)


RANDOM_LABEL = RandomLabel(
    title="Random search by labels",
    source="no paper; the floor of attacks by labels",
    cite=("loftiie",),
    needs=("label",),
    published="nothing: what an attack by labels must beat",
    fidelity=Fidelity("FAITHFUL", "", "no: the floor itself"),
)
