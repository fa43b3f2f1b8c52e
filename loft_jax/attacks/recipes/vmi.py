"""VMI: a variational posterior of latents for each class."""

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.spaces import Gaussians
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import ONE_START, GradientRecipe
from loft_jax.attacks.search.gradient import Phase, Rule

VMI = GradientRecipe(
    title="VMI",
    source="Wang et al., NeurIPS 2021",
    needs=("normal latents",),
    objective=Objective(),
    rule=Rule("adam", 0.05),
    search=(Phase(Gaussians(kl=1e-3, draws=2), 150),),
    selection=ONE_START,
    published="cross-entropy + 1e-3 KL(q || prior), q a normalising flow over StyleGAN's w per "
    "class, SGD 1e-4",
    fidelity=Fidelity(
        "DEVIATES",
        "q is a diagonal Gaussian over z (one of the paper's own baselines), Adam 0.05, 150 "
        "steps of 2 samples",
        "not known",
    ),
)
