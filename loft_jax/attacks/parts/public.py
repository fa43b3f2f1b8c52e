"""What an attacker learns from public pictures alone: latents, features, patterns of classes."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, UInt8

from loft_jax.nets.head import Head
from loft_jax.priors import ImagePrior
from loft_jax.targets.base import Network

BATCH = 128
"""Pictures drawn by one call."""


class PublicFacts(NamedTuple):
    """Facts about pictures drawn from the prior's own law, never about private ones.

    Attributes:
        latents: the drawn latents.
        feature_mean: mean of the target's features of their pictures.
        patterns: for each class the direction in which its features lie, from that mean; None where
            no head tells.
    """

    latents: Float[Array, "n z"]
    feature_mean: Float[Array, " d"]
    patterns: Float[Array, "c d"] | None


def public_facts(
    network: Network, latents: Float[Array, "n z"], features: Float[Array, "n d"]
) -> PublicFacts:
    """The facts, from the target's `features` of the pictures of `latents`."""
    mean, head = features.mean(0), getattr(network, "head", None)
    if not isinstance(head, Head):
        return PublicFacts(latents, mean, None)
    centred = features - mean[None]
    covariance = centred.T @ centred / len(features)
    return PublicFacts(latents, mean, class_patterns(head.slope(mean), covariance))


def drawn_pictures(
    prior: ImagePrior, classes: int, key: Key[Array, ""], n: int
) -> UInt8[np.ndarray, "n h w ch"]:
    """Pictures from the prior's own law, as bytes; a conditional prior shows classes in turn."""
    parts = []
    for index in range(-(-n // BATCH)):
        labels = (jnp.arange(BATCH) + index * BATCH) % classes
        parts.append(np.asarray(_drawn(prior, jax.random.fold_in(key, index), labels)))
    return np.concatenate(parts)[:n]


@jax.jit
def _drawn(
    prior: ImagePrior, key: Key[Array, ""], labels: Int[Array, " b"]
) -> UInt8[Array, "b h w ch"]:
    images = prior.decode(prior.sample(key, BATCH), labels)
    return jnp.floor(255 * jnp.clip(images, 0, 1) + 0.5).astype(jnp.uint8)


def class_patterns(
    weight: Float[Array, "c d"], covariance: Float[Array, "d d"]
) -> Float[Array, "c d"]:
    """Where the features of a class lie, guessed from the head: S (w_y - mean of all w).

    A linear discriminant has w_y = S_within^-1 (mean_y - mean) up to what all classes share, so the
    class means follow from the weights once S is known. The private S_within is replaced by the
    covariance of public features; only the direction counts afterwards (`losses.pattern_angle`).

    Source: Haufe et al. 2014, On the interpretation of weight vectors of linear models, eq. 6.
    """
    return (weight - weight.mean(0, keepdims=True)) @ covariance
