"""T-ACGAN: a generator told the class, by a critic that learns what the target calls its pictures.

The target is asked for labels of what is drawn, at each update anew, and for nothing else: no score
of it is read and no slope of it is taken.
"""

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from loft_jax.priors import conditional, kedmi, losses
from loft_jax.priors.architecture import Judgement
from loft_jax.priors.games import R1, Game, Judge, Turn, both, steady
from loft_jax.priors.gan import GanPrior
from loft_jax.priors.row import Fitted, Prior

NAMING = 1.5
"""Weight of the discriminator's cross-entropy, as published."""
BEING_NAMED = 0.05
"""Weight of the generator's, published 1.5: at that its pictures hardly differed any more 150
updates after classes began to count (spread 0.009, of public pictures 0.12). One run, as below."""
BEGINS = 0.3
"""Share of the iterations before classes count, published 0.05 of a hundred times as many. From the
first update on, at the published weight, the spread was 0.003 after 90."""


class Discriminator(kedmi.Discriminator):
    """The two heads of KED-MI's: how real a picture looks, and what the target would call it.

    Source: Odena et al. 2017, Conditional image synthesis with auxiliary classifier GANs.
    """

    def __call__(
        self, images: Float[Array, "b h w ch"], labels: Int[Array, " b"], train: bool
    ) -> Judgement:
        """Judgement of pictures in [0, 1]; labels are not used."""
        features = self.hidden(images, train).reshape(len(images), -1)
        return Judgement(self.last(features, train)[:, 0], self.known(features, train), features)


def _discriminator(judge: Judge, turn: Turn) -> Float[Array, ""]:
    assert turn.target is not None  # the session refuses tacgan without one
    called = jnp.argmax(turn.target.outputs(turn.fake).logits, axis=-1)
    real, fake = both(judge, turn)
    named = _naming(turn, fake.logits, called)
    return steady(judge, turn, real, fake) + NAMING * named


def _generator(judge: Judge, turn: Turn) -> Float[Array, ""]:
    fake = judge(turn.fake, turn.wanted)
    named = _naming(turn, fake.logits, turn.wanted)
    return losses.logistic_generator(fake.score) + BEING_NAMED * named


def _naming(turn: Turn, logits: Float[Array, "b c"], labels: Int[Array, " b"]) -> Float[Array, ""]:
    counts = jnp.where(turn.progress < BEGINS, 0.0, 1.0)
    return counts * optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


ROW = Prior(
    "conditional generator whose discriminator learns the target's labels of what it draws",
    "Nguyen et al. 2023 (LOKT's T-ACGAN)",
    fitted=Fitted(
        conditional.Generator,
        Discriminator,
        GanPrior,
        # Published without R1.
        {"r1": Game(_discriminator, _generator, R1.betas)},
        latent_dim=128,
        width=32,
        steps=1000,
        learning_rate=5e-4,
        lead=1,
        answers="label",
        conditional=True,
    ),
    cite=("nguyen2023label",),
)
