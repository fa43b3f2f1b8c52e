"""Recipes that only ask: strangers once for all classes, then so many questions about each."""

import abc
import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Int64

from loft_jax.attacks.recipes.base import Recipe, Setting
from loft_jax.attacks.search.base import Search
from loft_jax.attacks.search.questions import Pool, Questions, best
from loft_jax.errors import InputError

FEWEST = 16
"""Pictures of the smallest population into which a small budget is cut."""


@dataclass(frozen=True, kw_only=True)
class BlackBoxRecipe(Recipe):
    """An attack by answers: `climb` asks about one class, and what it asked is what it found.

    Attributes:
        candidates: pictures from the prior that are asked once, for all classes.
        steps: questions about each class, `population` pictures in each.
        population: pictures asked at a time.
    """

    one_law: ClassVar[bool] = False
    """Whether what all classes share is one map of latents, for which a prior that is told the
    class has too many."""

    candidates: int = 2000
    steps: int = 78
    population: int = 128

    @property
    def each(self) -> int:
        """At most so many pictures are asked of each class, beside what all share."""
        return self.steps * self.population

    @property
    def questions(self) -> str:
        """Of all classes together, and of each."""
        return f"asks about {self.candidates:,} pictures for all classes and {self.each:,} for each"

    def start(self, setting: Setting) -> Search:
        """The search; asks for the candidates.

        Raises:
            InputError: if the prior is none for it.
        """
        if self.one_law and setting.prior.conditional:
            msg = (
                f"`--prior` for {self.title} must draw by latents alone, got one that is told the "
                "class"
            )
            raise InputError(msg)
        from loft_jax.attacks.search.black_box import BlackBox  # it holds a recipe

        return BlackBox(setting, self)

    def prepare(self, setting: Setting, pool: Pool) -> Any:
        """What all classes share beside the pool, such as a surrogate; None is nothing."""
        return None

    @abc.abstractmethod
    def climb(self, questions: Questions, shared: Any) -> None:
        """Ask about one class, best until `questions.ask` raises `BudgetSpent`.

        Args:
            questions: asks, and remembers all that was asked.
            shared: what `prepare` gave.
        """

    def kept(self, questions: Questions) -> Int64[np.ndarray, " s"]:
        """Which of `questions.asked` are the results: those that the target takes most for it.

        Or where the search stands, if it says so.
        """
        if questions.standing is not None:
            return questions.standing
        asked = questions.asked
        own = np.where(asked.shown == questions.label, asked.worth, -np.inf)
        return best(own, questions.per_class)

    def control(self, questions: Questions, shared: Any) -> Int64[np.ndarray, " s"]:
        """Which strangers of the pool it would have kept without any search."""
        return best(questions.asked.worth[: len(questions.pool.latents)], questions.per_class)

    def within(self, queries: int, classes: int, *, steps: int | None) -> "BlackBoxRecipe":
        """With no more candidates than half of the questions, and the rest for the classes.

        Where its population would be asked less than twice of each class, it is halved until it is.
        """
        population, fewest = self.population, min(FEWEST, self.population)
        if queries < 2 * fewest:
            msg = (
                f"`--queries` must be at least {2 * fewest} for each class for {self.title}, "
                f"{fewest} pictures at a time, got {queries}"
            )
            raise InputError(msg)
        while 2 * population > queries:
            population = max(population // 2, fewest)
        candidates = min(self.candidates, queries * classes // 2)
        most = (queries * classes - candidates) // classes // population
        allowed = most if steps is None else min(steps, most)
        return dataclasses.replace(
            self, candidates=candidates, steps=allowed, population=population
        )
