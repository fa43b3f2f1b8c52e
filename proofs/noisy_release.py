r"""Noise on the release: two forms of the error, its limits, and the ridge attacker.

Source: ours (Gaussian conditioning and Woodbury's identity).
Assumptions: A1 x ~ N(mu, S); A2 y = W x + b + e, e ~ N(0, N) independent of x; A3.
Generality: all dimensions by words, with S and N invertible only where their inverses are written;
the sum over singular values mode by mode; the noiseless limit at stated small sizes.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import EVERY_SIZE, Claim, Identity, check
from proofs.ideal_attacker import G0, N, S, W, normal_equation
from proofs.words import Rule, inverse, letters, rewrite, symmetric, transpose

Wt = transpose(W)
(K,) = symmetric("K")  # W S W^T + N, the covariance of y
(Ki, K_RULES), (Si, S_RULES), (Ni, N_RULES) = (inverse(letter) for letter in (K, S, N))
NOISY: list[Rule] = [*K_RULES, *S_RULES, *N_RULES, (W * S * Wt, K - N)]
POSTERIOR = S - S * Wt * Ki * W * S
PRECISION = Si + Wt * Ni * W
INVERTIBLE = "all dimensions and ranks of W; S, N and W S W^T + N invertible"


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""For $y=Wx+b+e$, $e\sim N(0,N)$,
\[ \mathrm{IIE}=\operatorname{tr}S-\operatorname{tr}\bigl(SW^T(WSW^T+N)^{-1}WS\bigr)
 =\operatorname{tr}\bigl((S^{-1}+W^TN^{-1}W)^{-1}\bigr) , \]
and for $S=s^2I$, $N=t^2I$ and singular values $w_1,\dots,w_r>0$ of $W$
\[ \mathrm{IIE}=s^2(d-r)+\sum_{i\le r}\frac{s^2t^2}{s^2w_i^2+t^2} . \]
It falls to the noiseless error as $t\to0$ and rises to $\operatorname{tr}S$ as $t\to\infty$. The
ridge attacker $W^T(WW^T+aI)^{-1}(y-b)$ is ideal for $a=t^2/s^2$ and $\mu=0$."""


def inversion_error(covariance: sp.Matrix, weight: sp.Matrix, noise: sp.Matrix) -> sp.Expr:
    """The error tr S - tr(S W^T (W S W^T + N)^{-1} W S), exact for exact entries."""
    shared = covariance * weight.T
    K_ = weight * shared + noise
    return sp.sympify((covariance - shared * K_.inv() * shared.T).trace())


def derive() -> Iterator[Identity]:
    """The identities of the proof."""

    def noisy(residual: sp.Expr) -> sp.Expr:
        return rewrite(residual, NOISY)

    yield Identity(
        "Cov(x - A*(y), y) = 0 with noise, so A* is the posterior mean",
        EVERY_SIZE,
        (1 - G0 * W) * S * Wt - G0 * N,
        sp.Integer(0),
        r"$G_0(WSW^T+N)=SW^T$, of which $G_0=SW^T(WSW^T+N)^+$ is a solution.",
        lambda residual: rewrite(residual, normal_equation(G0, N)),
    )
    yield Identity(
        "Woodbury: the posterior covariance times S^{-1} + W^T N^{-1} W is the identity",
        INVERTIBLE,
        POSTERIOR * PRECISION,
        sp.Integer(1),
        r"Write $WSW^T=K-N$.",
        noisy,
    )
    yield Identity(
        "the gain in information form: S W^T (W S W^T + N)^{-1} = C W^T N^{-1}",
        INVERTIBLE,
        S * Wt * Ki,
        POSTERIOR * Wt * Ni,
        r"$C$ is the posterior covariance.",
        noisy,
    )
    (D,) = symmetric("\\Delta")
    gain = S * Wt * Ki
    yield Identity(
        "more noise never helps: the derivative of the error along D >= 0 is tr(G D G^T) >= 0",
        INVERTIBLE,
        S * Wt * Ki * D * Ki * W * S,
        gain * D * transpose(gain),
        r"$\mathrm d(K^{-1})=-K^{-1}\,\Delta\,K^{-1}$ for $N\to N+\Delta$.",
        noisy,
    )
    yield from _modes()
    yield from _limits()
    yield from _ridge()


def _modes() -> Iterator[Identity]:
    s, t = sp.symbols("s t", positive=True)
    for r, d in ((1, 2), (2, 2), (2, 4), (3, 4)):
        w = entries.positive("w", r)
        weight = sp.zeros(r, d)
        for i, value in enumerate(w):
            weight[i, i] = value
        yield Identity(
            "isotropic prior and noise: s^2 (d - r) + sum of s^2 t^2 / (s^2 w_i^2 + t^2)",
            f"explicit symbolic singular values: r = {r}, d = {d}",
            inversion_error(s**2 * sp.eye(d), weight, t**2 * sp.eye(r)),
            s**2 * (d - r) + sp.Add(*(s**2 * t**2 / (s**2 * wi**2 + t**2) for wi in w)),
            r"$W=\operatorname{diag}(w)$ by orthogonal changes of basis on both sides.",
            entries.numerator,
        )


def _limits() -> Iterator[Identity]:
    t = sp.symbols("t", positive=True)
    for m, d in ((1, 2), (2, 3)):
        Se, We = entries.symmetric("s", d), entries.general("w", m, d)
        K_ = We * Se * We.T
        M = K_ + t**2 * sp.eye(m)
        noisy = (M.adjugate() * We * Se * Se * We.T).trace()
        yield Identity(
            "noiseless limit, W of full row rank: the error of theorem_1",
            f"explicit symbolic entries: W {m} x {d}, S {d} x {d}, N = t^2 I",
            noisy.subs(t, 0) * K_.det(),
            (K_.adjugate() * We * Se * Se * We.T).trace() * M.det().subs(t, 0),
            r"The error is a rational function of $t^2$ whose denominator does not vanish at 0.",
            entries.numerator,
            shown=r"\lim_{t\to0}\operatorname{tr}(SW^T(WSW^T+t^2I)^{-1}WS)"
            r"=\operatorname{tr}(SW^T(WSW^T)^{-1}WS)",
        )
    Se, row = entries.symmetric("s", 2), entries.general("w", 1, 2)
    a, b = sp.symbols("a b", positive=True)
    We = sp.Matrix([[a], [b]]) * row
    M = We * Se * We.T + t**2 * sp.eye(2)
    seen = (M.adjugate() * We * Se * Se * We.T).trace()
    at_zero = sp.cancel(sp.expand(seen) / t**2).subs(t, 0)
    determinant = sp.cancel(sp.expand(M.det()) / t**2).subs(t, 0)
    yield Identity(
        "noiseless limit, two parallel rows: the error of one of them",
        "explicit symbolic entries: W 2 x 2 of rank 1, S 2 x 2, N = t^2 I",
        at_zero * (row * Se * row.T)[0],
        (row * Se * Se * row.T)[0] * determinant,
        r"A factor $t^2$ cancels: the limit takes the pseudo-inverse.",
        entries.numerator,
        shown=r"\lim_{t\to0}\operatorname{tr}(SW^T(WSW^T+t^2I)^{-1}WS)"
        r"=\frac{\|Sw\|^2}{w^TSw}, \qquad W=\begin{pmatrix}aw^T\\bw^T\end{pmatrix}",
    )
    s, w = sp.symbols("s w", positive=True)
    mode = s**2 * t**2 / (s**2 * w**2 + t**2)
    for claim, left, right in (
        ("noiseless limit of a mode is 0", sp.limit(mode, t, 0), sp.Integer(0)),
        ("infinite noise leaves a mode its variance", sp.limit(mode, t, sp.oo), s**2),
    ):
        yield Identity(claim, "every mode", left, right, "A limit in one variable.")


def _ridge() -> Iterator[Identity]:
    a, s, t = sp.symbols("a s t", positive=True)
    yield Identity(
        "ridge: W^T (W W^T + a I)^{-1} = (W^T W + a I)^{-1} W^T",
        EVERY_SIZE,
        (Wt * W + a) * Wt,
        Wt * (W * Wt + a),
        r"Multiply by the two inverses, which exist for $a>0$.",
        sp.expand,
    )
    (R, M) = symmetric("R M")  # W W^T + a, W^T W + a
    (Ri, r_rules), (Mi, m_rules) = inverse(R), inverse(M)
    isotropic = [*r_rules, (W * Wt, R - a)]
    yield Identity(
        "ridge with a = t^2 / s^2 solves the normal equation of S = s^2 I, N = t^2 I",
        EVERY_SIZE,
        (Wt * Ri * (s**2 * W * Wt + t**2)).subs(t, s * sp.sqrt(a)),
        s**2 * Wt,
        r"$t^2=as^2$.",
        lambda residual: rewrite(residual, isotropic),
    )
    x, y = letters("x y")
    best = Mi * Wt * y
    yield Identity(
        "ridge minimises ||W x - y||^2 + a ||x||^2",
        EVERY_SIZE,
        transpose(W * x - y) * (W * x - y) + a * transpose(x) * x,
        transpose(x - best) * M * (x - best) + transpose(y) * (y - W * best),
        r"Completing the square: $M=W^TW+aI>0$, and the last term does not depend on $x$.",
        lambda residual: rewrite(residual, [*m_rules, (Wt * W, M - a)]),
    )


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())
