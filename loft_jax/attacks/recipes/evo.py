"""An evolution strategy on the margin of the scores: what anybody would try first."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.black_box import BlackBoxRecipe
from loft_jax.attacks.search.questions import Questions

LEADERS = 10
"""So many of the best strangers have their mean where the strategy begins."""


@dataclass(frozen=True, kw_only=True)
class Evo(BlackBoxRecipe):
    """Separable CMA-ES in latents of mean 0 and deviation 1.

    Attributes:
        deviation: of the first population.
        law: weight of ||u||^2 / 2, which keeps latents u likely, beside the margin.
    """

    deviation: float = 0.5
    law: float = 0.03

    def climb(self, questions: Questions, shared: Any) -> None:
        """Ask about population after population, until nothing is left."""
        from loft_jax.attacks.parts.evolution import Evolution  # evosax takes a second to load

        scale = questions.scale
        mean = scale.inwards(questions.start(LEADERS)).mean(0)
        strategy = Evolution(
            mean, deviation=self.deviation, population=self.population, key=questions.key
        )
        while True:
            members = strategy.ask()
            margin = questions.worth(questions.ask(scale.outwards(members)))
            strategy.tell(margin - self.law / 2 * np.sum(members**2, 1))


EVO = Evo(
    title="Evolution strategy",
    source="no paper; sep-CMA-ES, Ros and Hansen 2008",
    needs=("scores",),
    published="nothing: the baseline of attacks by scores",
    fidelity=Fidelity("FAITHFUL", "", "no: the baseline itself"),
)
