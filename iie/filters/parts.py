"""What parts of a filter leak: the least and the most that some of its outputs can tell."""

from dataclasses import dataclass
from typing import Any, SupportsFloat

import numpy as np
from jaxtyping import Float64

from iie.covariance.conversion import as_covariance
from iie.error.rank import rank_rule, see
from iie.filters.singular import singular_vectors, ties
from iie.filters.truncation import noiseless
from iie.records import Record


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
    S = as_covariance(covariance)
    linear = noiseless(weight, S.dim)
    W, rule = linear.rows(0, linear.outputs), rank_rule(S, linear, cutoff)
    drops = np.linalg.svd(S.root(see(S, W, rule).basis), compute_uv=False) ** 2
    w, _ = singular_vectors(W, rule)
    most, least = (
        np.maximum(S.trace() - np.concatenate([[0.0], np.cumsum(part)]), 0.0)
        for part in (drops, drops[::-1])
    )
    return PartErrors(most, least, bool(ties(w).any()))
