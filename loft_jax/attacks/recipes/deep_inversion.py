"""DeepInversion: pixels whose BatchNorm statistics are those of the training pictures."""

import dataclasses

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.projections import Box
from loft_jax.attacks.parts.spaces import Points
from loft_jax.attacks.parts.transforms import Transform
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import ONE_START, GradientRecipe
from loft_jax.attacks.search.gradient import Phase, Rule

PUBLISHED = GradientRecipe(
    title="DeepInversion",
    source="Yin et al., CVPR 2020",
    cite=("yin2020dreaming",),
    needs=("pixels",),
    default_prior="pixels",
    objective=Objective(
        transform=Transform(flip=0.5, shift=1 / 16),
        statistics=10.0,
        variation=50.0,
    ),
    rule=Rule("adam", 0.1, momentum=0.9, decay=0.999),
    search=(Phase(Points(Box(0.0, 1.0)), 2000),),
    selection=ONE_START,
    published="cross-entropy + BatchNorm statistics (at 224 px the first layer x 10) + total "
    "variation + L2, random flips and jitter; 32 px: Adam 0.1, 2,000 steps, statistics x 10, no L2",
    fidelity=Fidelity(
        "DEVIATES",
        "the settings for 32 px; total variation is a mean of |differences| of each picture, where "
        "the authors take the norm over the batch; pixels stay in [0, 1]; no competing student",
        "not known",
    ),
)
DEEP_INVERSION = dataclasses.replace(
    PUBLISHED,
    objective=Objective(
        transform=Transform(flip=0.5),
        statistics=0.1,
        first_statistics=10.0,
        variation=50.0,
        image_norm=0.01,
    ),
    rule=Rule("adam", 0.05, momentum=0.5, decay=0.9),
    search=(Phase(Points(Box(0.0, 1.0)), 300),),
    fidelity=Fidelity(
        "DEVIATES",
        "as --published, with Adam 0.05, 300 steps, L2, the first layer x 10, and statistics that "
        "weigh 0.1, so that 128 people can be told apart",
        "not known",
    ),
    original=PUBLISHED,
)
