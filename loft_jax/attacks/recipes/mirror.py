"""MIRROR: styles within a deviation of the public ones."""

import dataclasses

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.projections import Spread
from loft_jax.attacks.parts.selection import Selection
from loft_jax.attacks.parts.spaces import Points
from loft_jax.attacks.parts.transforms import Transform
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import GradientRecipe
from loft_jax.attacks.search.gradient import Phase, Rule

MIRROR_PUBLISHED = GradientRecipe(
    title="MIRROR (white-box)",
    source="An et al., NDSS 2022",
    cite=("an2022mirror",),
    objective=Objective(transform=Transform(flip=0.5)),
    rule=Rule("adam", 0.005),
    search=(Phase(Points(Spread(1.0, 5.0)), 70),),
    selection=Selection(candidates=5000),
    published="cross-entropy, Adam 0.005, 70 steps in StyleGAN's w, random flips, clipped to 1 "
    "deviation round the mean in P space (5,000 samples)",
    public_code="one toolbox never applies the upper bound of the box",
    fidelity=Fidelity(
        "SCALED",
        "the prior's own latents in place of StyleGAN's w; P space is w itself where they are "
        "standard normal",
        "yes: 70 steps of 0.005 hardly move a standard normal latent",
    ),
)
MIRROR = dataclasses.replace(
    MIRROR_PUBLISHED,
    rule=Rule("adam", 0.05),
    search=(Phase(Points(Spread(1.0, 5.0)), 150),),
    selection=Selection(candidates=2000, restarts=2),
    fidelity=Fidelity(
        "DEVIATES",
        "no flips where the target's training had none; Adam 0.05, 150 steps, 2,000 samples, the "
        "surer of 2 searches; P space is w itself where latents are standard normal",
        "no: on people 0:50 of the plain head 0.92 and 0.93, on 50:100 0.94; with 300 steps 0.92 "
        "and 0.97, with 4 searches 0.95 and 0.93 on the latter",
    ),
    original=MIRROR_PUBLISHED,
)
