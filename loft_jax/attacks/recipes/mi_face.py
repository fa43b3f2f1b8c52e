"""MI-Face: pixels, until the class is likely."""

import dataclasses

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.projections import Box
from loft_jax.attacks.parts.spaces import Points
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import ONE_START, GradientRecipe
from loft_jax.attacks.search.gradient import Phase, Rule

PUBLISHED = GradientRecipe(
    title="MI-Face",
    source="Fredrikson et al., CCS 2015",
    cite=("fredrikson2015model",),
    needs=("pixels",),
    default_prior="pixels",
    objective=Objective(identity="doubt"),
    rule=Rule("sgd", 0.1, momentum=0.0),
    search=(Phase(Points(Box(0.0, 1.0), origin=0.0), 5000),),
    selection=ONE_START,
    published="1 - softmax_y by gradient descent, rate 0.1, at most 5,000 steps, from zeros",
    fidelity=Fidelity(
        "SCALED",
        "always 5,000 steps, where the paper stops after 100 without gain; no auxiliary term",
        "no: stopping only saves steps",
    ),
    public_code="one toolbox goes on where it should stop, and stops after one step where the "
    "class has less than 0.01",
)
MI_FACE = dataclasses.replace(
    PUBLISHED,
    search=(Phase(Points(Box(0.0, 1.0)), 500),),
    fidelity=Fidelity(
        "SCALED",
        "500 steps, from noise around mid-gray, so that reconstructions of a class differ",
        "not known",
    ),
    original=PUBLISHED,
)
