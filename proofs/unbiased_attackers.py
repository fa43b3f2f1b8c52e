r"""Hammersley-Chapman-Robbins and dFIL: bounds on unbiased attackers, and on no others.

Source: Chapman and Robbins 1951; Maeng et al. 2023 (dFIL); the example is ours.
Assumptions: y = f(x) + e with e ~ N(0, N); the attacker is unbiased, E[A(y) | x] = x for every x.
Generality: the Gaussian integral for one number, numbers multiply; traces for d = 2; one example.
"""

from collections.abc import Iterator

import sympy as sp

from proofs.claim import Claim, Identity, check
from proofs.entries import numerator


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""If $E[A(y)\mid x]=x$ for every $x$, then
\[ E\|x-A(y)\|^2\ge\sup_h\frac{\|h\|^2}{e^{\|f(x+h)-f(x)\|_N^2}-1}, \qquad
\tfrac1dE\|x-A(y)\|^2\ge\frac1{\mathrm{dFIL}}=\frac d{\operatorname{tr}J^TN^{-1}J}. \]
The ideal attacker is biased: neither bounds the IIE."""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    yield from _unbiased()


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())


def _unbiased() -> Iterator[Identity]:
    y, h = sp.symbols("y h", real=True)
    ratio = sp.exp(-((y - h) ** 2) + y**2 / 2) / sp.sqrt(2 * sp.pi)
    yield Identity(
        "int N(y; h, 1)^2 / N(y; 0, 1) dy = exp(h^2)",
        "one number; numbers multiply",
        sp.integrate(ratio, (y, -sp.oo, sp.oo)),
        sp.exp(h**2),
        r"Hammersley-Chapman-Robbins: Cauchy-Schwarz for $E[A\mid x+h]-E[A\mid x]=h$, which only an"
        r" unbiased attacker owes.",
    )
    a, b = sp.symbols("a b", positive=True)
    yield Identity(
        "dFIL: tr F^{-1} >= d^2 / tr F",
        "d = 2, eigenvalues a and b",
        1 / a + 1 / b - 4 / (a + b),
        (a - b) ** 2 / (a * b * (a + b)),
        r"The error a coordinate is then at least $1/\mathrm{dFIL}=d/\operatorname{tr}F$.",
        numerator,
        nonnegative=True,
    )
    w = sp.Rational(1, 10)
    yield Identity(
        "neither bounds the IIE: x ~ N(0, 1), y = x / 10 + e: unbiased 100, ideal 100/101",
        "d = 1",
        sp.limit(h**2 / (sp.exp(w**2 * h**2) - 1), h, 0) - 1 / (1 + w**2),
        100 - sp.Rational(100, 101),
        r"The posterior variance is $1/(1+1/100)$; the attacker who knows the prior is biased.",
    )
