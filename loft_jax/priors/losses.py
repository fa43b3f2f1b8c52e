"""The losses of the priors' networks, as formulas on what discriminators and targets say."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

PENALTY = 10.0
"""Weight of the gradient penalty (Gulrajani et al. 2017)."""
R1 = 0.1
"""Weight of R1, for pixels in [0, 1].

Karras et al. 2020 take 0.0002 side^2 / batch for pixels in [-1, 1], here 0.0016 at 32 px and batch
32, and train on a thousand times as many pictures: a short game wants a steadier discriminator. One
run each of 750 steps on synthetic faces: FID 0.0032 with 0.1, 0.0112 and fewer faces with 0.02."""
ENTROPY = 1e-4
"""Weight of the entropy of the discriminator's answers on a batch of fakes, summed (KED-MI)."""

Scores = Float[Array, " b"]


def hinge_discriminator(real: Scores, fake: Scores) -> Float[Array, ""]:
    """E max(0, 1 - real) + E max(0, 1 + fake).

    Source: Lim and Ye 2017, Geometric GAN; Miyato et al. 2018, eq. 16.
    """
    return jax.nn.relu(1 - real).mean() + jax.nn.relu(1 + fake).mean()


def wasserstein_discriminator(real: Scores, fake: Scores) -> Float[Array, ""]:
    """E fake - E real, the gradient penalty apart.

    Source: Arjovsky et al. 2017.
    """
    return fake.mean() - real.mean()


def gradient_penalty(
    score: Callable[[Float[Array, "b h w ch"]], Scores],
    real: Float[Array, "b h w ch"],
    fake: Float[Array, "b h w ch"],
    key: Key[Array, ""],
) -> Float[Array, ""]:
    """E (||d score / d x|| - 1)^2 at x = fake + t (real - fake), t uniform for each picture.

    Args:
        score: the discriminator, picture by picture (no batch statistics).
        real: public pictures.
        fake: as many generated ones.
        key: draws t.

    Source: Gulrajani et al. 2017, Improved training of Wasserstein GANs, eq. 3.
    """
    share = jax.random.uniform(key, (len(real), 1, 1, 1))
    between = fake + share * (real - fake)
    slopes = jax.grad(lambda x: score(x).sum())(between).reshape(len(real), -1)
    norms = jnp.sqrt(jnp.sum(slopes**2, -1) + 1e-12)  # the root has no slope at 0
    return jnp.mean((norms - 1) ** 2)


def logistic_discriminator(real: Scores, fake: Scores) -> Float[Array, ""]:
    """-E log sigmoid(real) - E log(1 - sigmoid(fake)).

    Source: Goodfellow et al. 2014, eq. 1.
    """
    return jax.nn.softplus(-real).mean() + jax.nn.softplus(fake).mean()


def logistic_generator(fake: Scores) -> Float[Array, ""]:
    """-E log sigmoid(fake), which does not saturate.

    Source: Goodfellow et al. 2014, section 3.
    """
    return jax.nn.softplus(-fake).mean()


def real_gradient_penalty(
    score: Callable[[Float[Array, "b h w ch"]], Scores], real: Float[Array, "b h w ch"]
) -> Float[Array, ""]:
    """R1: E ||d score / d x||^2 / 2 at the public pictures x.

    Args:
        score: the discriminator, picture by picture (no batch statistics).
        real: public pictures.

    Source: Mescheder et al. 2018, Which training methods for GANs do actually converge?, eq. 9.
    """
    slopes = jax.grad(lambda x: score(x).sum())(real)
    return 0.5 * jnp.sum(slopes**2) / len(real)


def knowledge_score(logits: Float[Array, "b c"]) -> Scores:
    """How real a K-class discriminator says: log D(x), D = Z / (Z + 1), Z = sum_k exp logits_k.

    Source: Salimans et al. 2016, section 5; Chen et al. 2021 (KED-MI).
    """
    return -jax.nn.softplus(-jax.nn.logsumexp(logits, axis=-1))


def knowledge_discriminator(
    real: Float[Array, "b c"], fake: Float[Array, "b c"], soft: Float[Array, "b c"]
) -> Float[Array, ""]:
    """Cross-entropy with the soft labels, plus half of -E log D(real) - E log(1 - D(fake)).

    Args:
        real: the discriminator's outputs on public pictures.
        fake: its outputs on generated ones.
        soft: the target's probabilities on the public pictures.

    Source: Chen et al. 2021, Knowledge-Enriched Distributional Model Inversion, eq. 3-4.
    """
    known = -jnp.sum(soft * jax.nn.log_softmax(real), -1).mean()
    truth = -knowledge_score(real).mean() + jax.nn.softplus(jax.nn.logsumexp(fake, axis=-1)).mean()
    return known + 0.5 * truth


def feature_matching(
    fake: Float[Array, "b d"], real: Float[Array, "b d"], logits: Float[Array, "b c"]
) -> Float[Array, ""]:
    """Mean distance |E features(fake) - E features(real)|, plus the entropy of the fakes' classes.

    The entropy is a sum over the pictures, at a weight of 1e-4, as the authors' code has it.

    Args:
        fake: the discriminator's features of generated pictures.
        real: those of public pictures.
        logits: the discriminator's outputs on the generated pictures.

    Source: Salimans et al. 2016, section 3.1; Chen et al. 2021, eq. 5.
    """
    probabilities, log = jax.nn.softmax(logits), jax.nn.log_softmax(logits)
    entropy = -jnp.sum(probabilities * log)
    return jnp.abs(fake.mean(0) - real.mean(0)).mean() + ENTROPY * entropy


def max_margin(logits: Float[Array, "b c"], labels: Int[Array, " b"]) -> Float[Array, " b"]:
    """max_{j != y} logits_j - logits_y, of each picture.

    Source: Yuan et al. 2023, Pseudo Label-Guided Model Inversion (PLG-MI), eq. 5.
    """
    own = jax.nn.one_hot(labels, logits.shape[-1], dtype=bool)
    others = jnp.where(own, -jnp.inf, logits).max(-1)
    return others - jnp.where(own, logits, 0).sum(-1)
