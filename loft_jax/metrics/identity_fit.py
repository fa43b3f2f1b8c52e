"""The synthetic person most like a picture: latents of the renderer fitted to its pixels."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Float32, Key

from loft_jax.data.faces import FaceLaw
from loft_jax.data.faces.law import LATENT_DIM
from loft_jax.errors import InputError
from loft_jax.metrics import _checks

ROWS = 128
"""Fits that one call of the compiled program makes side by side."""
LEARNING_RATE = 0.2
PATCH = 16
"""Pixel values whose errors count as one: neighbours and colours err together."""
ROUNDING = 1 / (12 * 255**2)
"""Variance of rounding to bytes, the least error a pixel can be known by."""


class Fit(NamedTuple):
    """What was fitted.

    Attributes:
        latents: identity (96), then nuisance (8).
        residual: root mean square difference of the pixels in [0, 1]. Where it is large the
            picture is no face of this law, and its identity means little.
    """

    latents: Float32[np.ndarray, "n 104"]
    residual: Float32[np.ndarray, " n"]


def fitted_latents(
    images: Float[np.ndarray, "n h w ch"],
    key: Key[Array, ""],
    *,
    starts: int = 4,
    steps: int = 150,
    candidates: int = 2048,
) -> Fit:
    """The most probable identity and nuisance of each picture, under the law of the faces.

    Minimises (N / (2 PATCH)) log(e(z) + ROUNDING) + ||z||^2 / 2 over the 104 latents z, with e(z)
    the mean squared difference of the N pixel values: the latents are N(0, I), the pixels' errors
    Gaussian with a variance that is fitted too. So a picture that no face explains is pulled
    towards the mean face instead of to extreme ones. Adam with a cosine schedule from the `starts`
    of `candidates` draws of the law that are nearest in pixels; the best end is kept.

    Compiled once for each size, whatever n is: pictures go through in equal chunks.

    Args:
        images: square pictures with pixels in [0, 1].
        key: of the candidates.
        starts: descents for each picture, up to 128.
        steps: steps of each.
        candidates: draws among which the starts are chosen, at least `starts`.

    Raises:
        InputError: if pixels lie outside [0, 1], pictures are not square, or a number is out of
            range.
    """
    _checks.unit_pixels("images", images)
    _check(images, starts, steps, candidates)
    law = FaceLaw(images.shape[1], images.shape[3])
    pixels = images.astype(np.float32)
    origins = _nearest(pixels, law, key, starts, candidates)
    at_once = ROWS // starts
    parts = []
    for first in range(0, len(images), at_once):
        # The last chunk is filled up, so that one compiled program serves any number.
        chosen = np.resize(np.arange(first, min(first + at_once, len(images))), at_once)
        found = _descend(jnp.asarray(origins[chosen]), jnp.asarray(pixels[chosen]), law, steps)
        kept = min(at_once, len(images) - first)
        parts.append([np.asarray(part)[:kept] for part in found])
    latents, error = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Fit(latents, np.sqrt(error))


def _nearest(
    pixels: Float32[np.ndarray, "n h w ch"],
    law: FaceLaw,
    key: Key[Array, ""],
    starts: int,
    candidates: int,
) -> Float32[np.ndarray, "n {starts} 104"]:
    """Draws of the law whose pictures are nearest to each of these."""
    rounds = -(-candidates // ROWS)
    draws = np.array(jax.random.normal(key, (rounds * ROWS, LATENT_DIM)))
    looks = [law.decode(jnp.asarray(part)) for part in np.split(draws, rounds)]
    flat = np.concatenate([np.asarray(look).reshape(ROWS, -1) for look in looks])[:candidates]
    # Squared distances without the picture's own square, which is the same for all candidates.
    scores = np.sum(flat**2, axis=1)[None] - 2 * pixels.reshape(len(pixels), -1) @ flat.T
    return draws[np.argsort(scores, axis=1)[:, :starts]]


@partial(jax.jit, static_argnums=(2, 3))
def _descend(
    origins: Float[Array, "n s 104"], pixels: Float[Array, "n h w ch"], law: FaceLaw, steps: int
) -> tuple[Float[Array, "n 104"], Float[Array, " n"]]:
    """(the best end of each picture's descents, its mean squared error)."""
    n, starts, _ = origins.shape
    target = jnp.repeat(pixels, starts, axis=0)
    weight = pixels[0].size / (2 * PATCH)
    rule = optax.adam(optax.cosine_decay_schedule(LEARNING_RATE, steps))

    def objectives(z: Array) -> tuple[Array, Array]:
        error = jnp.mean((law.decode(z) - target) ** 2, axis=(1, 2, 3))
        return weight * jnp.log(error + ROUNDING) + jnp.sum(z**2, axis=1) / 2, error

    def step(carry: tuple, _: None) -> tuple[tuple, None]:
        z, memory = carry
        slope = jax.grad(lambda z: objectives(z)[0].sum())(z)
        updates, memory = rule.update(slope, memory)
        return (optax.apply_updates(z, updates), memory), None

    z = origins.reshape(n * starts, LATENT_DIM)
    (z, _), _ = jax.lax.scan(step, (z, rule.init(z)), length=steps)
    objective, error = (part.reshape(n, starts) for part in objectives(z))
    rows, best = jnp.arange(n), objective.argmin(axis=1)
    return z.reshape(n, starts, LATENT_DIM)[rows, best], error[rows, best]


def _check(images: np.ndarray, starts: int, steps: int, candidates: int) -> None:
    if images.shape[1] != images.shape[2]:
        msg = f"`images` must be square, got {images.shape[1]} x {images.shape[2]} pixels"
        raise InputError(msg)
    if not 1 <= starts <= ROWS:
        msg = f"`starts` must be 1..{ROWS}, got {starts}"
        raise InputError(msg)
    if steps < 1:
        msg = f"`steps` must be at least 1, got {steps}"
        raise InputError(msg)
    if candidates < starts:
        msg = f"`candidates` must be at least `starts` = {starts}, got {candidates}"
        raise InputError(msg)
