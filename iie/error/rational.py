"""Theorem 1 in exact rational arithmetic: the route without rounding, for small instances.

Every float64 is a rational number, so any instance can be asked; the numbers grow with d and m,
and minutes pass beyond about d = 100. SymPy does the arithmetic and is imported on first use.
"""

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
    with the pivot rows V, K = V S V^T is invertible and IIE = tr S - tr(K^{-1} V S S V^T). No
    eigenvalue, singular value or cut-off is involved: rank means rank of the numbers as given.

    Args:
        covariance: S, "d d", in u^2; symmetric to the last bit. Integers, floats or Fractions.
        weight: W, "m d", any number of rows.

    Raises:
        ValueError: if S is not exactly symmetric, the shapes disagree, or an entry is not finite.

    Examples:
        >>> rational_inversion_error([[2, 1], [1, 2]], [[1, 0], [2, 0]])
        RationalError(total=Fraction(3, 2), rank=1)

    Source: references.bib:yu2026rank, Theorem 1.   Proof: proofs/theorem_1.py
    """
    from sympy import QQ
    from sympy.polys.matrices import DomainMatrix

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
    if not W_:
        return RationalError(total, 0)

    def domain(rows: list[list[Fraction]]) -> DomainMatrix:
        entries = [[QQ(x.numerator, x.denominator) for x in row] for row in rows]
        return DomainMatrix(entries, (len(rows), d), QQ)

    S = domain(S_)
    shared = domain(W_) * S  # W S
    released = shared * domain(W_).transpose()  # W S W^T
    # Independent columns of a positive semidefinite matrix name rows of W that span the same.
    _, pivots = released.rref()
    if not pivots:
        return RationalError(total, 0)
    K = released.extract(pivots, pivots)
    V = shared.extract(pivots, range(d))
    diagonal = (K.lu_solve(V) * V.transpose()).diagonal()
    seen = sum((Fraction(int(x.numerator), int(x.denominator)) for x in diagonal), Fraction(0))
    return RationalError(total - seen, len(pivots))
