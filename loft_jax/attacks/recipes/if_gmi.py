"""IF-GMI: layer by layer through a style-based generator."""

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.selection import Selection
from loft_jax.attacks.parts.spaces import Hidden, Points
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import GradientRecipe
from loft_jax.attacks.recipes.ppa import PPA_VIEWS
from loft_jax.attacks.search.gradient import Phase, Rule

IF_GMI = GradientRecipe(
    title="IF-GMI",
    source="Qiu et al., ECCV 2024",
    needs=("blocks",),
    default_prior=None,
    fitted_prior="style",
    objective=Objective(identity="poincare", transform=PPA_VIEWS),
    rule=Rule("adam", 0.05, momentum=0.1, decay=0.1),
    search=(
        Phase(Points(), 70),
        Phase(Hidden(1, 0.05), 25),
        Phase(Hidden(2, 0.05), 25),
        Phase(Hidden(3, 0.05), 25),
    ),
    selection=Selection(candidates=2000),
    published="Poincare loss, Adam 0.005 with betas (0.1, 0.1), 70 steps in w, then 25 for "
    "each of 3 blocks' inputs, in L1 balls of radius 1,000 to 8,000 round the phase before",
    fidelity=Fidelity(
        "SCALED",
        "Adam 0.05; radii are 0.05 times the numbers in a ball (published: about 0.1); "
        "pixels come from the last block alone",
        "not known",
    ),
    public_code="one toolbox projects x, not x - centre, on the ball; another has no balls",
)
