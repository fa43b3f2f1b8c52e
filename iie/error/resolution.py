"""Whether a grid is fine enough for a code: what may hide between neighbours.

Between two neighbours whose codes differ by less than about the noise, the sum over nodes is the
integral to many digits. Where they differ by more, the code may be steep there or jump, and the
grid cannot tell where. Then the half cell at each side may belong to either code; and where nearly
every node has a code of its own, that is as much as an attacker does not know inside a cell.
"""

import numpy as np
from jaxtyping import Float64, Int

RESOLVED = 1.25  # noises between neighbours: the likelihood is then 0.8 steps wide, off by 6e-6


def steep_edges(
    shape: tuple[int, ...], codes: Float64[np.ndarray, "n k"]
) -> tuple[Int[np.ndarray, " e"], Int[np.ndarray, " e"]]:
    """Numbers of neighbours on the grid whose codes, in units of the noise, are far apart."""
    numbers = np.arange(len(codes)).reshape(shape)
    found = []
    for axis in range(len(shape)):
        one, other = np.delete(numbers, -1, axis).ravel(), np.delete(numbers, 0, axis).ravel()
        jump = np.sum((codes[one] - codes[other]) ** 2, axis=1)
        steep = jump > RESOLVED**2
        found.append((one[steep], other[steep]))
    first, second = (np.concatenate(ends) for ends in zip(*found, strict=True))
    return first, second


def hidden_error(
    x: Float64[np.ndarray, "e 2 d"],
    p: Float64[np.ndarray, "e 2"],
    means: Float64[np.ndarray, "e 2 d"],
) -> Float64[np.ndarray, " e"]:
    """By how much the error may be off, in u^2, for every edge that a code crosses steeply.

    To first order: a mass that goes from code a to code b moves the error by ||x - E[x | b]||^2 -
    ||x - E[x | a]||^2; half of the cell's may, and more at one end of the cell than in its middle.

    Args:
        x: both ends of each edge.
        p: their probabilities.
        means: E[x | y] where y is the code of either end.
    """
    surprise = np.sum((x[:, :, None] - means[:, None]) ** 2, axis=-1)  # edge, end of x, code
    moved = np.abs(surprise[:, :, 1] - surprise[:, :, 0]).max(axis=1)
    return p.mean(axis=1) * moved / 2
