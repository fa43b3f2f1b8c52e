"""DeepInversion: pixels whose BatchNorm statistics are those of the training pictures."""

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.projections import Box
from loft_jax.attacks.parts.spaces import Points
from loft_jax.attacks.parts.transforms import Transform
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import ONE_START, GradientRecipe
from loft_jax.attacks.search.gradient import Phase, Rule

DEEP_INVERSION = GradientRecipe(
    title="DeepInversion",
    source="Yin et al., CVPR 2020",
    needs=("pixels",),
    default_prior="pixels",
    objective=Objective(
        transform=Transform(flip=0.5),
        statistics=0.1,
        first_statistics=10.0,
        variation=50.0,
        image_norm=0.01,
    ),
    rule=Rule("adam", 0.05, momentum=0.5, decay=0.9),
    search=(Phase(Points(Box(0.0, 1.0)), 300),),
    selection=ONE_START,
    published="cross-entropy + BatchNorm statistics (first layer x 10) + total variation + L2, "
    "random flips and jitter",
    fidelity=Fidelity(
        "DEVIATES",
        "Adam 0.05, 300 steps; total variation and L2 are means over pixels, statistics "
        "weigh 0.1, so that 128 people can be told apart; no jitter, no competing student",
        "not known",
    ),
)
