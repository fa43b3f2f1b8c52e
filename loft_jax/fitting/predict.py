"""Answers of a classifier on many pictures, in batches of one shape."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from flax import nnx
from jax.sharding import Mesh
from jaxtyping import Array, Float, UInt8

from loft_jax.data.batches import evaluation_batches
from loft_jax.nets.classifier import Outputs
from loft_jax.runs.devices import share_out


class Answers(NamedTuple):
    """A classifier's `Outputs` for many pictures, in NumPy.

    Attributes:
        logits: class scores.
        features: what the trunk hands to the head.
        code: the r numbers inside the LoFt head; None for the plain head.
    """

    logits: Float[np.ndarray, "n c"]
    features: Float[np.ndarray, "n d"]
    code: Float[np.ndarray, "n r"] | None


def predict(
    step: Callable[[nnx.State, nnx.State, Array], Outputs],
    params: nnx.State,
    stats: nnx.State,
    images: UInt8[np.ndarray, "n h w ch"],
    batch: int,
    mesh: Mesh,
) -> Answers:
    """Logits, features and code of every picture.

    The last batch is filled up with repetitions, so that `step` is compiled for one shape only.
    """
    parts: list[Outputs] = []
    for indices, valid in evaluation_batches(len(images), batch):
        outputs = step(params, stats, share_out(mesh, images[indices]))
        parts.append(jax.tree.map(lambda part, valid=valid: np.asarray(part)[valid], outputs))
    joined = jax.tree.map(lambda *columns: np.concatenate(columns), *parts)
    return Answers(joined.logits, joined.features, joined.code)
