"""Answers of a classifier on many pictures, in batches of one shape."""

from collections.abc import Callable

import numpy as np
from flax import nnx
from jax.sharding import Mesh
from jaxtyping import UInt8

from loft_jax.data.batches import evaluation_batches
from loft_jax.models.classifier import Outputs
from loft_jax.training.mesh import share_out


def predict(
    step: Callable[[nnx.State, nnx.State, UInt8[np.ndarray, "b h w ch"]], Outputs],
    params: nnx.State,
    stats: nnx.State,
    images: UInt8[np.ndarray, "n h w ch"],
    batch: int,
    mesh: Mesh,
) -> Outputs:
    """Logits, features and code of every picture, as NumPy arrays.

    The last batch is filled up with repetitions, so that `step` is compiled for one shape only.
    """
    parts = []
    for indices, valid in evaluation_batches(len(images), batch):
        outputs = step(params, stats, share_out(mesh, images[indices]))
        parts.append([None if part is None else np.asarray(part)[valid] for part in outputs])
    columns = zip(*parts, strict=True)
    return Outputs(*(None if c[0] is None else np.concatenate(c) for c in columns))
