"""Accuracy and ranks of a classifier on some pictures."""

from collections.abc import Callable
from typing import Any

import numpy as np
from jax.sharding import Mesh
from jaxtyping import Int32, Int64

from loft_jax.data.dataset import Dataset
from loft_jax.fitting.predict import Answers, predict
from loft_jax.metrics.summary import summary
from loft_jax.nets.frozen import FrozenClassifier


def measure(
    step: Callable,
    classifier: FrozenClassifier,
    data: Dataset,
    chosen: Int64[np.ndarray, "n"],
    batch: int,
    mesh: Mesh,
) -> dict[str, Any]:
    """The numbers of `loft_jax.metrics.summary` on the `chosen` pictures of `data`.

    Args:
        step: what `loft_jax.fitting.step.evaluation_step` made of the classifier's graph.
        classifier: what is measured.
        data: pictures.
        chosen: indices of those to measure on.
        batch: pictures at a time, a multiple of the devices.
        mesh: devices.
    """
    params, stats = classifier.params, classifier.stats
    answers = predict(step, params, stats, data.images[chosen], batch, mesh)
    return measured(classifier, answers, data.labels[chosen])


def measured(
    classifier: FrozenClassifier, answers: Answers, labels: Int32[np.ndarray, "n"]
) -> dict[str, Any]:
    """The numbers of `loft_jax.metrics.summary` on answers given already."""
    return summary(*answers, labels, np.asarray(classifier.head.weight))
