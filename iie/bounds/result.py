"""One bound on the ideal inversion error, and the best of several with the table of all."""

from dataclasses import dataclass
from typing import Any, Literal

from iie.error.result import A3 as A3
from iie.records import Record

A2_ANY = "A2: y = f(x) + e with e ~ N(0, N) independent of x; f may be any function"
EVERY_ATTACKER = "holds for every attacker, biased or not"


@dataclass(frozen=True, eq=False, repr=False)
class Bound(Record):
    """One bound on the IIE, with what it assumes.

    Attributes:
        name: which bound.
        total: bound on E||x - E[x | y]||^2, summed over coordinates, in u^2.
        per_coordinate: total / d, in u^2.
        relative: total / variance; None where that is not known.
        variance: tr S of what is sought, in u^2; None where it is not known.
        kind: "lower bound" or "upper bound".
        confidence: probability with which the bound holds; 1 if nothing was estimated.
        standard_error: of the estimate that `total` is the limit of, in u^2; None for no estimate.
        assumptions: what has to hold for the bound to be true.
        source: where the bound is from.
        formula: what was computed.
        bits: what the release tells at most, where the bound goes through information; else None.
    """

    name: str
    total: float
    per_coordinate: float
    relative: float | None
    variance: float | None
    kind: Literal["lower bound", "upper bound"]
    confidence: float
    standard_error: float | None
    assumptions: tuple[str, ...]
    source: str
    formula: str
    bits: float | None = None


@dataclass(frozen=True, eq=False, repr=False)
class BoundTable(Record):
    """Several bounds of one kind on one error, all true together with probability `confidence`.

    Attributes:
        best: the largest lower or the smallest upper bound.
        table: all of them, the best first.
        confidence: with which all hold at once. Each estimated one was given its share of the risk
            (Bonferroni), so that choosing the best costs nothing.
    """

    best: Bound
    table: tuple[Bound, ...]
    confidence: float


def bound(
    kind: Literal["lower bound", "upper bound"],
    total: float,
    dim: int,
    variance: float | None,
    **facts: Any,
) -> Bound:
    """The bound `total` on the error of d coordinates with tr S = `variance`; never negative."""
    total = max(total, 0.0)
    relative = None if variance is None else total / variance if variance > 0 else 0.0
    shared = {"total": total, "per_coordinate": total / dim, "relative": relative}
    return Bound(**shared, variance=variance, kind=kind, **facts)


def best_of(bounds: list[Bound], confidence: float) -> BoundTable:
    """The table of `bounds`, which hold together with this confidence; not empty."""
    lower = bounds[0].kind == "lower bound"
    table = sorted(bounds, key=lambda one: one.total, reverse=lower)
    sure = 1.0 if all(one.confidence == 1 for one in table) else confidence
    return BoundTable(table[0], tuple(table), sure)
