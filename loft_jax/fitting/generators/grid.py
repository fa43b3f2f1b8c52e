"""The picture by which a prior is judged at a glance: 8 x 8 samples."""

import io

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from loft_jax.priors.gan import GanPrior

SIDE = 8
ENLARGED = 2
"""Pixels of the grid for each pixel of a sample."""


def grid(prior: GanPrior, seed: int) -> bytes:
    """PNG of 64 samples; a conditional prior shows its first classes, one a row."""
    key = jax.random.key(seed)
    labels = jnp.arange(SIDE**2) // SIDE % max(1, prior.architecture.classes)
    images = np.asarray(_pictures(prior, key, labels))
    return png(np.floor(255 * images + 0.5).astype(np.uint8))


def png(images: UInt8[np.ndarray, "n h w ch"]) -> bytes:
    """PNG of 64 pictures, 8 a row; of fewer, what is missing stays black."""
    images = np.pad(images, ((0, -len(images) % SIDE), (0, 0), (0, 0), (0, 0)))
    n, height, width, channels = images.shape
    rows = images.reshape(SIDE, n // SIDE, height, width, channels).swapaxes(1, 2)
    sheet = rows.reshape(SIDE * height, -1, channels)
    sheet = sheet.repeat(ENLARGED, 0).repeat(ENLARGED, 1)
    buffer = io.BytesIO()
    Image.fromarray(sheet[..., 0] if channels == 1 else sheet).save(buffer, format="PNG")
    return buffer.getvalue()


@jax.jit
def _pictures(prior: GanPrior, key: jax.Array, labels: jax.Array) -> Float[jax.Array, "n h w ch"]:
    return prior.decode(prior.sample(key, SIDE**2), labels)
