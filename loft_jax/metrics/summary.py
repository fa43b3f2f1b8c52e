"""What one set of answers says about a classifier: accuracy, and the rank of what it releases."""

from typing import Any

import numpy as np
from jaxtyping import Float, Integer

from loft_jax.metrics.accuracy import accuracy, cross_entropy
from loft_jax.metrics.rank import matrix_rank, sample_rank


def summary(
    logits: Float[np.ndarray, "n c"],
    features: Float[np.ndarray, "n d"],
    code: Float[np.ndarray, "n r"] | None,
    labels: Integer[np.ndarray, "n"],
    head_weight: Float[np.ndarray, "c d"],
) -> dict[str, Any]:
    """Accuracy with its interval, and the measured ranks, as plain numbers.

    Keys: `accuracy`, `accuracy_low`, `accuracy_high`, `loss` (nats), `pictures`,
    `head_weight_rank` (of W2 W1, or of W for the plain head), `feature_rank`,
    `feature_effective_rank`, `code_rank`, `code_effective_rank` (None for the plain head). Ranks of
    features and code are those of the centred samples, so at most pictures - 1.
    """
    score = accuracy(logits, labels)
    feature = sample_rank(features)
    released = None if code is None else sample_rank(code)
    return {
        "accuracy": score.value,
        "accuracy_low": score.low,
        "accuracy_high": score.high,
        "loss": cross_entropy(logits, labels),
        "pictures": score.n,
        "head_weight_rank": matrix_rank(head_weight).numerical,
        "feature_width": features.shape[1],
        "feature_rank": feature.numerical,
        "feature_effective_rank": feature.effective,
        "code_rank": None if released is None else released.numerical,
        "code_effective_rank": None if released is None else released.effective,
    }
