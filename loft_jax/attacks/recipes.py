"""The published white-box attacks, a row each: objective, search, selection, source."""

import dataclasses
from dataclasses import dataclass
from typing import Literal

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.projections import Box, Spread
from loft_jax.attacks.parts.selection import Selection
from loft_jax.attacks.parts.spaces import Gaussians, Hidden, Points
from loft_jax.attacks.parts.transforms import Transform
from loft_jax.attacks.search.gradient import Phase, Rule
from loft_jax.errors import InputError
from loft_jax.priors import ImagePrior

Need = Literal["pixels", "normal latents", "discriminator", "classes", "blocks"]


@dataclass(frozen=True)
class Recipe:
    """One attack.

    Attributes:
        title: as it is known.
        source: where it was published.
        needs: what the prior must offer.
        default_prior: what `--prior` is when left out; none where it must be trained first.
        objective: what is minimised.
        rule: the update rule.
        search: phases, one after the other.
        selection: starts and results.
        published: hyper-parameters as published.
        scaled: what is different here, for 32-64 px on a CPU.
        public_code: where code that others published reads differently, and is not followed.
        helpers: number of distilled models that help the target in the objective.
    """

    title: str
    source: str
    objective: Objective
    rule: Rule
    search: tuple[Phase, ...]
    selection: Selection
    published: str
    scaled: str
    needs: tuple[Need, ...] = ()
    default_prior: str | None = "renderer"
    public_code: str = ""
    helpers: int = 0

    @property
    def distribution(self) -> bool:
        """Whether the search is for a distribution of each class."""
        return isinstance(self.search[0].space, Gaussians)

    @property
    def descends_logit(self) -> bool:
        """Whether the identity loss is -l_y already: the adaptive form logit is then no other."""
        return self.objective.identity == "logit"

    def objective_for(self, prior: ImagePrior) -> Objective:
        """The objective for this prior: ||z||^2 means nothing where latents are not normal."""
        if prior.normal_latents:
            return self.objective
        return dataclasses.replace(self.objective, latent_norm=0.0)

    def phases(self, prior: ImagePrior) -> tuple[Phase, ...]:
        """The phases for this prior.

        Those that begin behind its last block are left out; and where latents are not outputs of a
        mapping network (no blocks), P space is their own.
        """
        phases = []
        for phase in self.search:
            space = phase.space
            if isinstance(space, Hidden) and space.block >= prior.blocks:
                continue
            if isinstance(space, Points) and isinstance(space.projection, Spread):
                slope = space.projection.slope if prior.blocks else 1.0
                own = dataclasses.replace(space.projection, slope=slope)
                space = dataclasses.replace(space, projection=own)
            phases.append(dataclasses.replace(phase, space=space))
        return tuple(phases)


PPA_VIEWS = Transform(crop_scale=(0.9, 1.0))
PPA_SELECTION = Transform(crop_scale=(0.8, 1.0), crop_ratio=1.1, flip=0.5)
IN_LAW = 3e-4
"""Weight of ||z||^2 / 2 beside a Poincare loss, which moves by some hundredths only."""
PLG_VIEWS = Transform(crop_scale=(0.8, 1.0), flip=0.5, brightness=0.2, contrast=0.2)
ONE_START = Selection(candidates=512, best=False)

RECIPES: dict[str, Recipe] = {
    "mi-face": Recipe(
        title="MI-Face",
        source="Fredrikson et al., CCS 2015",
        needs=("pixels",),
        default_prior="pixels",
        objective=Objective(identity="doubt"),
        rule=Rule("sgd", 0.1, momentum=0.0),
        search=(Phase(Points(Box(0.0, 1.0)), 500),),
        selection=ONE_START,
        published="1 - softmax_y by gradient descent, rate 0.1, at most 5,000 steps, from zeros",
        scaled="500 steps, from noise around mid-gray (so that reconstructions differ); no "
        "stopping rule and no auxiliary term",
        public_code="one toolbox goes on where it should stop, and stops after one step where the "
        "class has less than 0.01",
    ),
    "deep-inversion": Recipe(
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
        scaled="Adam 0.05, 300 steps; total variation and L2 are means over pixels, statistics "
        "weigh 0.1, so that 128 people can be told apart; no jitter, no competing student",
    ),
    "gmi": Recipe(
        title="GMI",
        source="Zhang et al., CVPR 2020",
        needs=("discriminator", "normal latents"),
        default_prior=None,
        objective=Objective(identity_weight=100.0, realness=1.0),
        rule=Rule("sgd", 0.02 / 12, momentum=0.9),
        search=(Phase(Points(Box(-1.0, 1.0)), 200),),
        selection=ONE_START,
        published="100 cross-entropy - D(G(z)), SGD 0.02 with momentum 0.9, 1,500 steps, z in "
        "[-1, 1], batches of 60 people, WGAN-GP",
        scaled="200 steps at 5 times the published rate, which is divided by 60 first, because the "
        "objective here is not a mean over the batch; WGAN-GP by fit_prior --loss wgan-gp only",
        public_code="FID is reported as 0 by one toolbox where it cannot be computed",
    ),
    "ked-mi": Recipe(
        title="KED-MI",
        source="Chen et al., ICCV 2021",
        needs=("discriminator", "normal latents"),
        default_prior=None,
        objective=Objective(identity_weight=100.0, realness=1.0),
        rule=Rule("adam", 0.02),
        search=(Phase(Gaussians(kl=0.0, draws=1), 400),),
        selection=ONE_START,
        published="a Gaussian per class, 100 cross-entropy - log D(G(z)), Adam 0.02, 2,400 steps; "
        "the GAN's discriminator learns the target's soft labels",
        scaled="400 steps",
        public_code="one toolbox's example trains this GAN on the private pictures",
    ),
    "vmi": Recipe(
        title="VMI",
        source="Wang et al., NeurIPS 2021",
        needs=("normal latents",),
        objective=Objective(),
        rule=Rule("adam", 0.05),
        search=(Phase(Gaussians(kl=1e-3, draws=2), 150),),
        selection=ONE_START,
        published="cross-entropy + 1e-3 KL(q || prior), q a normalising flow over StyleGAN's w per "
        "class, SGD 1e-4",
        scaled="q is a diagonal Gaussian over z (one of the paper's own baselines), Adam 0.05, 150 "
        "steps of 2 samples",
    ),
    "ppa": Recipe(
        title="Plug & Play Attack",
        source="Struppek et al., ICML 2022",
        objective=Objective(identity="poincare", transform=PPA_VIEWS, latent_norm=IN_LAW),
        rule=Rule("adam", 0.1, momentum=0.1, decay=0.1),
        search=(Phase(Points(), 70),),
        selection=Selection(candidates=2000, restarts=2, views=32, transform=PPA_SELECTION),
        published="Poincare loss, Adam 0.005 with betas (0.1, 0.1), 50-70 steps in StyleGAN's w "
        "from the best 200 of 2,000-5,000 candidates, best 50 by 100 random crops of 0.5-0.9",
        scaled="Adam 0.1, 70 steps, 2 searches for each picture kept, 32 crops of 0.8-1 (smaller "
        "ones cut the face that a target at 32 px was trained on); where latents are standard "
        "normal, 3e-4 ||z||^2 / 2 keeps them in their law, as truncation does in w",
        public_code="FID of pictures in the wrong range; others score candidates class by class",
    ),
    "plg-mi": Recipe(
        title="PLG-MI",
        source="Yuan et al., AAAI 2023",
        needs=("classes",),
        default_prior=None,
        objective=Objective(identity="max-margin", views=2, transform=PLG_VIEWS),
        rule=Rule("adam", 0.1),
        search=(Phase(Points(), 100),),
        selection=ONE_START,
        published="max-margin over 2 random views, Adam 0.1, 600 steps in z of a conditional GAN "
        "trained on the target's 30 surest public pictures of each class",
        scaled="100 steps; views are not rotated",
        public_code="FID is that of successful reconstructions only",
    ),
    "lomma": Recipe(
        title="LOMMA (+ GMI)",
        source="Nguyen et al., CVPR 2023",
        needs=("discriminator", "normal latents"),
        default_prior=None,
        objective=Objective(identity="logit", identity_weight=100.0, features=1.0, realness=1.0),
        rule=Rule("sgd", 0.02 / 12, momentum=0.9),
        search=(Phase(Points(Box(-1.0, 1.0)), 200),),
        selection=ONE_START,
        published="GMI with 100 (mean logit loss of the target and 3 distilled EfficientNets + "
        "feature regularisation)",
        scaled="200 steps, as gmi; two small students, taught on 4,096 of the prior's own pictures",
        helpers=2,
        public_code="one toolbox draws the reference features once; the authors take the mean",
    ),
    "if-gmi": Recipe(
        title="IF-GMI",
        source="Qiu et al., ECCV 2024",
        needs=("blocks",),
        default_prior=None,
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
        scaled="Adam 0.05; radii are 0.05 times the numbers in a ball (published: about 0.1); "
        "pixels come from the last block alone",
        public_code="one toolbox projects x, not x - centre, on the ball; another has no balls",
    ),
    "mirror": Recipe(
        title="MIRROR (white-box)",
        source="An et al., NDSS 2022",
        objective=Objective(transform=Transform(flip=0.5)),
        rule=Rule("adam", 0.05),
        search=(Phase(Points(Spread(1.0, 5.0)), 150),),
        selection=Selection(candidates=2000),
        published="cross-entropy, Adam 0.005, 70 steps in StyleGAN's w, clipped to 1 deviation "
        "round the mean in P space (5,000 samples)",
        scaled="Adam 0.05, 150 steps, 2,000 samples; P space is w itself where latents are normal",
        public_code="one toolbox never applies the upper bound of the box",
    ),
}


def recipe_named(name: str) -> Recipe:
    """The recipe.

    Raises:
        InputError: if there is none of this name.
    """
    if name not in RECIPES:
        msg = f"`--attack` must be one of {', '.join(RECIPES)}, got {name}"
        raise InputError(msg)
    return RECIPES[name]
