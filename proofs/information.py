r"""Information in a noisy release, its slope in the signal-to-noise ratio, reverse water-filling.

Source: Cover and Thomas 2006 (section 9.4 and Theorem 10.3.3), Guo, Shamai and Verdu 2005 (Theorem
2); the derivations for this model are ours.
Assumptions: A1 x ~ N(mu, S); y = W x + e with e ~ N(0, N) invertible; for R(D) the known fact that
one Gaussian coordinate of variance l needs 1/2 log(l / D) nats for an error D <= l.
Generality: the matrix identity of I-MMSE for all dimensions, by words; determinants and their
derivatives with explicit symbolic entries up to 3 x 3; water-filling coordinate by coordinate, so
for every d, and the level for k = 1..4 coordinates above it.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import EVERY_SIZE, Claim, Identity, check
from proofs.words import inverse, rewrite, symmetric


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""For $y=Wx+e$, $e\sim N(0,N)$, in nats,
\[ I(x;y)=\tfrac12\log\det(I+N^{-1}WSW^T), \qquad
\frac{\mathrm d}{\mathrm d\gamma} I(x;\sqrt\gamma\,Wx+n)=\tfrac12\,\mathrm{mmse}(Wx;\gamma)
=\tfrac12\sum_i\frac{s_i^2}{1+\gamma s_i^2}, \]
$n\sim N(0,I)$, $s_i$ the singular values of $WS^{1/2}$. The distortion-rate function of $N(\mu,S)$
is $D(R)=\sum_i\min(q,l_i)$ with $\sum_i\tfrac12\log\max(l_i/q,1)=R$."""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    yield from _channel()
    yield from _i_mmse()
    yield from _water_filling()
    yield from _level()


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())


def _channel() -> Iterator[Identity]:
    for m in (1, 2, 3):
        K, N = entries.symmetric("k", m), entries.symmetric("n", m)
        yield Identity(
            "h(y) - h(e): det(K + N) / det N = det(I + N^{-1} K)",
            f"explicit symbolic entries: m = {m}",
            (K + N).det(),
            (N.det() * sp.eye(m) + N.adjugate() * K).det() / N.det() ** (m - 1),
            r"$I(x;y)=h(y)-h(e)$ and $h(N(\cdot,K))=\tfrac12\log\det(2\pi eK)$.",
            entries.numerator,
            shown=r"\det(K+N)/\det N=\det(I+N^{-1}K)",
        )
    l, w, t, n = sp.symbols("l w t n", positive=True)  # noqa: E741
    z = sp.symbols("z", real=True)
    density = sp.exp(-(z**2) / (2 * n)) / sp.sqrt(2 * sp.pi * n)
    yield Identity(
        "the entropy of N(0, n) is 1/2 log(2 pi e n)",
        "one coordinate, symbolic variance",
        sp.integrate((z**2 / (2 * n) + sp.log(2 * sp.pi * n) / 2) * density, (z, -sp.oo, sp.oo)),
        sp.log(2 * sp.pi * sp.E * n) / 2,
        r"$-\log$ of the density is the factor in front.",
        lambda residual: sp.simplify(sp.expand_log(residual)),
    )
    both = sp.Matrix([[l, w * l], [w * l, w**2 * l + t]])
    yield Identity(
        "one coordinate: log of prior variance over posterior variance",
        "1 x 1, symbolic variance, weight and noise",
        l * (w**2 * l + t) / both.det(),
        1 + w**2 * l / t,
        r"$I=h(x)-h(x\mid y)$ with $\operatorname{Var}(x\mid y)=\det/\operatorname{Var}y$.",
        entries.numerator,
    )


def _i_mmse() -> Iterator[Identity]:
    g = sp.symbols("\\gamma", positive=True)
    K, M = symmetric("K M")  # W S W^T and I + g K
    Mi, rules = inverse(M)
    yield Identity(
        "mmse of W x: W C W^T = K (I + g K)^{-1}, K = W S W^T",
        EVERY_SIZE,
        K - g * K * Mi * K,
        K * Mi,
        r"$C=S-\gamma SW^T(I+\gamma K)^{-1}WS$; write $\gamma K=M-I$.",
        lambda residual: rewrite(residual, [*rules, (K, (M - 1) / g)]),
    )
    for m in (1, 2, 3):
        Ke = entries.symmetric("k", m)
        channel = sp.eye(m) + g * Ke
        yield Identity(
            "I-MMSE: d/dg log det(I + g K) = tr(K (I + g K)^{-1})",
            f"explicit symbolic entries: m = {m}",
            sp.diff(channel.det(), g),
            (Ke * channel.adjugate()).trace(),
            r"Jacobi's formula, times $\det(I+\gamma K)$: twice the information is the $\log\det$.",
            sp.expand,
            shown=r"\frac{\mathrm d}{\mathrm d\gamma}\log\det(I+\gamma K)"
            r"=\operatorname{tr}(K(I+\gamma K)^{-1})",
        )
    e = sp.symbols("e", positive=True)
    yield Identity(
        "I-MMSE for one singular value, e = s_i^2",
        "mode by mode, so all dimensions",
        sp.diff(sp.log(1 + g * e) / 2, g),
        e / (1 + g * e) / 2,
        "The logarithm of the determinant is the sum over the modes.",
    )


def _water_filling() -> Iterator[Identity]:
    l, D, q, multiplier = sp.symbols("l D q \\lambda", positive=True)  # noqa: E741
    lagrangian = sp.log(l / D) / 2 + multiplier * D
    yield Identity(
        "stationarity: all coordinates above the water have the same error q = 1 / (2 lambda)",
        "coordinate by coordinate, so every d",
        sp.diff(lagrangian, D).subs(D, 1 / (2 * multiplier)),
        sp.Integer(0),
        r"The rate $\sum_i\tfrac12\log(l_i/D_i)$ under a total error $\sum_iD_i=D$.",
    )
    gap = sp.symbols("g", nonnegative=True)
    yield Identity(
        "complementary slackness: at D_i = l_i = q - g the cost still falls in D_i",
        "coordinate by coordinate, so every d",
        -sp.diff(lagrangian, D).subs(D, q - gap).subs(multiplier, 1 / (2 * q)) * (q - gap),
        gap / (2 * q),
        r"So a coordinate with $l_i\le q$ is given no bits: $D_i=\min(q,l_i)$.",
        nonnegative=True,
    )
    ratio = sp.symbols("t", positive=True)
    slack = ratio - 1 - sp.log(ratio)
    yield Identity(
        "t - 1 - log t has its minimum at t = 1: the derivative times t is t - 1",
        "t > 0",
        sp.diff(slack, ratio) * ratio,
        ratio - 1,
        r"Its value there is 0, so $t-1-\log t\ge0$.",
    )
    yield Identity(
        "global optimum: any errors D_i cost more by 1/2 (t - 1 - log t), t = D_i / q",
        "coordinate by coordinate, so every d",
        sp.log(l / D) / 2 + D / (2 * q) - (sp.log(l / q) / 2 + sp.Rational(1, 2)),
        slack.subs(ratio, D / q) / 2,
        r"The Lagrangian at $D_i$ minus that at $q$; for $l_i\le q$ it falls up to $D_i=l_i$. So no"
        r" allocation of the same total error has a smaller rate.",
        lambda residual: sp.simplify(sp.expand_log(residual)),
    )


def _level() -> Iterator[Identity]:
    q, R, tail = sp.symbols("q R \\tau", positive=True)
    for k in range(1, 5):
        values = entries.positive("l", k)
        at_lowest = sp.Add(*(sp.log(v / values[-1]) for v in values)) / 2
        level = values[-1] * sp.exp(-2 * (R - at_lowest) / k)
        yield Identity(
            "the water level for R nats, k coordinates above it",
            f"explicit symbolic eigenvalues: k = {k}",
            sp.Add(*(sp.log(v / level) for v in values)) / 2,
            R,
            r"$q=l_k\exp(-2(R-R_k)/k)$, $R_k$ the rate that brings the level down to $l_k$.",
            lambda residual: sp.simplify(sp.expand_log(residual, force=True)),
            shown=r"\sum_{i\le k}\tfrac12\log(l_i/q)=R",
        )
    count = sp.symbols("k", positive=True, integer=True)
    slope = sp.diff(count * q + tail, q) / sp.diff(-count * sp.log(q) / 2, q)
    yield Identity(
        "slope: dD/dR = -2 q, so D falls and is convex in R",
        "every d and every number k of coordinates above the water",
        slope,
        -2 * q,
        r"$D=kq+\tau$, $R=\text{const}-\tfrac k2\log q$; and $q$ falls in $R$.",
    )
    mse, peak = sp.symbols("e p", positive=True)
    psnr = 10 * sp.log(peak**2 / mse, 10)
    yield Identity(
        "PSNR = 10 log10(range^2 / MSE) is undone by MSE = range^2 10^(-PSNR / 10)",
        "every MSE > 0",
        peak**2 * sp.exp(-psnr * sp.log(10) / 10),
        mse,
        "Definition.",
    )
