"""GMI: the latents of a GAN of public pictures, kept realistic by its discriminator."""

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.projections import Box
from loft_jax.attacks.parts.spaces import Points
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import ONE_START, GradientRecipe
from loft_jax.attacks.search.gradient import Phase, Rule

GMI = GradientRecipe(
    title="GMI",
    source="Zhang et al., CVPR 2020",
    needs=("normal latents",),
    default_prior=None,
    fitted_prior="dcgan",
    objective=Objective(identity_weight=100.0, realness=1.0),
    rule=Rule("sgd", 0.02 / 12, momentum=0.9),
    search=(Phase(Points(Box(-1.0, 1.0)), 200),),
    selection=ONE_START,
    published="100 cross-entropy - D(G(z)), SGD 0.02 with momentum 0.9, 1,500 steps, z in "
    "[-1, 1], batches of 60 people, WGAN-GP",
    fidelity=Fidelity(
        "SCALED",
        "200 steps at 5 times the published rate, which is divided by 60 first, because the "
        "objective here is not a mean over the batch; WGAN-GP by fit_prior --loss wgan-gp only",
        "not known",
    ),
    public_code="FID is reported as 0 by one toolbox where it cannot be computed",
)
