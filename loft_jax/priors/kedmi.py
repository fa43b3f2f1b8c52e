"""KED-MI: a discriminator with an output for each of the target's classes."""

import jax
from flax import nnx
from jaxtyping import Array, Float, Int

from loft_jax.priors import dcgan, losses, style
from loft_jax.priors.architecture import SMALLEST, Architecture, Judgement
from loft_jax.priors.games import Game, Judge, Turn, both
from loft_jax.priors.gan import GanPrior
from loft_jax.priors.row import Fitted, Prior
from loft_jax.priors.spectral import Dense


class Discriminator(dcgan.Discriminator):
    """K outputs s(x) + log q_k(x), q a softmax: Z is exp s, so that D(x) = sigmoid(s(x)).

    The outputs are those of any K-class discriminator, but how real a picture looks and which class
    it shows are learnt apart: else pictures that exaggerate a class pass for real.
    """

    def __init__(self, architecture: Architecture, *, rngs: nnx.Rngs):
        super().__init__(architecture._replace(classes=0), normalise=False, rngs=rngs)
        width = SMALLEST**2 * architecture.maps(SMALLEST)
        spectral = architecture.spectral
        self.known = Dense(width, architecture.classes, spectral=spectral, rngs=rngs)

    def __call__(
        self, images: Float[Array, "b h w ch"], labels: Int[Array, " b"], train: bool
    ) -> Judgement:
        """Judgement of pictures in [0, 1]; labels are not used."""
        features = self.hidden(images, train).reshape(len(images), -1)
        outputs = self.last(features, train) + jax.nn.log_softmax(self.known(features, train))
        return Judgement(losses.knowledge_score(outputs), outputs, features)


def _discriminator(judge: Judge, turn: Turn) -> Float[Array, ""]:
    real, fake = both(judge, turn)
    return losses.knowledge_discriminator(real.logits, fake.logits, turn.soft)


def _steady(judge: Judge, turn: Turn) -> Float[Array, ""]:
    # By the logit of D, log Z, and not by log D, whose slope vanishes where D is sure.
    penalty = losses.real_gradient_penalty(
        lambda images: jax.nn.logsumexp(judge(images, turn.labels).logits, axis=-1), turn.real
    )
    return _discriminator(judge, turn) + losses.R1 * penalty


def _matching(judge: Judge, turn: Turn) -> Float[Array, ""]:
    real, fake = both(judge, turn)
    return losses.feature_matching(fake.features, real.features, fake.logits)


def _convincing(judge: Judge, turn: Turn) -> Float[Array, ""]:
    # Matching alone, in thousands of updates and not tens of thousands, drew patches of colour with
    # the right mean features. -log D(fake) makes each picture look real by itself.
    return -judge(turn.fake, turn.wanted).score.mean()


ROW = Prior(
    "generator whose discriminator learns the target's answers",
    "Chen et al. 2021 (KED-MI)",
    fitted=Fitted(
        style.Generator,
        Discriminator,
        GanPrior,
        {"r1": Game(_steady, _convincing, (0.0, 0.99))},
        latent_dim=128,
        width=32,
        steps=1000,
        learning_rate=5e-4,
        lead=1,
        answers="soft",
    ),
    cite=("chen2021knowledge",),
)
PUBLISHED = Prior(
    "generator that matches features of such a discriminator, as KED-MI published it",
    "Chen et al. 2021 (KED-MI)",
    # Without minibatch discrimination, by which a picture's score would depend on its batch.
    fitted=Fitted(
        dcgan.Generator,
        dcgan.Discriminator,
        GanPrior,
        {"matching": Game(_discriminator, _matching, (0.5, 0.999), critic_steps=5)},
        latent_dim=100,
        width=32,
        steps=2500,
        learning_rate=2e-4,
        lead=1,
        answers="soft",
    ),
    cite=("chen2021knowledge",),
)
