"""IF-GMI: layer by layer through a style-based generator."""

import dataclasses

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.selection import Selection
from loft_jax.attacks.parts.spaces import Hidden, Points
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import GradientRecipe
from loft_jax.attacks.recipes.ppa import PPA_VIEWS
from loft_jax.attacks.search.gradient import Phase, Rule


def _phases(reach: float) -> tuple[Phase, ...]:
    return (Phase(Points(), 70), *(Phase(Hidden(block, reach), 25) for block in (1, 2, 3)))


PUBLISHED = GradientRecipe(
    title="IF-GMI",
    source="Qiu et al., ECCV 2024",
    cite=("qiu2024closer",),
    needs=("blocks",),
    default_prior=None,
    fitted_prior="style",
    objective=Objective(identity="poincare", transform=PPA_VIEWS),
    rule=Rule("adam", 0.005, momentum=0.1, decay=0.1),
    search=_phases(0.1),
    selection=Selection(candidates=2000, mirrored=True),
    published="Poincare loss, Adam 0.005 with betas (0.1, 0.1), 70 steps in w, then 25 for "
    "each of 3 blocks' inputs, in L1 balls of radius 1,000 to 8,000 round the phase before",
    fidelity=Fidelity(
        "SCALED",
        "radii are 0.1 times the numbers in a ball, as the published ones are about; w has none in "
        "the first phase; pixels come from the last block alone",
        "not known",
    ),
    public_code="one toolbox projects x, not x - centre, on the ball; another has no balls",
)
IF_GMI = dataclasses.replace(
    PUBLISHED,
    rule=dataclasses.replace(PUBLISHED.rule, learning_rate=0.05),
    search=_phases(0.05),
    fidelity=Fidelity("SCALED", "as --published, with Adam 0.05 and half the radii", "not known"),
    original=PUBLISHED,
)
