"""PLG-MI: a conditional GAN taught by the target's own pseudo-labels."""

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.spaces import Points
from loft_jax.attacks.parts.transforms import Transform
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.gradient import ONE_START, GradientRecipe
from loft_jax.attacks.search.gradient import Phase, Rule

PLG_VIEWS = Transform(crop_scale=(0.8, 1.0), flip=0.5, brightness=0.2, contrast=0.2)

PLG_MI = GradientRecipe(
    title="PLG-MI",
    source="Yuan et al., AAAI 2023",
    needs=("classes",),
    default_prior=None,
    fitted_prior="plgmi",
    objective=Objective(identity="max-margin", views=2, transform=PLG_VIEWS),
    rule=Rule("adam", 0.1),
    search=(Phase(Points(), 100),),
    selection=ONE_START,
    published="max-margin over 2 random views, Adam 0.1, 600 steps in z of a conditional GAN "
    "trained on the target's 30 surest public pictures of each class",
    fidelity=Fidelity(
        "SCALED",
        "100 steps; views are not rotated",
        "not known",
    ),
    public_code="FID is that of successful reconstructions only",
)
