"""What a random filter leaks: simulated with a standard error, and bounded without any.

With A = S^{1/2}, what r rows of iid Gaussian entries leave unknown is ||(I - P) A||_F^2, P the
projector on r random combinations of A's columns: the error of a randomised range finder.
"""

from dataclasses import dataclass
from typing import SupportsInt

import numpy as np
from jaxtyping import Float64, Int

from iie._input import checks
from iie._input.arrays import as_numpy
from iie._input.randomness import Randomness, generator
from iie._input.types import ArrayLike
from iie.records import Record


@dataclass(frozen=True, eq=False, repr=False)
class RandomFilters(Record):
    """Mean errors of random filters, in u^2.

    Attributes:
        ranks: r of every entry.
        mean: over the drawn filters of each rank.
        standard_error: of `mean`.
        draws: filters of each rank; those of one draw are nested.
    """

    ranks: Int[np.ndarray, " n"]
    mean: Float64[np.ndarray, " n"]
    standard_error: Float64[np.ndarray, " n"]
    draws: int


def simulated_random_filters(
    spectrum: ArrayLike,
    ranks: ArrayLike,
    *,
    draws: SupportsInt = 256,
    rng: Randomness = None,
) -> RandomFilters:
    """Expected IIE of a filter with iid Gaussian entries, by drawing some: 2 d r^2 operations each.

    A filter's first r rows are a random filter of rank r, so one QR a draw serves all ranks.

    Args:
        spectrum: eigenvalues of S, "d", in u^2, in any order.
        ranks: r, "n", each in 0..d.
        draws: filters of each rank, at least 2.
        rng: a generator or a seed; None is the seed 0.

    Raises:
        ValueError: if `spectrum` is no spectrum, a rank is no integer or outside 0..d, or `draws`
            is below 2.

    Examples:
        >>> found = simulated_random_filters([2.0, 2.0, 2.0], ranks=[0, 1, 3], draws=2)
        >>> np.round(found.mean, 12) + 0.0
        array([6., 4., 0.])

    Source: references.bib:halko2011finding, section 10.
    """
    variances = checks.eigenvalues("spectrum", spectrum)
    r = checked_ranks(ranks, variances.size)
    n = checks.integer("draws", draws, at_least=2)
    source, roots = generator(rng), np.sqrt(variances[variances > 0])
    most = min(int(r.max(initial=0)), roots.size)
    errors = np.empty((n, r.size))
    for row in errors:
        Q = np.linalg.qr(roots[:, None] * source.standard_normal((roots.size, most))).Q
        seen = np.cumsum(np.sum((roots[:, None] * Q) ** 2, axis=0))
        left = np.sum(variances) - np.concatenate([[0.0], seen])
        row[:] = np.maximum(left, 0.0)[np.minimum(r, most)]
    # Divided by what no error exceeds: in a small unit the squares within `std` would vanish.
    whole = float(np.sum(variances)) or 1.0
    spread = whole * np.std(errors / whole, axis=0, ddof=1)
    return RandomFilters(r, errors.mean(axis=0), spread / n**0.5, n)


def random_filter_bound(
    spectrum: ArrayLike, ranks: ArrayLike | None = None
) -> Float64[np.ndarray, " n"]:
    """At most this is the expected IIE of a random filter: (r - 1) / (r - k - 1) sum_{i > k} l_i.

    For every k < r - 1, so for the best of some; and never above the least leaking filter's.

    Args:
        spectrum: eigenvalues of S, "d", in u^2, in any order.
        ranks: r, "n", each in 0..d; None is all of 0..d.

    Raises:
        ValueError: if `spectrum` is no spectrum, or a rank is no integer or outside 0..d.

    Examples:
        >>> random_filter_bound([4.0, 1.0, 0.0], ranks=[1, 2])
        array([5., 0.])

    Source: references.bib:halko2011finding, Theorem 10.5.   Proof: proofs/random_filter.py
    """
    variances = checks.eigenvalues("spectrum", spectrum)
    r = checked_ranks(ranks, variances.size)
    tails = np.concatenate([np.cumsum(variances[::-1])[::-1], [0.0]])
    bounds = np.concatenate([[0.0], np.cumsum(variances)])[variances.size - r]
    steps = np.unique(np.rint(np.geomspace(1, variances.size, 64)).astype(np.int64))
    for j in steps:  # r - k - 1; any is right, and these are close to the best
        many = r > j
        bounds[many] = np.minimum(bounds[many], (r[many] - 1) / j * tails[r[many] - 1 - j])
    # As many rows as there are varying directions see all of them.
    return np.where(r >= np.count_nonzero(variances), 0.0, bounds)


def checked_ranks(ranks: ArrayLike | None, d: int) -> Int[np.ndarray, " n"]:
    """`ranks` as integers in 0..d; None is all of them."""
    if ranks is None:
        return np.arange(d + 1)
    r = np.atleast_1d(as_numpy("ranks", ranks))
    if r.ndim != 1 or r.dtype.kind not in "iu":
        msg = f"`ranks` must be a list of integers, got {ranks!r}"
        raise ValueError(msg)
    if r.size and not 0 <= r.min() <= r.max() <= d:
        msg = f"`ranks` must lie between 0 and d = {d}, got {r.min()} to {r.max()}"
        raise ValueError(msg)
    return r.astype(np.int64)
