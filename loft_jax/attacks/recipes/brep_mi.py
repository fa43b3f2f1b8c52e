"""BREP-MI: labels alone; a point is driven away from the boundary of its class."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.black_box import BlackBoxRecipe
from loft_jax.attacks.search.naming import Named
from loft_jax.attacks.search.questions import Questions
from loft_jax.attacks.search.repulsion import (
    Repulsion,
    beginning,
    directions,
    repelled,
    settled,
)


@dataclass(frozen=True, kw_only=True)
class BrepMi(BlackBoxRecipe):
    """A search for each reconstruction, side by side; each ends where its ball last was.

    Attributes:
        rule: of balls and moves.
        patience: steps without growth after which a search is over.
    """

    population: int = 33
    steps: int = 300
    rule: Repulsion
    patience: int = 1000

    def climb(self, questions: Questions, shared: Any) -> None:
        """Ask sphere after sphere, until nothing is left or no ball has grown for long."""
        named, rule = Named(questions), self.rule
        starts, standing = named.starts(
            questions.per_class, lambda points: np.clip(points, -rule.box, rule.box)
        )
        balls, questions.standing = beginning(rule, starts), standing
        while len(going := np.flatnonzero(balls.idle < self.patience)):
            own = balls.at(going)
            towards = directions(named.rng, len(going), rule.points, named.dimension)
            inside = named.ask(own.centres[:, None] + own.radii[:, None, None] * towards)
            moved = repelled(rule, own, towards, inside)
            stays = named.ask(moved)
            balls.put(going, settled(rule, own, moved, inside, stays))
            standing[going] = np.where(stays, named.latest, standing[going])


PUBLISHED = BrepMi(
    title="BREP-MI",
    source="Kahla et al., CVPR 2022",
    cite=("kahla2022label",),
    needs=("label",),
    steps=10**5,
    rule=Repulsion(),
    published="32 points on a sphere round z; away from those of another class by a third of the "
    "radius; 1.3 times the radius, from 2 on, where more than 7 of 8 are of the class; until 1,000 "
    "steps without growth; z in [-1.5, 1.5]; at least 32,000 queries a class",
    fidelity=Fidelity(
        "SCALED",
        "the law of the faces, or a generator of fit_prior, for the authors' GAN; a rejected move "
        "counts as a step, so that a search ends; classes that nobody drawn is taken for are "
        "attacked too",
        "no: what is kept is where the search ended, as published",
    ),
    public_code="classes are the first 300 that random draws hit; a rejected move does not count; "
    "the move is divided by the radius after it grew",
)
BREP_MI = dataclasses.replace(
    PUBLISHED,
    steps=300,
    rule=Repulsion(box=3.0),
    fidelity=Fidelity(
        "SCALED", "as --published, with 300 spheres for all searches of a class and z in [-3, 3]",
        "not known",
    ),
    original=PUBLISHED,
)  # fmt: skip
