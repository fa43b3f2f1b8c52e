"""One ideal inversion error, in every unit it is asked for, with what it assumes."""

import math
from dataclasses import dataclass
from typing import Any, Literal, SupportsFloat

from iie.records import Record

A1 = "A1: the private input is Gaussian, x ~ N(mu, S)"
A2 = "A2: the model is linear and released without noise, f(x) = W x (+ b)"
A2_NOISE = "A2: the model is linear with Gaussian noise, f(x) = W x (+ b) + e, e ~ N(0, N)"
A3 = "A3: the error is squared, ||x - A(f(x))||^2"

Kind = Literal["exact", "lower bound", "upper bound", "estimate"]


@dataclass(frozen=True, eq=False, repr=False)
class InversionError(Record):
    """One ideal inversion error (IIE), with what it assumes.

    Attributes:
        total: E||x - E[x | f(x)]||^2, summed over coordinates, in squared input units u^2.
        per_coordinate: total / d, in u^2 (the pixel mean squared error of an image).
        relative: total / tr S in [0, 1], the share of the input's variance nobody can recover;
            0 when tr S = 0, where there is nothing to recover.
        rank: numerical rank of W S^{1/2} that was used; None if no linear model is involved.
        kind: "exact"; "lower bound" or "upper bound" on the IIE; "estimate" by Monte Carlo.
        standard_error: of `total`, in u^2; None when `total` is no estimate.
        cutoff: relative cut-off below which eigenvalues and singular values counted as zero.
        assumptions: what has to hold for the number to be true.
        source: where the formula is from.
        formula: what was computed.
        interval: (low, high) in u^2, two bounds between which the IIE lies for certain; None for
            an exact value or where only one side is known.
    """

    total: float
    per_coordinate: float
    relative: float
    rank: int | None
    kind: str
    standard_error: float | None
    cutoff: float | None
    assumptions: tuple[str, ...]
    source: str
    formula: str = ""
    interval: tuple[float, float] | None = None

    def psnr(self, value_range: SupportsFloat) -> float:
        """10 log10(value_range^2 / per_coordinate), in dB; infinite if the error is 0.

        The PSNR of the mean squared error over the prior, not the mean of single images' PSNRs. A
        lower bound on the error is an upper bound on the PSNR.

        Args:
            value_range: largest minus smallest possible value of a coordinate, in u (1 or 255).

        Raises:
            ValueError: if `value_range` is not positive and finite.

        Examples:
            >>> from iie import ideal_inversion_error
            >>> ideal_inversion_error([[0.01, 0], [0, 0.01]], [[0, 0]]).psnr(1.0)
            20.0
        """
        scale = float(value_range)
        if not 0 < scale < math.inf:
            msg = f"`value_range` must be positive and finite, got {value_range}"
            raise ValueError(msg)
        if self.per_coordinate == 0:
            return math.inf
        return 10 * (2 * math.log10(scale) - math.log10(self.per_coordinate))


def inversion_error(
    total: float, variance: float, dim: int, kind: Kind, **facts: Any
) -> InversionError:
    """The result for an error of `total` under a prior with tr S = `variance`.

    Raises:
        ValueError: if either is not a finite number.
    """
    if not (math.isfinite(total) and math.isfinite(variance)):
        msg = "`covariance` must have a trace that float64 can hold, got an overflow; change units"
        raise ValueError(msg)
    facts = {"rank": None, "standard_error": None, "cutoff": None, **facts}
    return InversionError(
        total=total,
        per_coordinate=total / dim,
        relative=min(total / variance, 1.0) if variance > 0 else 0.0,
        kind=kind,
        **facts,
    )
