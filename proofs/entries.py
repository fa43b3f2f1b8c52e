"""Matrices with one symbol an entry, and how identities between rational functions are checked."""

from typing import Any

import sympy as sp
from sympy.polys.rings import ring

SymbolMatrix = Any  # a sp.Matrix, whose entries SymPy types too loosely to compute with


def general(name: str, m: int, n: int) -> SymbolMatrix:
    """An m x n matrix of real symbols."""
    return sp.Matrix(m, n, lambda i, j: sp.Symbol(f"{name}_{i + 1}{j + 1}", real=True))


def symmetric(name: str, n: int) -> SymbolMatrix:
    """A symmetric n x n matrix of real symbols."""
    return sp.Matrix(
        n, n, lambda i, j: sp.Symbol(f"{name}_{min(i, j) + 1}{max(i, j) + 1}", real=True)
    )


def vector(name: str, n: int) -> SymbolMatrix:
    """A column of n real symbols."""
    return sp.Matrix(sp.symbols(f"{name}_1:{n + 1}", real=True))


def positive(name: str, n: int) -> list[sp.Expr]:
    """The positive symbols name_1..name_n."""
    return list(sp.symbols(f"{name}_1:{n + 1}", positive=True))


def numerator(expression: sp.Expr) -> sp.Expr:
    """The numerator over one common denominator, multiplied out: 0 iff a rational function is 0.

    The denominators here are variances and determinants, which are assumed not to vanish.
    """
    top = sp.fraction(sp.together(expression))[0]
    symbols = sorted(top.free_symbols, key=str)
    if not symbols:
        return sp.nsimplify(top)
    polynomials = ring(symbols, sp.QQ)[0]
    return polynomials.from_expr(top).as_expr()
