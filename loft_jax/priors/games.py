"""What each network of a prior minimises: the games that several priors are trained by."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from loft_jax.data.settings import AugmentConfig
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.priors import losses
from loft_jax.priors.architecture import Judgement

Images = Float[Array, "b h w ch"]
Judge = Callable[[Images, Int[Array, " b"]], Judgement]


class Turn(NamedTuple):
    """What both networks see in one update.

    Attributes:
        real: public pictures.
        labels: their pseudo-labels; zeros where nothing is conditional.
        soft: the target's probabilities on them; width 0 where nobody asks.
        fake: generated pictures.
        wanted: the classes they were generated for.
        key: randomness of the losses.
        target: the classifier under attack, for priors that are fitted to one.
        progress: share of the iterations that were made.
        views: what the training of the target did to its pictures.
    """

    real: Images
    labels: Int[Array, " b"]
    soft: Float[Array, "b c"]
    fake: Images
    wanted: Int[Array, " b"]
    key: Key[Array, ""]
    target: FrozenClassifier | None
    progress: Float[Array, ""]
    views: AugmentConfig


class Game(NamedTuple):
    """Losses of both networks, and what belongs to them.

    Attributes:
        discriminator: what it minimises.
        generator: what it minimises.
        betas: of Adam, for both.
        spectral: whether the discriminator's weights are spectrally normalised.
        blind_below: loss of a discriminator that the generator no longer learns from; None where a
            small loss means nothing.
        critic_steps: discriminator updates in an iteration.
        share: of the prior's usual number of iterations.
        together: whether both networks learn at one rate, whatever the prior's lead.
    """

    discriminator: Callable[[Judge, Turn], Float[Array, ""]]
    generator: Callable[[Judge, Turn], Float[Array, ""]]
    betas: tuple[float, float]
    spectral: bool = False
    blind_below: float | None = None
    critic_steps: int = 1
    share: float = 1
    together: bool = False


def both(judge: Judge, turn: Turn) -> tuple[Judgement, Judgement]:
    """Judgement of the real and of the fake pictures, by one pass."""
    images = jnp.concatenate([turn.real, turn.fake])
    judged = judge(images, jnp.concatenate([turn.labels, turn.wanted]))
    half = len(turn.real)
    return Judgement(*(a[:half] for a in judged)), Judgement(*(a[half:] for a in judged))


def hinge(judge: Judge, turn: Turn) -> Float[Array, ""]:
    """The discriminator's hinge."""
    real, fake = both(judge, turn)
    return losses.hinge_discriminator(real.score, fake.score)


def _wasserstein(judge: Judge, turn: Turn) -> Float[Array, ""]:
    real, fake = both(judge, turn)
    penalty = losses.gradient_penalty(
        lambda images: judge(images, turn.labels).score, turn.real, turn.fake, turn.key
    )
    return losses.wasserstein_discriminator(real.score, fake.score) + losses.PENALTY * penalty


def steady(judge: Judge, turn: Turn, real: Judgement, fake: Judgement) -> Float[Array, ""]:
    """The discriminator's logistic loss of what it said of both, and R1."""
    penalty = losses.real_gradient_penalty(
        lambda images: judge(images, turn.labels).score, turn.real
    )
    return losses.logistic_discriminator(real.score, fake.score) + losses.R1 * penalty


def _logistic(judge: Judge, turn: Turn) -> Float[Array, ""]:
    return steady(judge, turn, *both(judge, turn))


def _logistic_generator(judge: Judge, turn: Turn) -> Float[Array, ""]:
    return losses.logistic_generator(judge(turn.fake, turn.wanted).score)


def adversarial(judge: Judge, turn: Turn) -> Float[Array, ""]:
    """Minus the mean score of the fakes."""
    return -judge(turn.fake, turn.wanted).score.mean()


SMALLEST_HINGE = 1e-3

HINGE = Game(hinge, adversarial, (0.0, 0.9), spectral=True, blind_below=SMALLEST_HINGE)
"""Source: Lim and Ye 2017; Miyato et al. 2018."""
WGAN_GP = Game(_wasserstein, adversarial, (0.5, 0.999), critic_steps=5, share=0.5, together=True)
"""GMI's: five critic updates take the place of a faster critic. Source: Gulrajani et al. 2017."""
R1 = Game(_logistic, _logistic_generator, (0.0, 0.99))
"""What StyleGAN2 publishes. Source: Karras et al. 2019, 2020; Mescheder et al. 2018."""
