"""Several differences of one verdict, so that one among them is not found by chance."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from loft_jax.metrics.crossed import share_difference
from loft_jax.metrics.interval import Interval

Pair = tuple[Float64[np.ndarray, "r k"], Float64[np.ndarray, "r k"]]
ERROR = 0.05
"""Chance that any of the differences that are zero is said not to be."""


def holm_differences(pairs: Sequence[Pair]) -> list[Interval]:
    """`share_difference` of each pair, at the level at which Holm's procedure tested it.

    Of m differences those whose interval at level 1 - 0.05 / m leaves zero out are shown; the m'
    others are tested again at 1 - 0.05 / m', and so on. An interval that leaves zero out is a
    difference that is shown; all of them together err with a chance of at most 0.05.

    Source: Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6
    (1979).
    """
    found: dict[int, Interval] = {}
    while len(found) < len(pairs):
        left = [i for i in range(len(pairs)) if i not in found]
        level = 1 - ERROR / len(left)
        tested = {i: share_difference(*pairs[i], level=level) for i in left}
        shown = {i: one for i, one in tested.items() if _leaves_out_zero(one)}
        found |= shown or tested
    return [found[i] for i in range(len(pairs))]


def _leaves_out_zero(one: Interval) -> bool:
    return one.low is not None and one.high is not None and not one.low <= 0 <= one.high
