"""Plug & Play: any prior, the best of many starts, and what stays right when cropped."""

import dataclasses

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.selection import Selection
from loft_jax.attacks.parts.spaces import Points
from loft_jax.attacks.parts.transforms import Transform
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import GradientRecipe
from loft_jax.attacks.search.gradient import Phase, Rule

PPA_VIEWS = Transform(crop_scale=(0.9, 1.0))
PPA_SELECTION = Transform(crop_scale=(0.8, 1.0), crop_ratio=1.1, flip=0.5)
IN_LAW = 3e-4
"""Weight of ||z||^2 / 2 beside a Poincare loss, which moves by some hundredths only."""

PPA_PUBLISHED = GradientRecipe(
    title="Plug & Play Attack",
    source="Struppek et al., ICML 2022",
    cite=("struppek2022plug",),
    objective=Objective(identity="poincare", transform=PPA_VIEWS),
    rule=Rule("adam", 0.005, momentum=0.1, decay=0.1),
    search=(Phase(Points(), 50),),
    selection=Selection(
        candidates=2000,
        restarts=4,
        views=100,
        transform=Transform(crop_scale=(0.5, 0.9), crop_ratio=1.2, flip=0.5),
        mirrored=True,
    ),
    published="Poincare loss, Adam 0.005 with betas (0.1, 0.1), 50-70 steps in StyleGAN's w "
    "from the best 200 of 2,000-5,000 candidates, best 50 by 100 random crops of 0.5-0.9",
    public_code="FID of pictures in the wrong range; others score candidates class by class",
    fidelity=Fidelity(
        "SCALED",
        "the prior's own latents in place of StyleGAN's w, and no cut of the middle of a candidate",
        "yes: 50 steps of 0.005 hardly move a standard normal latent",
    ),
)
PPA = dataclasses.replace(
    PPA_PUBLISHED,
    objective=Objective(identity="poincare", transform=PPA_VIEWS, latent_norm=IN_LAW),
    rule=Rule("adam", 0.1, momentum=0.1, decay=0.1),
    search=(Phase(Points(), 70),),
    selection=Selection(
        candidates=2000, restarts=2, views=32, transform=PPA_SELECTION, mirrored=True
    ),
    fidelity=Fidelity(
        "DEVIATES",
        "views of the target's own training; Adam 0.1, 70 steps, 2 searches for each picture kept; "
        "where latents are standard normal, 3e-4 ||z||^2 / 2 keeps them in their law, as "
        "truncation does in w; its own views are crops of 0.8-1 (smaller ones cut the face that a "
        "target at 32 px was trained on)",
        "no: on the plain head 1.00 against 0.97 with its own crops",
    ),
    original=PPA_PUBLISHED,
)
