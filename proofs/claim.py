"""A claim as an identity that is checked: its two sides, why they are equal, and for what."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sympy as sp

EVERY_SIZE = "all dimensions and ranks"


@dataclass(frozen=True)
class Identity:
    """left = right, not yet checked.

    Attributes:
        claim: what it says, in words.
        generality: for which dimensions, ranks and entries.
        left: an expression, or a matrix of them.
        right: what it equals.
        because: the argument around the algebra, as LaTeX text.
        reduce: takes an expression to 0 if, by the hypotheses, it is 0.
        nonnegative: whether `right` is claimed to be >= 0 on its face, by SymPy's assumptions.
        shown: the identity as LaTeX, where SymPy's own form of it would not be read.
    """

    claim: str
    generality: str
    left: Any
    right: Any
    because: str
    reduce: Callable[[sp.Expr], Any] = sp.simplify
    nonnegative: bool = False
    shown: str = ""


@dataclass(frozen=True)
class Claim:
    """A verified identity.

    Attributes:
        text: what was claimed.
        generality: for which dimensions, ranks and entries it was verified.
        seconds: taken to derive and verify it.
    """

    text: str
    generality: str
    seconds: float


class ProofError(ArithmeticError):
    """An identity does not hold.

    Attributes:
        identity: the one.
        residual: what is left of left - right; or of `right`, where its sign is not evident.
    """

    def __init__(self, identity: Identity, residual: Any):
        super().__init__(f"{identity.claim}: the residual is {residual}, not 0")
        self.identity = identity
        self.residual = residual


def check(identities: Iterable[Identity]) -> list[Claim]:
    """Check every identity.

    Raises:
        ProofError: if one does not hold; with the residual.
    """
    return list(check_each(identities))


def check_each(identities: Iterable[Identity]) -> Iterator[Claim]:
    """The claims, one at a time; the time of each includes its derivation.

    Raises:
        ProofError: if one does not hold; with the residual.
    """
    start = time.perf_counter()
    for identity in identities:
        for residual in _entries(identity.left - identity.right):
            left_over = identity.reduce(residual)
            if left_over != 0:
                raise ProofError(identity, left_over)
        for value in _entries(identity.right) if identity.nonnegative else ():
            if not value.is_nonnegative:
                raise ProofError(identity, value)
        end = time.perf_counter()
        yield Claim(identity.claim, identity.generality, end - start)
        start = end


def _entries(value: Any) -> list[sp.Expr]:
    return value.flat() if isinstance(value, sp.MatrixBase) else [sp.sympify(value)]
