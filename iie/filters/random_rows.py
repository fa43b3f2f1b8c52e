"""What a random filter leaves unknown at every rank: one monotone equation, solved for all at once.

sum_i l_i / (l_i + k) = r is solved for k = e^t. As a function of t the left side is a sum of
logistic curves centred at log l_i, so eigenvalues that are close on the log scale are
interchangeable: a few Chebyshev nodes per unit of log l stand for all of them to rounding error.
"""

from typing import SupportsIndex, SupportsInt

import numpy as np
from jaxtyping import Float64, Int

from iie._input import checks
from iie._input.types import ArrayLike
from iie.attackers.simulation import Estimate, Welford
from iie.covariance import Covariance, as_covariance
from iie.error.batch import inversion_errors

NODES = 14  # per bin of width 1 in log l; the logistic's poles at distance pi make the error 1e-15
BRACKET = 1 / 64  # in t. A sum g of logistics has |g''| <= |g'|, so each Newton step about squares
NEWTON_STEPS = 3  # the error: 2^-7, 2^-15, 2^-31, 2^-63
CHUNK = 2**20  # numbers in one intermediate array


def random_filter_error(
    covariance: Covariance | ArrayLike,
    rank: SupportsInt,
    *,
    samples: SupportsIndex = 1000,
    rng: np.random.Generator | int = 0,
) -> Estimate:
    """Expected IIE of a filter with r rows of iid Gaussian entries, by drawing such filters.

    Unbiased for every spectrum, where `random_filter` is a limit: use it where the spectrum falls
    fast or r is small.

    Args:
        covariance: S, "d d", a covariance operator or a Gaussian, in u^2.
        rank: r, in 0..d.
        samples: filters drawn, at least 2.
        rng: source of randomness, or a seed.

    Returns:
        The mean error in u^2, with its standard error.

    Raises:
        ValueError: if S is no covariance, or `rank` or `samples` is outside its range.

    Examples:
        >>> round(random_filter_error(np.eye(3), 2).mean, 12)
        1.0

    Source: ours.   Proof: proofs/random_filter.py
    """
    S = as_covariance(covariance)
    r = checks.integer("rank", rank, at_least=0, at_most=S.dim)
    n = checks.count("samples", samples, at_least=2)
    random, stream = np.random.default_rng(rng), Welford()
    step = max(2, CHUNK // max(1, r * S.dim))
    while stream.n < n:
        W = random.standard_normal((min(step, n - stream.n), r, S.dim))
        stream.add(inversion_errors(S, W).relative)
    share, variance = stream.estimate(), S.trace()
    return Estimate(share.mean * variance, share.sem * variance, share.n)


def random_filter_errors(
    variances: Float64[np.ndarray, " k"], ranks: Int[np.ndarray, " n"]
) -> Float64[np.ndarray, " n"]:
    """The errors r k(r), for positive eigenvalues and ranks strictly between 0 and their number."""
    weights, nodes = compress(np.log(variances))
    margin = np.log(variances.size) + 1
    grid = np.arange(nodes.min() - margin, nodes.max() + margin, BRACKET)
    counts, _ = _logistic_sums(weights, nodes, grid)
    # The sum falls along the grid: bracket each rank between two neighbours.
    low = grid[np.searchsorted(-counts, -ranks) - 1]
    t = low + BRACKET / 2
    for _ in range(NEWTON_STEPS):
        count, slope = _logistic_sums(weights, nodes, t)
        # No slope, or leaving the bracket: rounding, on a plateau between two far clusters.
        step = np.divide(count - ranks, slope, out=np.zeros_like(t), where=slope > 0)
        t = np.clip(t + step, low, low + BRACKET)
    return ranks * np.exp(t)


def compress(
    logs: Float64[np.ndarray, " k"],
) -> tuple[Float64[np.ndarray, " p"], Float64[np.ndarray, " p"]]:
    """(weights, nodes) with sum_j w_j f(t_j) = sum_i f(log l_i) for functions as smooth as ours.

    Chebyshev interpolation in bins of width 1; the input itself where it is no longer than that.
    """
    start = np.floor(logs)
    bins, index = np.unique(start, return_inverse=True)
    if bins.size * NODES >= logs.size:
        return np.ones(logs.size), logs
    vander = np.polynomial.chebyshev.chebvander
    angles = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)
    # Coefficients from first-kind nodes: 2/p sum_j f(t_j) T_m(t_j), half of it at m = 0.
    to_weights = vander(angles, NODES - 1) * np.where(np.arange(NODES) == 0, 1, 2) / NODES
    local = vander(2 * (logs - start) - 1, NODES - 1)
    moments = np.stack([np.bincount(index, column, bins.size) for column in local.T], axis=1)
    return (moments @ to_weights.T).ravel(), (bins[:, None] + (angles + 1) / 2).ravel()


def _logistic_sums(
    weights: Float64[np.ndarray, " p"],
    nodes: Float64[np.ndarray, " p"],
    t: Float64[np.ndarray, " n"],
) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """sum_j w_j l_j / (l_j + e^t) and minus its derivative in t."""
    counts, slopes = np.empty(t.size), np.empty(t.size)
    rows = max(1, CHUNK // nodes.size)
    for start in range(0, t.size, rows):
        part = slice(start, start + rows)
        share = 1 / (1 + np.exp(np.minimum(t[part, None] - nodes, 700.0)))
        counts[part] = share @ weights
        slopes[part] = (share * (1 - share)) @ weights
    return counts, slopes
