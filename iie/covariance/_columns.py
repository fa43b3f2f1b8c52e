"""Blocks of columns: memory for intermediate results stays the same for any number of vectors."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64

# Bytes of intermediate results. Small enough to stay near the cache: at d = 150,528 one column at a
# time took a third of the processor time that 128 MiB at a time did.
BUDGET = 8 * 2**20


def by_blocks(
    function: Callable[[Float64[np.ndarray, "a b"]], Float64[np.ndarray, "c b"]],
    x: Float64[np.ndarray, "a k"],
    *,
    rows: int,
    bytes_per_column: int,
) -> Float64[np.ndarray, "{rows} k"]:
    """`function` of x, a few columns at a time.

    Args:
        function: maps columns to columns, each by itself.
        x: what it is applied to.
        rows: length of the columns it returns.
        bytes_per_column: what it allocates for one column.

    Returns:
        An array whose transpose is C-contiguous: each vector lies in one piece.
    """
    out = np.empty((x.shape[1], rows))
    step = max(1, BUDGET // max(1, bytes_per_column))
    for start in range(0, len(out), step):
        block = slice(start, start + step)
        out[block] = function(x[:, block]).T
    return out.T
