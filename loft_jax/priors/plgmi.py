"""PLG-MI: a generator told the class, taught by the pictures of which the target is surest."""

from jaxtyping import Array, Float

from loft_jax.data.augment import augment
from loft_jax.data.settings import AugmentConfig
from loft_jax.priors import losses, resnet_gan
from loft_jax.priors.games import HINGE, Judge, Turn, adversarial
from loft_jax.priors.gan import GanPrior
from loft_jax.priors.row import Fitted, Prior

MARGIN = 0.05
"""Weight of the max-margin term (PLG-MI's alpha, there 0.2).

At 0.2 the target's gradient by the pixels was twice the discriminator's after 250 steps, and the
generator drew mosaics that only the target liked. Published runs are a hundred times as long."""
VIEWS = AugmentConfig(crop_scale=(0.8, 1.0), flip=True, brightness=0.2, contrast=0.2)
"""Random views under which the generator is shown to the target (without PLG-MI's rotation)."""


def _generator(judge: Judge, turn: Turn) -> Float[Array, ""]:
    assert turn.target is not None  # the session refuses plgmi without one
    logits = turn.target.outputs(augment(turn.key, turn.fake, VIEWS)).logits
    margin = losses.max_margin(logits, turn.wanted).mean()
    return adversarial(judge, turn) + MARGIN * margin


ROW = Prior(
    "conditional generator, pseudo-labels by the target",
    "Yuan et al. 2023 (PLG-MI)",
    fitted=Fitted(
        resnet_gan.Generator,
        resnet_gan.Discriminator,
        GanPrior,
        {"hinge": HINGE._replace(generator=_generator)},
        latent_dim=128,
        # Blocks of two convolutions, in both networks: four times the cost of dcgan at its width.
        width=16,
        steps=2000,
        answers="top",
        conditional=True,
    ),
)
