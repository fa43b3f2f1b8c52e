"""A data source and a prior of it: blobs of colour, a kind for each place and colour."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from loft_jax.data.dataset import Dataset
from loft_jax.data.sources.base import Source, Wanted
from loft_jax.data.sources.table import SOURCES
from loft_jax.priors.base import ImagePrior
from loft_jax.priors.row import Prior
from loft_jax.priors.table import PRIORS

KINDS, EACH, SIZE = 6, 24, 16


def drawn(size, latents):
    """Pictures of blobs: latents are place (2), colour (3) and width."""
    at = jnp.linspace(-1, 1, size)
    place, colour, width = latents[:, :2], latents[:, 2:5], latents[:, 5]
    squares = (at[None, :, None] - place[:, None, None, 0]) ** 2
    squares += (at[None, None, :] - place[:, None, None, 1]) ** 2
    bell = jnp.exp(-squares / (0.1 + 0.05 * jax.nn.sigmoid(width))[:, None, None])
    return bell[..., None] * jax.nn.sigmoid(colour)[:, None, None, :]


def load(wanted: Wanted) -> Dataset:
    """KINDS kinds of blob, EACH pictures of each."""
    rng = np.random.default_rng(wanted.seed)
    kinds = rng.standard_normal((KINDS, 6)) * [0.6, 0.6, 2, 2, 2, 1]
    labels = np.repeat(np.arange(KINDS), EACH).astype(np.int32)
    latents = kinds[labels] + 0.1 * rng.standard_normal((len(labels), 6))
    images = np.asarray(drawn(wanted.size, jnp.asarray(latents, jnp.float32)))
    names = tuple(f"blob {kind}" for kind in range(KINDS))
    return Dataset("blobs", np.rint(255 * images).astype(np.uint8), labels, names)


SOURCES["blobs"] = Source(
    load=load, shown=True, noun="blobs", singular="blob", preset="faces32", size=SIZE
)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class BlobPrior(ImagePrior):
    """Any blob, none in particular."""

    size: int = dataclasses.field(metadata={"static": True})

    @property
    def channels(self):
        return 3

    @property
    def latent_dim(self):
        return 6

    def sample(self, key, n):
        return jax.random.normal(key, (n, 6))

    def decode(self, latents, labels):
        return drawn(self.size, latents * jnp.array([0.6, 0.6, 2.0, 2.0, 2.0, 1.0])[None])


PRIORS["blobs"] = Prior("blobs of colour", load=lambda size, channels, seed: BlobPrior(size))
