"""Answers of a classifier on many pictures, in batches of one shape."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from flax import nnx
from jax.sharding import Mesh
from jaxtyping import Array, Float, Int32, UInt8

from loft_jax.data.batches import evaluation_batches
from loft_jax.defenses.base import Defense
from loft_jax.fitting.step import evaluation_step
from loft_jax.metrics.summary import summary
from loft_jax.nets.classifier import Outputs
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.runs.devices import share_out, shareable

RELEASE_SEED = 0
"""Of what is random in a defense's answers while they are measured."""


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
    release: Callable[[Outputs, int], Outputs] | None = None,
) -> Answers:
    """Logits, features and code of every picture.

    The last batch is filled up with repetitions, so that `step` is compiled for one shape only.

    Args:
        step: see `evaluation_step`.
        params: weights.
        stats: all other state.
        images: what is asked about.
        batch: pictures at a time.
        mesh: devices.
        release: what is let out of the outputs of batch number n; None lets them out as they are.
    """
    parts: list[Outputs] = []
    for number, (indices, valid) in enumerate(evaluation_batches(len(images), batch)):
        outputs = step(params, stats, share_out(mesh, images[indices]))
        if release is not None:
            outputs = release(outputs, number)
        shown = outputs._replace(hidden=None)
        parts.append(jax.tree.map(lambda part, valid=valid: np.asarray(part)[valid], shown))
    joined = jax.tree.map(lambda *columns: np.concatenate(columns), *parts)
    return Answers(joined.logits, joined.features, joined.code)


def measured(
    classifier: FrozenClassifier, answers: Answers, labels: Int32[np.ndarray, "n"]
) -> dict[str, Any]:
    """The numbers of `loft_jax.metrics.summary`, from answers given already."""
    return summary(*answers, labels, np.asarray(classifier.head.weight))


class Answerer:
    """What a network answers, compiled once: as its defense releases it.

    Args:
        graph: of the classifier in evaluation mode.
        defense: whose `release` the answers go through.
        mesh: devices.
        batch: pictures at a time; rounded up, so that each device gets as many.
    """

    def __init__(self, graph: nnx.GraphDef, defense: Defense, mesh: Mesh, batch: int):
        releases = defense.overrides("release")
        self._graph, self._mesh, self._batch = graph, mesh, shareable(mesh, batch)
        self._step = evaluation_step(graph, mesh, defense.taps if releases else ())
        self._release = _release(defense) if releases else None

    def __call__(
        self, params: nnx.State, stats: nnx.State, images: UInt8[np.ndarray, "n h w ch"]
    ) -> Answers:
        """Answers of the network with these weights."""
        release = None
        if self._release is not None:
            release = partial(self._release, FrozenClassifier(self._graph, params, stats))
        return predict(self._step, params, stats, images, self._batch, self._mesh, release)


def _release(defense: Defense) -> Callable[[FrozenClassifier, Outputs, int], Outputs]:
    @jax.jit
    def released(network: FrozenClassifier, outputs: Outputs, number: Array) -> Outputs:
        key = jax.random.fold_in(jax.random.key(RELEASE_SEED), number)
        return defense.release(outputs, key, network.head)

    return released
