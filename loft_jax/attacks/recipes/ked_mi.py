"""KED-MI: a Gaussian of latents for each class, in a GAN that knows the target's answers."""

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.spaces import Gaussians
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import ONE_START, GradientRecipe
from loft_jax.attacks.search.gradient import Phase, Rule

KED_MI = GradientRecipe(
    title="KED-MI",
    source="Chen et al., ICCV 2021",
    needs=("normal latents",),
    default_prior=None,
    fitted_prior="kedmi",
    objective=Objective(identity_weight=100.0, realness=1.0),
    rule=Rule("adam", 0.02),
    search=(Phase(Gaussians(kl=0.0, draws=1), 400),),
    selection=ONE_START,
    published="a Gaussian per class, 100 cross-entropy - log D(G(z)), Adam 0.02, 2,400 steps; "
    "the GAN's discriminator learns the target's soft labels",
    fidelity=Fidelity(
        "DEVIATES",
        "400 steps",
        "not known",
    ),
    public_code="one toolbox's example trains this GAN on the private pictures",
)
