"""The network of the drawn people's judge: a trunk, and a linear map to an embedding."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Float32, UInt8

from loft_jax.data.batches import evaluation_batches
from loft_jax.nets.trunks.table import build_trunk, feature_width

BATCH = 128


class Embedding(nnx.Module):
    """Vectors of images with pixels in [0, 1], near each other for one person."""

    def __init__(self, trunk: str, size: int, channels: int, width: int, *, rngs: nnx.Rngs):
        self.trunk = build_trunk(trunk, size=size, channels=channels, rngs=rngs)
        self.out = nnx.Linear(feature_width(trunk, size), width, rngs=rngs)

    def __call__(self, images: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """The vectors; their lengths say nothing."""
        return self.out(self.trunk(2 * images - 1))


@dataclasses.dataclass(frozen=True)
class Trained:
    """An embedding that no longer learns."""

    graph: nnx.GraphDef
    state: nnx.State

    def __call__(self, images: UInt8[np.ndarray, "n h w ch"]) -> Float32[np.ndarray, "n d"]:
        """Vectors of pictures, in batches of one shape."""
        parts = [
            np.asarray(_embedded(self.graph, self.state, images[indices]))[valid]
            for indices, valid in evaluation_batches(len(images), BATCH)
        ]
        return np.concatenate(parts)


def evaluated(model: Embedding) -> Trained:
    """The network with its statistics held still."""
    view = nnx.view(model, use_running_average=True)
    return Trained(*nnx.split(view))


@partial(jax.jit, static_argnums=0)
def _embedded(
    graph: nnx.GraphDef, state: nnx.State, images: UInt8[Array, "b h w ch"]
) -> Float[Array, "b d"]:
    return nnx.merge(graph, state)(images.astype(jnp.float32) / 255)
