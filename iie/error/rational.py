"""Theorem 1 in exact rational arithmetic: the route without rounding, for small instances.

Every float64 is a rational number, so any instance can be asked; the numbers grow with d and m.
Python's integers do the arithmetic.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

from iie._input import checks
from iie._input.types import ArrayLike
from iie.records import Record


@dataclass(frozen=True, eq=False, repr=False)
class RationalError(Record):
    """The ideal inversion error of one filter without rounding.

    Attributes:
        total: the error, summed over coordinates, in u^2.
        rank: rank(W S^{1/2}), of the numbers as given.
    """

    total: Fraction
    rank: int


def rational_inversion_error(covariance: ArrayLike, weight: ArrayLike) -> RationalError:
    """IIE = tr S - tr(S W^T (W S W^T)^+ W S) and rank(W S^{1/2}), both without rounding.

    Rows of W that add nothing under S are left out, which leaves the row space and so the IIE:
    with the pivot rows V, K = V S V^T is invertible and IIE = tr S - tr(K^{-1} V S S V^T). Integer
    elimination of [K | V S] takes the trace pivot by pivot. No eigenvalue, singular
    value or cut-off is involved: rank means rank of the numbers as given.

    Args:
        covariance: S, "d d", in u^2; symmetric to the last bit. Integers, floats or Fractions.
        weight: W, "m d", any number of rows.

    Raises:
        ValueError: if S is not exactly symmetric, no covariance (it has a row of W with variance 0
            and a covariance), the shapes disagree, or an entry is not finite.

    Examples:
        >>> rational_inversion_error([[2, 1], [1, 2]], [[1, 0], [2, 0]])
        RationalError(total=Fraction(3, 2), rank=1)

    Source: references.bib:yu2026rank, Theorem 1; references.bib:bareiss1968sylvester, for the
    elimination.   Proof: proofs/theorem_1.py
    """
    S_, W_ = (
        checks.rational_rows("covariance", covariance),
        checks.rational_rows("weight", weight),
    )
    d = len(S_)
    if d == 0 or any(len(row) != d for row in S_):
        msg = f"`covariance` must be a square matrix, got {d} rows of {len(S_[0]) if d else 0}"
        raise ValueError(msg)
    if any(S_[i][j] != S_[j][i] for i in range(d) for j in range(i)):
        msg = "`covariance` must be exactly symmetric, got entries that differ"
        raise ValueError(msg)
    if any(len(row) != d for row in W_):
        msg = f"`weight` must have {d} columns (the input dimension d), got {len(W_[0])}"
        raise ValueError(msg)
    total = sum((S_[i][i] for i in range(d)), Fraction(0))
    scale, S = _whole(S_)
    seen, rank = _seen(S, [_whole([row])[1][0] for row in W_])
    return RationalError(total - seen / scale, rank)


def _whole(rows: list[list[Fraction]]) -> tuple[int, list[list[int]]]:
    """(q, rows times q), all of them integers. The scale of a row of W does not matter."""
    scale = math.lcm(*(x.denominator for row in rows for x in row))
    return scale, [[x.numerator * (scale // x.denominator) for x in row] for row in rows]


def _seen(S: list[list[int]], W: list[list[int]]) -> tuple[Fraction, int]:
    """tr(S W^T (W S W^T)^+ W S) and the rank, by elimination of [W S W^T | W S] without fractions.

    After k pivots every row holds minors of its first form: the true row times the last pivot.
    """
    shared = [[_dot(w, column) for column in S] for w in W]  # W S, as S is symmetric
    rows = [[*(_dot(row, w) for w in W), *row] for row in shared]
    seen, rank, last = Fraction(0), 0, 1
    for i, row in enumerate(rows):
        pivot = row[i]
        if not any(row):
            continue
        if pivot == 0:
            msg = "`covariance` must be positive semidefinite, got variance 0 with a covariance"
            raise ValueError(msg)
        seen += Fraction(sum(x * x for x in row[len(W) :]), last * pivot)
        for j in range(i + 1, len(rows)):
            factor = rows[j][i]
            rows[j] = [(pivot * x - factor * y) // last for x, y in zip(rows[j], row, strict=True)]
        rank, last = rank + 1, pivot
    return seen, rank


def _dot(a: list[int], b: list[int]) -> int:
    return sum(x * y for x, y in zip(a, b, strict=True))
