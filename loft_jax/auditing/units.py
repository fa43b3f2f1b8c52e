"""One error in several units: share of variance, decibels."""

import math


def psnr(error: float) -> float:
    """-10 log10 of the mean squared error of pixels in [0, 1]; infinity for 0.

    Of the mean over pictures, not the mean of each picture's: that is at least as large, by
    Jensen's inequality, and has no bound from a mean error.
    """
    return math.inf if error <= 0 else -10 * math.log10(error)


def finite(value: float) -> float | None:
    """The number, or None for infinity, which JSON has not."""
    return value if math.isfinite(value) else None
