"""What an attacker minimises, as formulas; every loss has one value for each picture."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from loft_jax.priors.losses import max_margin

CLIP = 1e-4
"""The Poincare target is this far from the corner of the simplex, where distances are infinite."""

Logits = Float[Array, "n c"]
Labels = Int[Array, " n"]
Losses = Float[Array, " n"]


def cross_entropy(logits: Logits, labels: Labels) -> Losses:
    """-log softmax(l)_y."""
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels)


def doubt(logits: Logits, labels: Labels) -> Losses:
    """1 - softmax(l)_y.

    Source: Fredrikson et al. 2015 (MI-Face), algorithm 1 without auxiliary term.
    """
    return 1 - jnp.exp(-cross_entropy(logits, labels))


def logit(logits: Logits, labels: Labels) -> Losses:
    """-l_y: unlike cross-entropy its gradient does not vanish with confidence.

    Source: Nguyen et al. 2023 (LOMMA), eq. 3.
    """
    return -_at(logits, labels)


def poincare(logits: Logits, labels: Labels) -> Losses:
    """Distance in the Poincare ball between u = l / ||l||_1 and v, the class's corner.

    d = arccosh(1 + 2 ||u - v||^2 / ((1 - ||u||^2) (1 - ||v||^2))), v = max(onehot(y) - 1e-4, 0).

    Source: Struppek et al. 2022 (PPA), eq. 3. ||u||_2 reaches 1 only where a single logit is not 0;
    there 1 - ||u||^2 is kept above 1e-6.
    """
    u = logits / jnp.maximum(jnp.abs(logits).sum(-1, keepdims=True), 1e-12)
    v = (1 - CLIP) * jax.nn.one_hot(labels, logits.shape[-1])
    distance = jnp.sum((u - v) ** 2, -1)
    # 1 - ||v||^2 written out: the difference would lose four digits.
    room = jnp.maximum(1 - jnp.sum(u**2, -1), 1e-6) * CLIP * (2 - CLIP)
    return jnp.arccosh(1 + 2 * distance / room)


class Identity(NamedTuple):
    """A loss that asks for a class.

    Attributes:
        loss: its formula.
        scale: how strongly it pulls, in units of cross-entropy: a term beside it weighs as much as
            the scale asks for. Found by trial on drawn faces, the plain head and rank 16, where
            ||z||^2 / 2 did best at 3e-4 (poincare), 0.01 (cross-entropy, logit), 0.05 (max-margin).
    """

    loss: Callable[[Logits, Labels], Losses]
    scale: float


IDENTITY: dict[str, Identity] = {
    "cross-entropy": Identity(cross_entropy, 1.0),
    "doubt": Identity(doubt, 1.0),
    "logit": Identity(logit, 1.0),
    "max-margin": Identity(max_margin, 5.0),
    "poincare": Identity(poincare, 0.03),
}
"""Losses that ask for a class, by name."""
PATTERN, PATTERN_SCALE = "pattern", 0.03
"""The name of the identity loss by `pattern_angle`, and its scale."""


def scale(identity: str) -> float:
    """The scale of the identity loss of this name."""
    return PATTERN_SCALE if identity == PATTERN else IDENTITY[identity].scale


def feature_distance(features: Float[Array, "n d"], reference: Float[Array, " d"]) -> Losses:
    """Mean of (f - reference)^2 over the features, a pull towards ordinary ones.

    Source: Nguyen et al. 2023 (LOMMA), eq. 5; mean and reference, that of public pictures, as in
    the authors' code.
    """
    return jnp.mean((features - reference[None]) ** 2, -1)


def pattern_angle(
    features: Float[Array, "n d"], mean: Float[Array, " d"], pattern: Float[Array, "n d"]
) -> Losses:
    """1 - cos(f - mean, pattern), in [0, 2]."""
    return 1 - optax.cosine_similarity(features - mean[None], pattern, epsilon=1e-8)


def statistics_distance(
    means: Float[Array, " f"],
    variances: Float[Array, " f"],
    stored_means: Float[Array, " f"],
    stored_variances: Float[Array, " f"],
) -> Float[Array, ""]:
    """||mean - stored mean||_2 + ||variance - stored variance||_2 of one layer's batch.

    Source: Yin et al. 2020 (DeepInversion), eq. 4.
    """
    return _norm(means - stored_means) + _norm(variances - stored_variances)


def total_variation(images: Float[Array, "n h w ch"]) -> Losses:
    """Mean of |differences| between neighbours, down and across (anisotropic)."""
    down = jnp.abs(jnp.diff(images, axis=1)).mean((1, 2, 3))
    return down + jnp.abs(jnp.diff(images, axis=2)).mean((1, 2, 3))


def image_norm(images: Float[Array, "n h w ch"]) -> Losses:
    """Mean square of the pixels' distance to mid-gray."""
    return jnp.mean((images - 0.5) ** 2, (1, 2, 3))


def latent_norm(latents: Float[Array, "n z"]) -> Losses:
    """||z||^2 / 2: minus the log density of z under N(0, I), up to a constant."""
    return jnp.sum(latents**2, -1) / 2


def kl_to_normal(mean: Float[Array, "n z"], log_variance: Float[Array, "n z"]) -> Losses:
    """KL(N(m, diag s^2) || N(0, I)) = sum(s^2 + m^2 - 1 - log s^2) / 2."""
    return jnp.sum(jnp.exp(log_variance) + mean**2 - 1 - log_variance, -1) / 2


def _at(logits: Logits, labels: Labels) -> Losses:
    return jnp.take_along_axis(logits, labels[:, None], -1)[:, 0]


def _norm(x: Float[Array, " f"]) -> Float[Array, ""]:
    # The root has no slope at 0, where a reconstruction's statistics would be exact.
    return jnp.sqrt(jnp.sum(x**2) + 1e-12)
