"""GMI: the latents of a GAN of public pictures, kept realistic by its discriminator."""

import dataclasses

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.projections import Box
from loft_jax.attacks.parts.spaces import Points
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import ONE_START, GradientRecipe
from loft_jax.attacks.search.gradient import Phase, Rule

PEOPLE = 60
"""In a batch of the authors' code, whose objective is a mean over them; here each row has its own,
so that the rate is divided by this."""
RULE = Rule("sgd", 0.02 / PEOPLE, momentum=0.9, nesterov=True)
CUBE = Points(Box(-1.0, 1.0))

PUBLISHED = GradientRecipe(
    title="GMI",
    source="Zhang et al., CVPR 2020",
    cite=("zhang2020secret",),
    needs=("normal latents",),
    default_prior=None,
    fitted_prior="dcgan",
    objective=Objective(identity_weight=100.0, realness=1.0),
    rule=RULE,
    search=(Phase(CUBE, 1500),),
    selection=ONE_START,
    published="100 cross-entropy - D(G(z)), SGD 0.02 with Nesterov's momentum 0.9, 1,500 steps, z "
    "in [-1, 1], batches of 60 people, WGAN-GP",
    fidelity=Fidelity(
        "FAITHFUL",
        "with a prior of fit_prior --prior dcgan --loss wgan-gp, which has 500 iterations for the "
        "authors' 150,000; the rate is divided by the batch instead of the objective",
        "yes, by the prior: wgan-gp draws heads without faces so early; the hinge draws faces",
    ),
    public_code="FID is reported as 0 by one toolbox where it cannot be computed",
)
GMI = dataclasses.replace(
    PUBLISHED,
    rule=dataclasses.replace(RULE, learning_rate=5 * RULE.learning_rate),
    search=(Phase(CUBE, 200),),
    fidelity=Fidelity(
        "SCALED", "200 steps at 5 times the rate; prior with the hinge loss", "not known"
    ),
    original=PUBLISHED,
)
