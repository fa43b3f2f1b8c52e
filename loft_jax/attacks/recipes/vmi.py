"""VMI: a variational posterior of latents for each class, a normalising flow."""

import dataclasses

from loft_jax.attacks.parts.flows import Flows
from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import ONE_START, GradientRecipe
from loft_jax.attacks.search.gradient import Phase, Rule

PUBLISHED = GradientRecipe(
    title="VMI",
    source="Wang et al., NeurIPS 2021",
    cite=("wang2021variational",),
    needs=("normal latents",),
    objective=Objective(),
    rule=Rule("sgd", 1e-4, momentum=0.9),
    search=(Phase(Flows(kl=1e-3, draws=64), 3000),),
    selection=ONE_START,
    published="cross-entropy + 1e-3 KL(q || prior), q a normalising flow of z per class and layer "
    "of StyleGAN, SGD 1e-4 with momentum 0.9, batches of 64, epochs of 150 steps until no gain",
    fidelity=Fidelity(
        "SCALED",
        "10 affine couplings for Glow's steps; one flow for all layers; 20 epochs",
        "not known",
    ),
)
VMI = dataclasses.replace(
    PUBLISHED,
    rule=Rule("adam", 0.01),
    search=(Phase(Flows(kl=1e-3, draws=2), 150),),
    fidelity=Fidelity(
        "DEVIATES", "as --published, with Adam 0.01, 150 steps of 2 samples", "not known"
    ),
    original=PUBLISHED,
)
