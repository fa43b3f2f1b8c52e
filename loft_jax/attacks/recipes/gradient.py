"""Recipes that descend an objective: by which rule, through which spaces, from which starts."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from loft_jax.attacks.parts import averages
from loft_jax.attacks.parts.averages import Average
from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.projections import Spread
from loft_jax.attacks.parts.selection import Selection
from loft_jax.attacks.parts.spaces import Hidden, Points
from loft_jax.attacks.parts.transforms import Transform
from loft_jax.attacks.recipes.base import EFFORTS, Recipe, Setting
from loft_jax.attacks.search.base import Search
from loft_jax.attacks.search.gradient import Phase, Rule
from loft_jax.priors import ImagePrior

ONE_START = Selection(candidates=512, best=False)


@dataclass(frozen=True, kw_only=True)
class GradientRecipe(Recipe):
    """A white-box attack.

    Attributes:
        objective: what is minimised.
        rule: the update rule.
        search: phases, one after the other.
        selection: starts and results.
    """

    objective: Objective
    rule: Rule
    search: tuple[Phase, ...]
    selection: Selection

    def start(self, setting: Setting) -> Search:
        """The engine; scores the candidates."""
        from loft_jax.attacks.engine import Engine  # it holds a recipe

        return Engine(
            setting.networks,
            setting.prior,
            self,
            setting.target.classes,
            setting.per_class,
            setting.key,
            setting.mesh,
            setting.target.count,
        )

    @property
    def needed(self) -> frozenset[str]:
        """Gradients, what its terms read, and what it says beside."""
        return frozenset(self.needs) | {"gradients"} | self.objective.needs

    @property
    def adjustable(self) -> frozenset[str]:
        """All: phases and selection have them."""
        return EFFORTS

    def with_effort(
        self, steps: int | None, candidates: int | None, restarts: int | None = None
    ) -> "GradientRecipe":
        """With so many steps in each phase, candidates and restarts; None leaves its own.

        A phase without steps keeps none: it is a control.
        """
        changes: dict = {}
        if steps is not None:
            changes["search"] = tuple(
                dataclasses.replace(one, steps=steps if one.steps else 0) for one in self.search
            )
        numbers = {"candidates": candidates, "restarts": restarts}
        asked = {name: number for name, number in numbers.items() if number is not None}
        changes["selection"] = dataclasses.replace(self.selection, **asked)
        return dataclasses.replace(self, **changes)

    def with_views(self, change: Callable[[Transform], Transform]) -> "GradientRecipe":
        """The recipe with the views of its objective and of its selection changed."""
        return dataclasses.replace(
            self,
            objective=self.objective.with_view(change),
            selection=self.selection.with_view(change),
        )

    def averaged(self, average: Average, *, flips: bool) -> "GradientRecipe":
        """With the identity loss averaged over noisy copies, or over crops."""
        objective = averages.averaged(self.objective, average, flips=flips)
        return dataclasses.replace(self, objective=objective)

    @property
    def identities(self) -> bool:
        """It has one, which a search without steps never asks."""
        return any(phase.steps for phase in self.search)

    def with_identity(self, identity: str) -> "GradientRecipe":
        """With this identity loss; the terms beside it keep their say.

        Raises:
            InputError: if there are no steps.
        """
        if not self.identities:
            super().with_identity(identity)  # says so
        return dataclasses.replace(self, objective=self.objective.with_identity(identity))

    def with_prior_weight(self, factor: float) -> "GradientRecipe":
        """With all that stands beside the identity loss weighing so many times as much.

        Raises:
            InputError: if nothing does, or there are no steps.
        """
        if not self.objective.has_prior or not self.identities:
            super().with_prior_weight(factor)  # says so
        weight = self.objective.identity_weight / factor
        objective = dataclasses.replace(self.objective, identity_weight=weight)
        return dataclasses.replace(self, objective=objective)

    @property
    def distribution(self) -> bool:
        """Whether the search is for a distribution of each class."""
        return self.search[0].space.distribution

    def objective_for(self, prior: ImagePrior) -> Objective:
        """The objective for this prior: ||z||^2 means nothing where latents are not normal."""
        if prior.normal_latents:
            return self.objective
        return dataclasses.replace(self.objective, latent_norm=0.0)

    def phases(self, prior: ImagePrior) -> tuple[Phase, ...]:
        """The phases for this prior.

        Those that begin behind its last block are left out; and where latents are not outputs of a
        mapping network (no blocks), P space is their own.
        """
        phases = []
        for phase in self.search:
            space = phase.space
            if isinstance(space, Hidden) and space.block >= prior.blocks:
                continue
            if isinstance(space, Points) and isinstance(space.projection, Spread):
                slope = space.projection.slope if prior.blocks else 1.0
                own = dataclasses.replace(space.projection, slope=slope)
                space = dataclasses.replace(space, projection=own)
            phases.append(dataclasses.replace(phase, space=space))
        return tuple(phases)
