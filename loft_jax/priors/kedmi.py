"""KED-MI: a discriminator with an output for each of the target's classes."""

from jaxtyping import Array, Float

from loft_jax.priors import dcgan, losses
from loft_jax.priors.games import Game, Judge, Turn, both
from loft_jax.priors.gan import GanPrior
from loft_jax.priors.row import Fitted, Prior


def _discriminator(judge: Judge, turn: Turn) -> Float[Array, ""]:
    real, fake = both(judge, turn)
    return losses.knowledge_discriminator(real.logits, fake.logits, turn.soft)


def _generator(judge: Judge, turn: Turn) -> Float[Array, ""]:
    real, fake = both(judge, turn)
    # KED-MI matches features alone, for tens of thousands of updates; in ours that drew patches of
    # colour with the right mean features. -log D(fake) makes each picture look real by itself.
    matching = losses.feature_matching(fake.features, real.features, fake.logits)
    return matching - fake.score.mean()


ROW = Prior(
    "generator whose discriminator learns the target's answers",
    "Chen et al. 2021 (KED-MI)",
    fitted=Fitted(
        dcgan.Generator,
        dcgan.Discriminator,
        GanPrior,
        # The flag's name for it; spectral normalisation comes with the name.
        {"hinge": Game(_discriminator, _generator, (0.5, 0.999), spectral=True)},
        latent_dim=100,
        width=32,
        steps=2500,
        answers="soft",
    ),
)
