"""Does a number rise with a setting: a test of monotone trend."""

import numpy as np
import scipy  # not its parts: they load at first use, and a command begins sooner
from jaxtyping import Shaped

from loft_jax.errors import InputError
from loft_jax.metrics import _checks

RESAMPLES = 10_000
BLOCK = 100
"""Permutations at a time: beyond it only memory grows."""


def trend_p_value(
    values: Shaped[np.ndarray, "k m"], rng: np.random.Generator, *, resamples: int = RESAMPLES
) -> float:
    """One-sided p-value of Page's test: do the numbers rise from the first setting to the last?

    L = sum_j j sum_i R_ij with R_ij the rank of setting j within class i (ties share their mean
    rank). Under "the setting does not matter" the settings of each class may be permuted; the
    p-value is (1 + number of permutations with L at least as large) / (1 + permutations), exact
    with ties too. Negate `values` to test for a fall. It speaks for other classes, and for other
    seeds only if rows are seeds.

    Args:
        values: for each of k classes (or seeds) its number at each of m settings, in order.
        rng: source of the permutations.
        resamples: number of them; the smallest p-value is 1 / (1 + resamples).

    Raises:
        InputError: if `values` is empty, not finite or has one setting, or `resamples` < 1.

    Source: Page, "Ordered hypotheses for multiple treatments", JASA 58 (1963).
    """
    _check(values)
    if resamples < 1:
        msg = f"`resamples` must be at least 1, got {resamples}"
        raise InputError(msg)
    # Twice the ranks are whole numbers, whose sums compare exactly.
    ranks = np.rint(2 * scipy.stats.rankdata(values, axis=1)).astype(np.int64)
    order = np.arange(1, values.shape[1] + 1)
    observed = int(np.sum(ranks @ order))
    as_large = 0
    for start in range(0, resamples, BLOCK):
        copies = np.broadcast_to(ranks, (min(BLOCK, resamples - start), *ranks.shape))
        permuted = rng.permuted(copies, axis=2) @ order
        as_large += int(np.sum(permuted.sum(axis=1) >= observed))
    return (1 + as_large) / (1 + resamples)


def _check(values: np.ndarray) -> None:
    _checks.finite("values", values)
    if values.shape[1] < 2:
        msg = f"`values` must have at least two settings (columns), got {values.shape[1]}"
        raise InputError(msg)
