"""What each network of a prior minimises: one row for each published way to train it."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from loft_jax.data.augment import augment
from loft_jax.data.settings import AugmentConfig
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.priors import losses
from loft_jax.priors.architecture import Judgement, Kind

Loss = Literal["hinge", "wgan-gp", "r1"]
Images = Float[Array, "b h w ch"]
Judge = Callable[[Images, Int[Array, " b"]], Judgement]

MARGIN = 0.05
"""Weight of the max-margin term (PLG-MI's alpha, there 0.2).

At 0.2 the target's gradient by the pixels was twice the discriminator's after 250 steps, and the
generator drew mosaics that only the target liked. Published runs are a hundred times as long."""
VIEWS = AugmentConfig(crop_scale=(0.8, 1.0), flip=True, brightness=0.2, contrast=0.2)
"""Random views under which PLG-MI's generator is shown to the target (without its rotation)."""


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
    """

    real: Images
    labels: Int[Array, " b"]
    soft: Float[Array, "b c"]
    fake: Images
    wanted: Int[Array, " b"]
    key: Key[Array, ""]
    target: FrozenClassifier | None


class Game(NamedTuple):
    """Losses of the discriminator and of the generator."""

    discriminator: Callable[[Judge, Turn], Float[Array, ""]]
    generator: Callable[[Judge, Turn], Float[Array, ""]]


def game(kind: Kind, loss: Loss) -> Game:
    """The losses by which a prior of this kind is trained."""
    if kind == "kedmi":
        return Game(_knowledge_discriminator, _knowledge_generator)
    if kind == "plgmi":
        return Game(_hinge, _margin_generator)
    if loss == "wgan-gp":
        return Game(_wasserstein, _adversarial_generator)
    if loss == "r1":
        return Game(_logistic, _logistic_generator)
    return Game(_hinge, _adversarial_generator)


def both(judge: Judge, turn: Turn) -> tuple[Judgement, Judgement]:
    """Judgement of the real and of the fake pictures, by one pass."""
    images = jnp.concatenate([turn.real, turn.fake])
    judged = judge(images, jnp.concatenate([turn.labels, turn.wanted]))
    half = len(turn.real)
    return Judgement(*(a[:half] for a in judged)), Judgement(*(a[half:] for a in judged))


def _hinge(judge: Judge, turn: Turn) -> Float[Array, ""]:
    real, fake = both(judge, turn)
    return losses.hinge_discriminator(real.score, fake.score)


def _wasserstein(judge: Judge, turn: Turn) -> Float[Array, ""]:
    real, fake = both(judge, turn)
    penalty = losses.gradient_penalty(
        lambda images: judge(images, turn.labels).score, turn.real, turn.fake, turn.key
    )
    return losses.wasserstein_discriminator(real.score, fake.score) + losses.PENALTY * penalty


def _logistic(judge: Judge, turn: Turn) -> Float[Array, ""]:
    real, fake = both(judge, turn)
    penalty = losses.real_gradient_penalty(
        lambda images: judge(images, turn.labels).score, turn.real
    )
    return losses.logistic_discriminator(real.score, fake.score) + losses.R1 * penalty


def _logistic_generator(judge: Judge, turn: Turn) -> Float[Array, ""]:
    return losses.logistic_generator(judge(turn.fake, turn.wanted).score)


def _adversarial_generator(judge: Judge, turn: Turn) -> Float[Array, ""]:
    return -judge(turn.fake, turn.wanted).score.mean()


def _knowledge_discriminator(judge: Judge, turn: Turn) -> Float[Array, ""]:
    real, fake = both(judge, turn)
    return losses.knowledge_discriminator(real.logits, fake.logits, turn.soft)


def _knowledge_generator(judge: Judge, turn: Turn) -> Float[Array, ""]:
    real, fake = both(judge, turn)
    # KED-MI matches features alone, for tens of thousands of updates; in ours that drew patches of
    # colour with the right mean features. -log D(fake) makes each picture look real by itself.
    matching = losses.feature_matching(fake.features, real.features, fake.logits)
    return matching - fake.score.mean()


def _margin_generator(judge: Judge, turn: Turn) -> Float[Array, ""]:
    assert turn.target is not None  # the session refuses plgmi without one
    logits = turn.target.outputs(augment(turn.key, turn.fake, VIEWS)).logits
    margin = losses.max_margin(logits, turn.wanted).mean()
    return _adversarial_generator(judge, turn) + MARGIN * margin
