r"""Few bits, large error: data processing, entropy and the Gaussian rate-distortion bound.

Source: ours as applied here; the steps are classical (Cover and Thomas 2006, Theorems 2.6.4, 8.6.5,
10.3.2).
Assumptions: x ~ N(mu, S) with any release f that takes at most M = 2^B values; for data processing
any prior and release. Used and not derived: I(x; y) = H(y) - H(y | x) <= H(y) for a discrete y, and
h(x) <= sum_i h(x_i), which makes the bound add up over the coordinates.
Generality: data processing for all dimensions; entropy and the rate of one coordinate term by term,
summed explicitly for M = 2..5 values.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import Claim, Identity, check
from proofs.ideal_attacker import ANY
from proofs.words import letters, rewrite, symmetric, transpose


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""For every $f$, $g$: $\mathrm{IIE}(g\circ f)\ge\mathrm{IIE}(f)$. If $f$ takes at most
$2^B$ values and $x\sim N(\mu,S)$, then
\[ \mathrm{IIE}(f)\;\ge\;D(B\ln2) , \]
$D$ the distortion-rate function (information). A label among $K$ classes has $B=\log_2K$, $r$
outputs of $b$ bits have $B=rb$."""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    yield from _data_processing()
    yield from _entropy()
    yield from _rate()
    yield from _one_bit()


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())


def _data_processing() -> Iterator[Identity]:
    (x,) = letters("x")
    Q, R = symmetric("Q R")
    xt = transpose(x)
    nested = [(Q * Q, Q), (R * R, R), (Q * R, R), (R * Q, R)]
    yield Identity(
        "data processing: IIE(g o f) = IIE(f) + ||E[x|f] - E[x|g o f]||^2",
        ANY,
        xt * (1 - R) * x,
        xt * (1 - Q) * x + xt * (Q - R) * (Q - R) * x,
        r"$Q=E[\cdot\mid f(x)]$, $R=E[\cdot\mid g(f(x))]$; functions of $g(f(x))$ are functions of"
        r" $f(x)$, so $QR=RQ=R$. Equality iff $g$ loses nothing of the posterior mean.",
        lambda residual: rewrite(residual, nested),
    )


def _entropy() -> Iterator[Identity]:
    for count in range(2, 6):
        p = entries.positive("p", count - 1)
        p.append(1 - sp.Add(*p))
        yield Identity(
            "entropy of M values is at most log M: the mean of 1 / (M p_i) - 1 is 0",
            f"explicit symbolic probabilities: M = {count}",
            sp.Add(*(w * (1 / (count * w) - 1) for w in p)),
            sp.Integer(0),
            r"$H-\log M=\sum_ip_i\log\frac1{Mp_i}\le\sum_ip_i(\frac1{Mp_i}-1)$ by"
            r" $\log t\le t-1$ (information).",
        )
    r, b = sp.symbols("r b", positive=True)
    yield Identity(
        "r outputs of b bits: log of the number of values is r b ln 2 nats",
        "every r and b",
        sp.log((2**b) ** r),
        r * b * sp.log(2),
        "Counting.",
        lambda residual: sp.simplify(sp.expand_log(residual, force=True)),
    )


def _rate() -> Iterator[Identity]:
    l, v, D = sp.symbols("l v D", positive=True)  # noqa: E741
    z = sp.symbols("z", real=True)
    density = sp.exp(-(z**2) / (2 * v)) / sp.sqrt(2 * sp.pi * v)
    # -E log of the N(0, v) density, under any law of variance v, needs the second moment only.
    cross = sp.log(2 * sp.pi * v) / 2 + v / (2 * v)
    yield Identity(
        "of all laws with variance v the Gaussian has the largest entropy, 1/2 log(2 pi e v)",
        "one coordinate, every law",
        sp.integrate(
            -density * (-(z**2) / (2 * v) - sp.log(2 * sp.pi * v) / 2), (z, -sp.oo, sp.oo)
        ),
        cross,
        r"Gibbs: $h(x)\le-E\log\varphi_v(x)$, which depends on the law only through $Ex^2=v$.",
        lambda residual: sp.simplify(sp.expand_log(residual)),
    )
    for count in range(2, 5):
        p = entries.positive("p", count - 1)
        p.append(1 - sp.Add(*p))
        left = entries.positive("v", count)  # Var(x | y) for each value of y
        mean = sp.Add(*(w * value for w, value in zip(p, left, strict=True)))
        yield Identity(
            "E log Var(x|y) <= log E Var(x|y): the mean of Var(x|y) / D - 1 is 0",
            f"explicit symbolic probabilities and variances: {count} values of y",
            sp.Add(*(w * (value / mean - 1) for w, value in zip(p, left, strict=True))),
            sp.Integer(0),
            r"$D=E\operatorname{Var}(x\mid y)$ and $\log t\le t-1$.",
        )
    yield Identity(
        "so one coordinate of variance l with error D costs I >= 1/2 log(l / D)",
        "one coordinate, every release",
        sp.log(2 * sp.pi * sp.E * l) / 2 - sp.log(2 * sp.pi * sp.E * D) / 2,
        sp.log(l / D) / 2,
        r"$I=h(x)-h(x\mid y)$, $h(x\mid y)\le E\,\tfrac12\log(2\pi e\operatorname{Var}(x\mid y))$."
        r" Reverse water-filling (information) then finds the least total error.",
        lambda residual: sp.simplify(sp.expand_log(residual)),
    )


def _one_bit() -> Iterator[Identity]:
    z = sp.symbols("z", real=True)
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    centre = 2 * sp.integrate(z * density, (z, 0, sp.oo))
    error = sp.integrate(z**2 * density, (z, -sp.oo, sp.oo)) - centre**2
    yield Identity(
        "example: the sign of x ~ N(0, 1) leaves 1 - 2 / pi",
        "d = 1, by integration",
        error,
        1 - 2 / sp.pi,
        r"The ideal attacker answers $\pm E|x|$.",
    )
    yield Identity(
        "example: that is above the bound for one bit, D(ln 2) = 1 / 4",
        "d = 1",
        error - sp.exp(-2 * sp.log(2)),
        sp.Rational(3, 4) - 2 / sp.pi,
        r"$D(R)=e^{-2R}$. The release is not linear, and theorem\_1 would have said 0 for $x$"
        r" itself: finite precision changes the error.",
        nonnegative=True,
    )
