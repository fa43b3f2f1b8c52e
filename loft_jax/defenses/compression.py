"""A plain head compressed to rank r after training: by its own weight, or by what its features do.

The head is logits = z W + b, with features z in rows. Both ways give a plain head again, with the
same shapes and other numbers, so whatever takes the one takes the other.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from loft_jax.errors import InputError

OF_WEIGHT = "the most that the head weight can have"
OF_FEATURES = "the feature width"


class Compressed(NamedTuple):
    """A plain head of lower rank, float64.

    Attributes:
        weight: W, of rank at most r.
        bias: b.
        retention: share of what the compression ranks by that the r leading directions keep, in
            [0, 1]; 1 where there is nothing to lose.
    """

    weight: Float[np.ndarray, "d k"]
    bias: Float[np.ndarray, " k"]
    retention: float


def by_weight(
    weight: Float[np.ndarray, "d k"], bias: Float[np.ndarray, " k"], r: int
) -> Compressed:
    """The truncated SVD of W: no matrix of rank r is nearer to it.

        W = sum_i s_i u_i v_i^T,    W_r = sum_{i <= r} s_i u_i v_i^T

    `retention` is the share of the squared singular values, sum_{i <= r} s_i^2 / sum_i s_i^2. The
    bias stays: the mean logits move with what is cut off.

    Source: Eckart and Young, Psychometrika 1 (1936).

    Args:
        weight: W.
        bias: b.
        r: 1..min(d, k); at min(d, k) the head is what it was.

    Raises:
        InputError: if `r` is out of range.
    """
    check_rank(r, min(weight.shape), OF_WEIGHT)
    u, s, vt = np.linalg.svd(weight.astype(np.float64), full_matrices=False)
    truncated = (u[:, :r] * s[:r]) @ vt[:r]
    return Compressed(truncated, bias.astype(np.float64), _share(s**2, r))


def by_features(
    weight: Float[np.ndarray, "d k"],
    bias: Float[np.ndarray, " k"],
    features: Float[np.ndarray, "n d"],
    r: int,
) -> Compressed:
    """The head behind a projection of the features on their r principal directions.

        W_r = P W,    b_r = b + m (I - P) W,    so that z W_r + b_r = (m + (z - m) P) W + b

    with m the mean of the features and P the orthogonal projector on the leading r eigenvectors of
    their covariance. The mean logits stay. `retention` is the share of the features' variance,
    tr(P Cov) / tr(Cov). The rank of W_r is at most min(r, k): an r above the number of classes
    still takes something away from the features.

    Source: principal components of the features (Jolliffe, "Principal Component Analysis", 2002).

    Args:
        weight: W.
        bias: b.
        features: of the training pictures, as the head's linear layer meets them. Where they are
            fewer than r, or span less, the directions in which they do not vary are arbitrary.
        r: 1..d; at d the head is what it was.

    Raises:
        InputError: if `r` is out of range, or there are fewer than two features.
    """
    check_rank(r, weight.shape[0], OF_FEATURES)
    if len(features) < 2:
        msg = f"`features` must be of at least 2 pictures, got {len(features)}"
        raise InputError(msg)
    W = weight.astype(np.float64)
    m = features.mean(axis=0, dtype=np.float64)
    centred = features - m
    # eigh, not the SVD of the features: of few pictures that gives fewer than d directions.
    variances, directions = np.linalg.eigh(centred.T @ centred)
    # What is cut off rather than what is kept is projected out: at r = d nothing changes a bit.
    cut = directions[:, : len(variances) - r]
    removed = cut @ (cut.T @ W)
    return Compressed(W - removed, bias + m @ removed, _share(variances[::-1], r))


def check_rank(r: int, largest: int, what: str) -> None:
    """Check a number of directions that are left.

    Raises:
        InputError: if it is not in 1..`largest`.
    """
    if not 1 <= r <= largest:
        msg = f"`r` must be between 1 and {largest}, {what}, got {r}"
        raise InputError(msg)


def _share(spectrum: Float[np.ndarray, " m"], r: int) -> float:
    """Share of the r leading of these numbers, sorted downwards, negative only by rounding."""
    spectrum = np.maximum(spectrum, 0)
    total = spectrum.sum()
    return float(spectrum[:r].sum() / total) if total > 0 else 1.0
