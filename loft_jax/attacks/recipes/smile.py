"""SMILE: experts learn the target from few answers, are attacked with gradients, and checked."""

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from loft_jax.attacks.recipes.base import Fidelity, Setting
from loft_jax.attacks.recipes.black_box import BlackBoxRecipe
from loft_jax.attacks.search.questions import Pool, Questions, logarithms, scale_of

STARTS = 16
"""Strangers from whom the experts are climbed."""
LESSONS = 2**30
"""Number of the draw that teaches; no class has it."""


@dataclass(frozen=True, kw_only=True)
class Smile(BlackBoxRecipe):
    """Gradients of a surrogate, then an evolution strategy on the target itself.

    Attributes:
        climbs: steps on the surrogate.
        rate: their learning rate.
        reach: the box, in deviations of the strangers in P space.
        deviation: of the strategy's first population.
        law: see `Questions.follow`.
    """

    one_law = True

    candidates: int = 2500
    steps: int = 63
    population: int = STARTS
    climbs: int = 200
    rate: float = 0.2
    reach: float = 1.7
    deviation: float = 0.3
    law: float = 0.03

    def prepare(self, setting: Setting, pool: Pool) -> Any:
        """The experts, from what the target said of strangers."""
        from loft_jax.attacks.parts.experts import Teaching, taught

        assert pool.answer.scores is not None
        coordinates = scale_of(setting.prior, pool.latents).inwards(pool.latents)
        key = jax.random.fold_in(setting.key, LESSONS)
        return taught(coordinates, logarithms(pool.answer.scores), key, Teaching())

    def climb(self, questions: Questions, shared: Any) -> None:
        """Climb the experts, ask about where that ends, and go on from the best."""
        from loft_jax.attacks.parts.evolution import separable_cma  # evosax takes a second to load
        from loft_jax.attacks.parts.experts import surest

        scale = questions.scale
        starts = scale.inwards(questions.start(STARTS)).clip(-self.reach, self.reach)
        points = np.asarray(surest(
            shared.graph, shared.params, starts, questions.label,
            steps=self.climbs, rate=self.rate, reach=self.reach, law=self.law,
        ))  # fmt: skip
        worth = questions.worth(questions.ask(scale.outwards(points)))
        strategy = separable_cma(
            points[worth.argmax()],
            deviation=self.deviation,
            population=self.population,
            key=questions.key,
        )
        questions.follow(strategy, law=self.law, reach=self.reach)


SMILE = Smile(
    title="SMILE",
    source="Li et al., CVPR 2025",
    cite=("li2025head",),
    needs=("scores",),
    published="2,500 questions for all classes teach 3 experts on a public face backbone; Adam 0.2 "
    "along a cosine, 200 steps, in P space; then NGOpt within 1.7 deviations, 1,000 questions a "
    "class",
    fidelity=Fidelity(
        "DEVIATES",
        "no public backbone: experts are small networks of the latents, without the term that "
        "keeps them apart, taught for 40 epochs (published 200) by AdamW with a decay of 0.1 (Adam "
        "1e-3), weights of the classes divided by their mean; margin and 0.03 ||u||^2 / 2; "
        "sep-CMA-ES in place of NGOpt",
        "not known",
    ),
)
