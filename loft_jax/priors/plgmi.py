"""PLG-MI: a generator told the class, taught by the pictures of which the target is surest."""

import dataclasses

from jaxtyping import Array, Float

from loft_jax.data.augment import augment
from loft_jax.data.settings import AugmentConfig
from loft_jax.priors import conditional, losses, resnet_gan
from loft_jax.priors.games import HINGE, R1, Judge, Turn, adversarial
from loft_jax.priors.gan import GanPrior
from loft_jax.priors.row import Fitted, Prior

MARGIN = 0.01
"""Weight of the max-margin term.

At 0.05 its slope by the pixels was 0.28 of the discriminator's after 750 steps, and the generator
drew heads without eyes, in a lattice that only the target liked. At 0.01, after as many and with a
style-based generator: faces, FID 0.0016 on random features (style: 0.0032). One run each."""
PUBLISHED_MARGIN = 0.2
"""PLG-MI's alpha, for runs that are a hundred times as long."""
VIEWS = AugmentConfig(crop_scale=(0.8, 1.0), flip=True, brightness=0.2, contrast=0.2)
"""Random views under which the generator is shown to the target (without PLG-MI's rotation).

Ours mirrors only where the target's training did: a face that a target never saw mirrored is
another to it. With no views at all it drew a lattice without eyes that only the target liked."""


def _margin(turn: Turn, views: AugmentConfig) -> Float[Array, ""]:
    """Mean max-margin loss of the target on random views of the fakes."""
    assert turn.target is not None  # the session refuses plgmi without one
    logits = turn.target.outputs(augment(turn.key, turn.fake, views)).logits
    return losses.max_margin(logits, turn.wanted).mean()


def _generator(judge: Judge, turn: Turn) -> Float[Array, ""]:
    views = dataclasses.replace(VIEWS, flip=turn.views.flip)
    return R1.generator(judge, turn) + MARGIN * _margin(turn, views)


def _published(judge: Judge, turn: Turn) -> Float[Array, ""]:
    return adversarial(judge, turn) + PUBLISHED_MARGIN * _margin(turn, VIEWS)


ROW = Prior(
    "conditional generator, pseudo-labels by the target",
    "Yuan et al. 2023 (PLG-MI)",
    fitted=Fitted(
        conditional.Generator,
        conditional.Discriminator,
        GanPrior,
        {"r1": R1._replace(generator=_generator)},
        latent_dim=128,
        width=32,
        steps=1000,
        learning_rate=5e-4,
        lead=1,
        answers="top",
        conditional=True,
    ),
    cite=("yuan2023pseudo",),
)
PUBLISHED = Prior(
    "conditional residual generator, as PLG-MI published it",
    "Yuan et al. 2023 (PLG-MI); Miyato and Koyama 2018",
    fitted=Fitted(
        resnet_gan.Generator,
        resnet_gan.Discriminator,
        GanPrior,
        {"hinge": HINGE._replace(generator=_published, critic_steps=5)},
        latent_dim=128,
        # Blocks of two convolutions, in both networks: four times the cost of dcgan at its width.
        width=16,
        steps=2000,
        learning_rate=2e-4,
        lead=1,
        answers="top",
        conditional=True,
    ),
    cite=("yuan2023pseudo", "miyato2018cgans"),
)
