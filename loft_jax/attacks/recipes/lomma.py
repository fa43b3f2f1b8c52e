"""LOMMA: the logit itself, regular features, and distilled models that help."""

import dataclasses

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.recipes import gmi
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import ONE_START, GradientRecipe
from loft_jax.attacks.search.gradient import Phase

PUBLISHED = GradientRecipe(
    title="LOMMA (+ GMI)",
    source="Nguyen et al., CVPR 2023",
    cite=("nguyen2023rethinking", "zhang2020secret"),
    needs=("normal latents",),
    default_prior=None,
    fitted_prior="dcgan",
    objective=Objective(identity="logit", identity_weight=100.0, features=100.0, realness=1.0),
    rule=gmi.RULE,
    search=(Phase(gmi.CUBE, 1500),),
    selection=ONE_START,
    published="GMI with 100 (mean logit loss of the target and 3 distilled EfficientNets + "
    "feature regularisation)",
    fidelity=Fidelity(
        "SCALED",
        "two small students, taught on 4,096 of the prior's own pictures, for three EfficientNets; "
        "prior as for gmi",
        "not known",
    ),
    helpers=2,
    public_code="one toolbox draws the reference features once; the authors take the mean",
)
LOMMA = dataclasses.replace(
    PUBLISHED,
    rule=gmi.GMI.rule,
    search=gmi.GMI.search,
    fidelity=Fidelity(
        "SCALED", "as --published, with 200 steps at 5 times the rate, as gmi", "not known"
    ),
    original=PUBLISHED,
)
