"""Accuracy and ranks of a classifier, from answers given already."""

from typing import Any

import numpy as np
from jaxtyping import Int32

from loft_jax.fitting.predict import Answers
from loft_jax.metrics.summary import summary
from loft_jax.nets.frozen import FrozenClassifier


def measured(
    classifier: FrozenClassifier, answers: Answers, labels: Int32[np.ndarray, "n"]
) -> dict[str, Any]:
    """The numbers of `loft_jax.metrics.summary`."""
    return summary(*answers, labels, np.asarray(classifier.head.weight))
