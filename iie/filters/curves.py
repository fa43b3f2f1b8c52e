"""IIE against rank: the most leaking, the least leaking, a random and a given filter."""

from dataclasses import dataclass
from typing import Any, SupportsFloat

import numpy as np
from jaxtyping import Float64, Int

from iie._input import checks
from iie._input.types import ArrayLike
from iie.covariance.conversion import as_covariance
from iie.error.linear import linear_error
from iie.filters.random_rows import random_filter_errors
from iie.filters.random_simulation import checked_ranks, random_filter_bound
from iie.filters.truncation import noiseless, truncated_errors
from iie.laws import Gaussian
from iie.records import Record


@dataclass(frozen=True, eq=False, repr=False)
class RankCurve(Record):
    """Ideal inversion errors at several ranks, all for x ~ N(mu, S), summed, in u^2.

    Attributes:
        ranks: r of every entry.
        most_leaking: smallest error of any filter of rank r; exact.
        least_leaking: largest error of any filter of rank r; exact.
        random: expected error of a filter with iid Gaussian entries; a deterministic equivalent,
            exact for an isotropic prior and low for a steep spectrum, see `random_filter`. The
            expectation itself lies between `most_leaking` and `random_at_most`.
        random_at_most: a bound on that expectation from above.
        truncated: error of the given filter cut to its r largest singular values, among equal ones
            the most leaking direction first; exact, constant from its rank on. None without a
            filter.
        variance: tr S, what is unknown before any release.
        dim: d.
    """

    ranks: Int[np.ndarray, " n"]
    most_leaking: Float64[np.ndarray, " n"]
    least_leaking: Float64[np.ndarray, " n"]
    random: Float64[np.ndarray, " n"]
    random_at_most: Float64[np.ndarray, " n"]
    truncated: Float64[np.ndarray, " n"] | None
    variance: float
    dim: int


@dataclass(frozen=True, eq=False, repr=False)
class Position(Record):
    """Where one filter lies among all filters of its rank.

    Attributes:
        rank: r, numerical rank of W S^{1/2}.
        total: its ideal inversion error, in u^2.
        most_leaking: the smallest of any filter of rank r.
        least_leaking: the largest of any filter of this rank under the prior.
        random: the expected one of a random filter of rank r, a deterministic equivalent, low for a
            steep spectrum; the expectation lies between `most_leaking` and `random_at_most`.
        random_at_most: a bound on that expectation from above.
        position: (total - most_leaking) / (least_leaking - most_leaking) in [0, 1]: 0 leaks most, 1
            least. None where both coincide (isotropic prior, r = 0, r = d).
        random_position: the same for `random`.
        variance: tr S, in u^2.
    """

    rank: int
    total: float
    most_leaking: float
    least_leaking: float
    random: float
    random_at_most: float
    position: float | None
    random_position: float | None
    variance: float


def most_leaking(spectrum: ArrayLike) -> Float64[np.ndarray, " n"]:
    """Smallest IIE of any filter of rank r, for r = 0..d: sum of l_i over i > r.

    Reached by the top r eigenvectors of S as rows.

    Args:
        spectrum: eigenvalues of S, "d", in u^2, in any order.

    Returns:
        The errors in u^2, "d+1", entry r for rank r.

    Raises:
        ValueError: if an eigenvalue is negative or not a finite number, or there is none.

    Examples:
        >>> most_leaking([1.0, 4.0, 2.0])
        array([7., 3., 1., 0.])

    Source: ours (Ky Fan's maximum principle).   Proof: proofs/extreme_filters.py
    """
    return _prefix_sums(checks.eigenvalues("spectrum", spectrum)[::-1])[::-1]


def least_leaking(spectrum: ArrayLike) -> Float64[np.ndarray, " n"]:
    """Largest IIE of any filter of rank r, for r = 0..d: sum of l_i over i <= d - r.

    Reached by the bottom r eigenvectors of S as rows; where l_i = 0 among them, those rows see
    nothing, and r counts the rows.

    Args:
        spectrum: as for `most_leaking`.

    Returns:
        The errors in u^2, "d+1", entry r for rank r.

    Raises:
        ValueError: as for `most_leaking`.

    Examples:
        >>> least_leaking([1.0, 4.0, 2.0])
        array([7., 6., 4., 0.])

    Source: ours (Ky Fan's maximum principle).   Proof: proofs/extreme_filters.py
    """
    return _prefix_sums(checks.eigenvalues("spectrum", spectrum))[::-1]


def random_filter(spectrum: ArrayLike, ranks: ArrayLike | None = None) -> Float64[np.ndarray, " n"]:
    """Expected IIE of a random filter, r rows of iid Gaussian entries: about r k(r).

    k is the root of sum_i l_i / (l_i + k) = r. Exact for an isotropic prior; otherwise the limit
    of large r and stable rank, an approximation that was low wherever it was measured (d = 60, in
    percent of the simulated error):

    | l_i | r = 1 | 2 | 3 | 5 | 10 | 20 | 39 |
    |---|---|---|---|---|---|---|---|
    | i^-1.2 | 1 | 1 | 1 | 2 | 2 | 1 | 1 |
    | i^-2 | 2 | 2 | 4 | 5 | 4 | 3 | 2 |
    | i^-4 | 7 | 27 | 32 | 18 | 12 | 6 | 3 |
    | i^-8 | 7 | 29 | 46 | 45 | 23 | 14 | 9 |

    `simulated_random_filters` gives the expectation with a standard error, and
    `random_filter_bound` an upper bound; `most_leaking` is a lower one. tr S at r = 0, and 0 from
    the number of positive eigenvalues on.

    Args:
        spectrum: eigenvalues of S, "d", in u^2, in any order. A rounding error e in place of a zero
            counts as a variance, and shows as sqrt(e l_1) where r is the number of the others.
        ranks: r, "n", each in 0..d; None is all of 0..d.

    Returns:
        The errors in u^2, in the order of `ranks`, to about 1e-12 of tr S.

    Raises:
        ValueError: if `spectrum` is no spectrum, or a rank is no integer or outside 0..d.

    Examples:
        >>> np.round(random_filter([2.0, 2.0, 2.0], ranks=[0, 1, 3]), 12)
        array([6., 4., 0.])

    Source: references.bib:derezinski2020precise, Theorem 1.   Proof: proofs/random_filter.py
    """
    variances = checks.eigenvalues("spectrum", spectrum)
    r = checked_ranks(ranks, variances.size)
    positive = variances[variances > 0]
    errors = np.where(r == 0, np.sum(variances), 0.0)
    inner = (r > 0) & (r < positive.size)
    if inner.any():
        errors[inner] = random_filter_errors(positive, r[inner])
    return errors


def truncated(
    covariance: Any, weight: Any, *, cutoff: SupportsFloat | None = None
) -> Float64[np.ndarray, " k"]:
    """IIE of W cut to its top r right singular vectors, for r = 0..rank W, from one factorisation.

    The row spaces are nested: with the orthonormal q_j of V = [v_1 v_2 ...] in the inner product
    of S, each step lowers the error by ||S^{1/2} q_j||^2. The last entry is the error of W itself.

    Args:
        covariance: S, "d d", a Covariance or a Gaussian, in u^2; may be singular.
        weight: W, "m d", as for `Linear`, or one without noise; may be rank-deficient.
        cutoff: as for `ideal_inversion_error`.

    Returns:
        The errors in u^2, entry r for r directions.

    Raises:
        ValueError: if S and W do not fit each other, or `cutoff` is outside [0, 1).

    Examples:
        >>> truncated([[1.0, 0.0], [0.0, 4.0]], [[3.0, 0.0], [0.0, 2.0]])  # first row first
        array([5., 4., 0.])

    Source: ours.   Proof: proofs/adding_a_row.py
    """
    return truncated_errors(as_covariance(covariance), weight, cutoff)


def rank_curve(
    covariance: Any,
    weight: Any = None,
    ranks: ArrayLike | None = None,
) -> RankCurve:
    """All reference curves of a prior, for the price of its spectrum, and the curve of one filter.

    Args:
        covariance: S, "d d", a Covariance or a Gaussian, in u^2; may be singular.
        weight: W, "m d", as for `truncated`; None leaves its curve out.
        ranks: r, "n", each in 0..d; None is all of 0..d.

    Raises:
        ValueError: if S and W do not fit each other, or a rank is no integer or outside 0..d.

    Examples:
        >>> curve = rank_curve(np.eye(5), ranks=[0, 3])
        >>> curve.most_leaking, curve.least_leaking
        (array([5., 2.]), array([5., 2.]))

    Source: ours; see the single curves.   Proof: proofs/extreme_filters.py
    """
    S = as_covariance(covariance)
    r = checked_ranks(ranks, S.dim)
    spectrum = S.spectrum()
    own = None
    if weight is not None:
        errors = truncated(S, weight)
        own = errors[np.minimum(r, errors.size - 1)]
    return RankCurve(
        ranks=r,
        most_leaking=most_leaking(spectrum)[r],
        least_leaking=least_leaking(spectrum)[r],
        random=random_filter(spectrum, r),
        random_at_most=random_filter_bound(spectrum, r),
        truncated=own,
        variance=S.trace(),
        dim=S.dim,
    )


def position(covariance: Any, weight: Any, *, cutoff: SupportsFloat | None = None) -> Position:
    """Where W lies between the most and the least leaking filter of its rank.

    Args:
        covariance: S, "d d", a Covariance or a Gaussian, in u^2; may be singular.
        weight: W, "m d", as for `Linear`, or one without noise; may be rank-deficient.
        cutoff: as for `truncated`.

    Raises:
        ValueError: if S and W do not fit each other, or `cutoff` is outside [0, 1).

    Examples:
        >>> position(np.diag([4.0, 2.0, 1.0]), [[0.0, 1.0, 0.0]]).position  # 5 between 3 and 6
        0.6666666666666666

    Source: ours.   Proof: proofs/extreme_filters.py
    """
    S = as_covariance(covariance)
    found = linear_error(Gaussian(S), noiseless(weight, S.dim), cutoff)
    r, total = found.rank, found.total
    # A filter of rank r under this prior sees r directions that vary, not rows of its null space;
    # and at full rank the random filter would turn a rounding error e of zero into sqrt(e).
    varying = S.spectrum()[: max(S.rank(), 1)]
    place = min(r, varying.size)
    most, least = float(most_leaking(varying)[place]), float(least_leaking(varying)[place])
    random = float(random_filter(varying, [place])[0])
    at_most = float(random_filter_bound(varying, [place])[0])
    return Position(
        rank=r,
        total=total,
        most_leaking=most,
        least_leaking=least,
        random=random,
        random_at_most=at_most,
        position=_between(most, total, least, S.trace()),
        random_position=_between(most, random, least, S.trace()),
        variance=S.trace(),
    )


def _prefix_sums(values: Float64[np.ndarray, " d"]) -> Float64[np.ndarray, " d+1"]:
    return np.concatenate([[0.0], np.cumsum(values)])


def _between(low: float, value: float, high: float, scale: float) -> float | None:
    """The place of `value` between `low` and `high`; None where rounding would decide it."""
    if high - low <= 1e-12 * scale:
        return None
    return min(max((value - low) / (high - low), 0.0), 1.0)
