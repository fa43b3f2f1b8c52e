"""A law and a model of which all is known: pictures and answers are linear in the latents."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from loft_jax.nets.classifier import Outputs
from loft_jax.targets.function import FunctionTarget

SIDE, LATENTS, IDENTITY, NUMBERS, CLASSES = 4, 5, 3, 4, 6
RNG = np.random.default_rng(7)
DRAWS = 0.03 * RNG.standard_normal((LATENTS, SIDE * SIDE))
"""Pixels of each latent: no pixel leaves [0, 1]."""
READS = RNG.standard_normal((SIDE * SIDE, NUMBERS)) * 4
SCORES = RNG.standard_normal((NUMBERS, CLASSES))


@dataclass(frozen=True)
class LinearLaw:
    """x = 1/2 + u DRAWS, u ~ N(0, I_5); the first three say who it is."""

    latent_dim: ClassVar[int] = LATENTS
    identity_dim: ClassVar[int] = IDENTITY
    size: int = SIDE
    channels: int = 1
    seed: int = 0
    population: str = "public"

    def latents(self, identities, indices):
        rng = np.random.default_rng(self.seed)
        return rng.standard_normal((len(identities), LATENTS)).astype(np.float32)

    def decode(self, latents):
        return (0.5 + latents @ jnp.asarray(DRAWS, jnp.float32)).reshape(-1, SIDE, SIDE, 1)

    def pictures(self, identities, pictures_per_identity, progress=None):
        raise NotImplementedError  # of a `Law`; nobody asks


def answers(images):
    """A code that is linear in the pixels, and logits that are linear in the code."""
    code = (images - 0.5).reshape(len(images), -1) @ jnp.asarray(READS, jnp.float32)
    return Outputs(code @ jnp.asarray(SCORES, jnp.float32), jnp.zeros((len(code), 0)), code)


def linear_model():
    """The target of these answers."""
    names = tuple(map(str, range(CLASSES)))
    return FunctionTarget(answers, size=SIDE, channels=1, class_names=names)


def posterior(released, variance):
    """Covariance of u given u `released` + noise of this variance: Theorem 1's, in NumPy."""
    return np.linalg.inv(np.eye(LATENTS) + released @ released.T / variance)


def identity_share(released, variance):
    """What the ideal attacker leaves unknown of who it is."""
    return np.trace(posterior(released, variance)[:IDENTITY, :IDENTITY]) / IDENTITY


def picture_share(released, variance):
    """What it leaves unknown of the picture."""
    return np.trace(DRAWS.T @ posterior(released, variance) @ DRAWS) / np.sum(DRAWS**2)
