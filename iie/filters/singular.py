"""The right singular vectors of a filter that count, and which of them have no order."""

import numpy as np
from jaxtyping import Bool, Float64

from iie.error.rank import Rule

TIED = 1e-6  # relative: below this difference, rounding of W decides which singular value is larger


def singular_vectors(
    W: Float64[np.ndarray, "m d"], rule: Rule
) -> tuple[Float64[np.ndarray, " k"], Float64[np.ndarray, "k d"]]:
    """Singular values of W that count, largest first and relative to it, and their vectors."""
    largest = np.abs(W).max(initial=0.0)
    _, w, Vt = np.linalg.svd(W / largest if largest > 0 else W, full_matrices=False)
    keep = w > rule.rows * w.max(initial=0.0)
    return w[keep] / w.max(initial=1.0), Vt[keep]


def ties(falling: Float64[np.ndarray, " k"]) -> Bool[np.ndarray, " k"]:
    """For each of some falling singular values whether it is as large as the one before."""
    same = np.zeros(falling.size, bool)
    first = 0
    for i in range(1, falling.size):
        same[i] = falling[i] >= (1 - TIED) * falling[first]
        first = first if same[i] else i
    return same
