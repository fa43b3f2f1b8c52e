"""Theorem 1: the ideal inversion error of a linear model under a Gaussian prior, exactly."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from iie._linalg import split_prior

ASSUMPTIONS = (
    "A1: the private input is Gaussian, x ~ N(mu, S)",
    "A2: the model is linear and released without noise, f(x) = W x (+ b)",
    "A3: the error is squared, ||x - A(f(x))||^2",
)
SOURCE = (
    "Theorem 1 of Yu et al., KDD 2026, arXiv 2410.05814; its proof text was not available, so A1-A3"
    " and the form for general S are stated by this project, and every consequence is ours"
)


@dataclass(frozen=True)
class InversionError:
    """One ideal inversion error (IIE), with what it assumes.

    Attributes:
        total: E||x - E[x | f(x)]||^2, summed over coordinates, in squared input units u^2.
        per_coordinate: total / d, in u^2 (the pixel mean squared error of an image).
        relative: total / tr S in [0, 1], the share of the input's variance nobody can recover;
            0 when tr S = 0, where there is nothing to recover.
        rank: numerical rank of W S^{1/2} that was used.
        kind: "exact" for a closed form.
        standard_error: of `total`, in u^2; None when `total` is exact.
        cutoff: relative cut-off below which eigenvalues and singular values counted as zero.
        assumptions: what has to hold for the number to be true.
        source: where the formula is from.
    """

    total: float
    per_coordinate: float
    relative: float
    rank: int
    kind: str
    standard_error: float | None
    cutoff: float
    assumptions: tuple[str, ...]
    source: str


class ErrorLaw(NamedTuple):
    """Moments of the ideal attacker's squared error on one sample.

    Attributes:
        mean: the IIE, in u^2.
        variance: in u^4.
        fourth_moment: central, in u^8.
    """

    mean: float
    variance: float
    fourth_moment: float


def ideal_inversion_error(
    covariance: ArrayLike, weight: ArrayLike, *, cutoff: float | None = None
) -> InversionError:
    """Smallest mean squared error of any reconstruction of x ~ N(mu, S) from y = W x + b.

    IIE = tr S - tr(S W^T (W S W^T)^+ W S), and s^2 (d - rank W) for S = s^2 I. It depends on
    neither mu nor b, and on W only through its row space.

    Args:
        covariance: S, "d d", unit u^2; may be singular.
        weight: W, "m d"; may be rank-deficient or have no rows.
        cutoff: relative size below which a singular value is zero, in [0, 1). None stands for
            10 max(m, d) times the epsilon of the coarser input type.

    Returns:
        The error in u^2, in its three forms, with its rank, cut-off and assumptions.

    Raises:
        ValueError: if `covariance` is not symmetric positive semidefinite, the shapes disagree,
            an entry is not a finite real number, or `cutoff` is outside [0, 1).

    Source: references.bib:yu2026rank, Theorem 1.   Proof: proofs/theorem_1.py
    """
    split = split_prior(covariance, weight, cutoff)
    total = float(np.sum(split.unseen**2))
    variance = total + float(np.sum(split.seen**2))
    return InversionError(
        total=total,
        per_coordinate=total / len(split.unseen),
        relative=total / variance if variance > 0 else 0.0,
        rank=split.rank,
        kind="exact",
        standard_error=None,
        cutoff=split.cutoff,
        assumptions=ASSUMPTIONS,
        source=SOURCE,
    )


def ideal_error_law(
    covariance: ArrayLike, weight: ArrayLike, *, cutoff: float | None = None
) -> ErrorLaw:
    """Moments of e = ||x - E[x | y]||^2 over x ~ N(mu, S), y = W x.

    e = sum_i c_i z_i^2 with z_i ~ N(0, 1) and c_i the eigenvalues of C = Cov(x | y), so
    E e = tr C, Var e = 2 tr C^2, E(e - E e)^4 = 48 tr C^4 + 12 (tr C^2)^2.
    Args and Raises as for `ideal_inversion_error`.

    Source: ours.   Proof: proofs/theorem_1.py
    """
    c = np.linalg.svd(split_prior(covariance, weight, cutoff).unseen, compute_uv=False) ** 2
    squares = math.fsum(c**2)
    return ErrorLaw(math.fsum(c), 2 * squares, 48 * math.fsum(c**4) + 12 * squares**2)
