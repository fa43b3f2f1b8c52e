"""What parts of a filter leak: the least and the most that some of its outputs can tell."""

from dataclasses import dataclass
from typing import Any, SupportsFloat

import numpy as np
from jaxtyping import Bool, Float64

from iie.error.factorisation import relative_cutoff
from iie.laws import covariance_of
from iie.records import Record
from iie.releases import Linear, as_release

TIED = 1e-6  # relative: below this difference, rounding of W decides which singular value is larger


@dataclass(frozen=True, eq=False, repr=False)
class PartErrors(Record):
    """Errors of the parts of one filter, in u^2: entry j for filters of rank j made of its outputs.

    Attributes:
        most_leaking: smallest error of any j combinations of the outputs of W.
        least_leaking: largest error of any.
        tied: whether W has equal singular values (as orthonormal rows have): then a truncation by
            SVD has no order of its own.
    """

    most_leaking: Float64[np.ndarray, " n"]
    least_leaking: Float64[np.ndarray, " n"]
    tied: bool


def part_errors(covariance: Any, weight: Any, *, cutoff: SupportsFloat | None = None) -> PartErrors:
    """The envelope of all filters C W with C "j m": what j combinations of W's outputs can leak.

    With Q an orthonormal basis of the columns of F^T W^T, F F^T = S, such a filter takes a share
    tr(P K) off the error, K = Q^T F^T F Q and P a projector of rank j: between the sums of the j
    smallest and the j largest eigenvalues of K. Every truncation of W lies between.

    Args:
        covariance: S, "d d", a Covariance or a Gaussian, in u^2; may be singular.
        weight: W, "m d", or a Linear without noise.
        cutoff: as for `truncated`.

    Raises:
        ValueError: if S and W do not fit each other, or `cutoff` is outside [0, 1).

    Examples:
        >>> parts = part_errors(np.diag([4.0, 2.0, 1.0]), np.eye(3)[:2])
        >>> parts.most_leaking, parts.least_leaking, parts.tied
        (array([7., 3., 1.]), array([7., 5., 1.]), True)

    Source: ours (Ky Fan's maximum principle).   Proof: proofs/extreme_filters.py
    """
    S, linear = covariance_of(covariance), weight if isinstance(weight, Linear) else Linear(weight)
    as_release(linear, S.dim)
    W = linear.rows(0, linear.outputs)
    cut = relative_cutoff(S, linear, cutoff)
    Q, s, _ = np.linalg.svd(S.root_adjoint(W.T), full_matrices=False)
    drops = np.linalg.svd(S.root(Q[:, s > cut * s.max(initial=0.0)]), compute_uv=False) ** 2
    w = np.linalg.svd(W, compute_uv=False)
    most, least = (
        np.maximum(S.trace() - np.concatenate([[0.0], np.cumsum(part)]), 0.0)
        for part in (drops, drops[::-1])
    )
    return PartErrors(most, least, bool(ties(w[w > cut * w.max(initial=0.0)]).any()))


def ties(falling: Float64[np.ndarray, " k"]) -> Bool[np.ndarray, " k"]:
    """For each of some falling singular values whether it is as large as the one before."""
    same = np.zeros(falling.size, bool)
    first = 0
    for i in range(1, falling.size):
        same[i] = falling[i] >= (1 - TIED) * falling[first]
        first = first if same[i] else i
    return same
