"""PLG-MI: a conditional GAN taught by the target's own pseudo-labels."""

import dataclasses

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.selection import Selection
from loft_jax.attacks.parts.spaces import Points
from loft_jax.attacks.parts.transforms import Transform
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import ONE_START, GradientRecipe
from loft_jax.attacks.recipes.ppa import PPA_SELECTION
from loft_jax.attacks.search.gradient import Phase, Rule

PLG_VIEWS = Transform(crop_scale=(0.8, 1.0), flip=0.5, brightness=0.2, contrast=0.2)
IN_LAW = 0.05
"""Weight of ||z||^2 / 2 beside a margin."""

PLG_MI_PUBLISHED = GradientRecipe(
    title="PLG-MI",
    source="Yuan et al., AAAI 2023",
    cite=("yuan2023pseudo",),
    needs=("classes",),
    default_prior=None,
    fitted_prior="plgmi-published",
    objective=Objective(identity="max-margin", views=2, transform=PLG_VIEWS),
    rule=Rule("adam", 0.1),
    search=(Phase(Points(), 600),),
    selection=ONE_START,
    published="max-margin over 2 random views, Adam 0.1, 600 steps in z of a conditional GAN "
    "trained on the target's 30 surest public pictures of each class",
    public_code="FID is that of successful reconstructions only",
    fidelity=Fidelity(
        "SCALED", "views are not rotated; a smaller GAN, shorter trained", "not known"
    ),
)
PLG_MI = dataclasses.replace(
    PLG_MI_PUBLISHED,
    objective=Objective(identity="max-margin", views=2, transform=PLG_VIEWS, latent_norm=IN_LAW),
    search=(Phase(Points(), 100),),
    selection=Selection(candidates=512, best=False, restarts=6, views=32, transform=PPA_SELECTION),
    fidelity=Fidelity(
        "DEVIATES",
        "views of the target's own training; 0.05 ||z||^2 / 2 keeps latents in their law; 100 "
        "steps, 6 searches for each picture kept, chosen as ppa does",
        "no: on people 50:74 of the plain head 0.72; 200 steps find as many, a weight of 0.02 0.68",
    ),
    original=PLG_MI_PUBLISHED,
)
