"""KED-MI: a Gaussian of latents for each class, in a GAN that knows the target's answers."""

import dataclasses

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.spaces import Gaussians
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import ONE_START, GradientRecipe
from loft_jax.attacks.search.gradient import Phase, Rule

SPACE = Gaussians(log_variance=1.0)

PUBLISHED = GradientRecipe(
    title="KED-MI",
    source="Chen et al., ICCV 2021",
    cite=("chen2021knowledge",),
    needs=("normal latents",),
    default_prior=None,
    fitted_prior="kedmi-published",
    objective=Objective(identity_weight=100.0, realness=1.0),
    rule=Rule("adam", 0.02),
    search=(Phase(SPACE, 2400),),
    selection=ONE_START,
    published="a Gaussian per class, 100 cross-entropy - log D(G(z)), Adam 0.02, 2,400 steps from "
    "mean 0 and log-variance 1; the GAN's discriminator learns the target's soft labels",
    fidelity=Fidelity(
        "FAITHFUL",
        "with a prior of fit_prior --prior kedmi-published: its losses, without minibatch "
        "discrimination and after fewer updates",
        "yes, by the prior: matching features draws patches of colour so early",
    ),
    public_code="one toolbox's example trains this GAN on the private pictures",
)
KED_MI = dataclasses.replace(
    PUBLISHED,
    fitted_prior="kedmi",
    search=(Phase(SPACE, 400),),
    fidelity=Fidelity(
        "SCALED",
        "400 steps; the prior learns by R1 and -log D(G(z)) in place of matched features",
        "not known",
    ),
    original=PUBLISHED,
)
