r"""The law of the ideal attacker's error on one sample: its mean, variance and fourth moment.

Source: ours.
Assumptions: A1-A3, with or without Gaussian noise, so that x - A*(y) ~ N(0, C).
Generality: e = sum_i c_i z_i^2 with independent standard normal z_i; cumulants add, so one term is
every d. The determinant form with explicit symbolic entries up to 3 x 3.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import Claim, Identity, check

EVERY_D = "term by term, so every d"


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""Let $e=\|x-A^*(y)\|^2$ and $C=\operatorname{Cov}(x\mid y)$. Then
\[ E e^{te}=\det(I-2tC)^{-1/2}, \quad Ee=\operatorname{tr}C, \quad
\operatorname{Var}e=2\operatorname{tr}C^2, \quad
E(e-Ee)^4=48\operatorname{tr}C^4+12(\operatorname{tr}C^2)^2 . \]"""


def cumulant(order: int) -> sp.Expr:
    """Cumulant of z^2, z ~ N(0, 1), from its generating function -log(1 - 2 t) / 2.

    Those of e are these times tr C^order.
    """
    t = sp.symbols("t")
    return sp.expand(sp.diff(-sp.log(1 - 2 * t) / 2, t, order).subs(t, 0))


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    z, t = sp.symbols("z t", real=True)
    a, c = sp.symbols("a c", positive=True)
    normal = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    # The integrand exp(t c z^2) times the density, with a = 1 - 2 t c > 0.
    yield Identity(
        "E exp(t c z^2) = (1 - 2 t c)^{-1/2}",
        EVERY_D,
        sp.integrate(sp.exp(-a * z**2 / 2) / sp.sqrt(2 * sp.pi), (z, -sp.oo, sp.oo)),
        1 / sp.sqrt(a),
        r"$a=1-2tc>0$.",
    )
    for d in (1, 2, 3):
        C = entries.symmetric("c", d)
        powers = [(C**j).trace() for j in (1, 2)]
        series = sp.diff((sp.eye(d) - 2 * t * C).det(), t)
        second = sp.diff(series, t)
        at = {t: 0}
        yield Identity(
            "log det(I - 2 t C) has the derivatives -2 tr C and -4 tr C^2 at t = 0",
            f"explicit symbolic entries: d = {d}",
            sp.Matrix([series.subs(at), (second - series**2).subs(at)]),
            sp.Matrix([-2 * powers[0], -4 * powers[1]]),
            r"The determinant is 1 at $t=0$; $e=z^TCz$ for a general $C$ has the law of"
            r" $\sum_ic_iz_i^2$, $c_i$ its eigenvalues.",
            sp.expand,
        )
    for order, value, name in (
        (1, 1, "mean tr C"),
        (2, 2, "variance 2 tr C^2"),
        (4, 48, "fourth cumulant 48 tr C^4"),
    ):
        yield Identity(
            f"per-sample error: {name}",
            EVERY_D,
            cumulant(order),
            sp.Integer(value),
            r"Derivatives of $-\tfrac12\log(1-2tc)$; cumulants of independent terms add.",
        )
    trace_2, trace_4 = sp.symbols("T_2 T_4", nonnegative=True)
    yield Identity(
        "fourth central moment = fourth cumulant + 3 variance^2 = 48 tr C^4 + 12 (tr C^2)^2",
        EVERY_D,
        cumulant(4) * trace_4 + 3 * (cumulant(2) * trace_2) ** 2,
        48 * trace_4 + 12 * trace_2**2,
        r"$T_k=\operatorname{tr}C^k$.",
        sp.expand,
    )
    moments = [sp.integrate((c * z**2 - c) ** k * normal, (z, -sp.oo, sp.oo)) for k in (2, 4)]
    yield Identity(
        "the same by integration, d = 1: 2 c^2 and 60 c^4",
        "d = 1, symbolic c",
        sp.Matrix(moments),
        sp.Matrix([2 * c**2, (48 + 12) * c**4]),
        "No generating function is used.",
    )


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())
