"""LOMMA: the logit itself, regular features, and distilled models that help."""

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.projections import Box
from loft_jax.attacks.parts.spaces import Points
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import ONE_START, GradientRecipe
from loft_jax.attacks.search.gradient import Phase, Rule

LOMMA = GradientRecipe(
    title="LOMMA (+ GMI)",
    source="Nguyen et al., CVPR 2023",
    needs=("normal latents",),
    default_prior=None,
    fitted_prior="dcgan",
    objective=Objective(identity="logit", identity_weight=100.0, features=1.0, realness=1.0),
    rule=Rule("sgd", 0.02 / 12, momentum=0.9),
    search=(Phase(Points(Box(-1.0, 1.0)), 200),),
    selection=ONE_START,
    published="GMI with 100 (mean logit loss of the target and 3 distilled EfficientNets + "
    "feature regularisation)",
    fidelity=Fidelity(
        "SCALED",
        "200 steps, as gmi; two small students, taught on 4,096 of the prior's own pictures",
        "not known",
    ),
    helpers=2,
    public_code="one toolbox draws the reference features once; the authors take the mean",
)
