"""An evolution strategy on the margin of the scores: what anybody would try first."""

from dataclasses import dataclass
from typing import Any

from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.black_box import BlackBoxRecipe
from loft_jax.attacks.search.questions import Questions

LEADERS = 10
"""So many of the best strangers have their mean where the strategy begins."""


@dataclass(frozen=True, kw_only=True)
class Evo(BlackBoxRecipe):
    """Separable CMA-ES from the mean of the best strangers.

    Attributes:
        deviation: of the first population, in deviations of the strangers.
        law: see `Questions.follow`.
    """

    steps: int = 313
    population: int = 32
    deviation: float = 0.5
    law: float = 0.03

    def climb(self, questions: Questions, shared: Any) -> None:
        """Ask about population after population."""
        from loft_jax.attacks.parts.evolution import separable_cma  # evosax takes a second to load

        mean = questions.scale.inwards(questions.start(LEADERS)).mean(0)
        strategy = separable_cma(
            mean, deviation=self.deviation, population=self.population, key=questions.key
        )
        questions.follow(strategy, law=self.law)


EVO = Evo(
    title="Evolution strategy",
    source="no paper; sep-CMA-ES, Ros and Hansen 2008",
    cite=("lange2023evosax",),
    needs=("scores",),
    published="nothing: the baseline of attacks by scores",
    fidelity=Fidelity("FAITHFUL", "", "no: the baseline itself"),
)
