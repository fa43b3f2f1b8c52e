r"""Which directions the label needs: linear discriminants suffice, and at most K - 1 of them.

Source: ours (the classical linear discriminant model; Lagrange's sufficiency for the design).
Assumptions: x | k ~ N(mu_k, S_w), class k with probability p_k, S_w invertible;
S_b = M diag(p) M^T with the columns mu_k - mean of M, S = S_w + S_b.
Generality: all dimensions and numbers of classes by words; the rank of S_b also with explicit
symbolic entries.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import Claim, Identity, check
from proofs.words import inverse, letters, rewrite, symmetric, trace, transpose

W, M, F = letters("W M F")
S, Sw, Sb = symmetric("S S_w S_b")
(Si, S_RULES), (Swi, SW_RULES) = inverse(S), inverse(Sw)
CLASSES = "all d and K"


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""The label depends on $x$ only through $V^Tx$, $V=S_w^{-1}(\mu_k-\mu)_{k}$, which has
rank $q=\operatorname{rank}S_b\le K-1$; the same directions are spanned by $S^{-1}(\mu_k-\mu)$. So a
filter with $r\ge q$ can keep all that $x$ tells of its label. With $S=FF^T$, $\Pi$ the projector on
the row space of $WF$ and $A=F^{-1}S_bF^{-T}$, signal and leak are linear in one projector,
\[ \operatorname{tr}\bigl((WSW^T)^{-1}WS_bW^T\bigr)=\operatorname{tr}(\Pi A), \qquad
\operatorname{tr}\bigl(SW^T(WSW^T)^{-1}WS\bigr)=\operatorname{tr}(\Pi F^TF), \]
so that the top $r$ eigenvectors of $wA-(1-w)F^TF$ leak least among all filters of rank $r$ with at
least their signal."""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    yield from _sufficient()
    yield from _rank()
    yield from _design()
    yield from _line()


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())


def _sufficient() -> Iterator[Identity]:
    x, a, b = letters("x \\mu_j \\mu_k")
    xt, at, bt = transpose(x), transpose(a), transpose(b)
    log_ratio = (xt - at) * Swi * (x - a) - (xt - bt) * Swi * (x - b)
    yield Identity(
        "log likelihood ratio of two classes: linear in x, through S_w^{-1} (mu_k - mu_j)",
        CLASSES,
        trace(log_ratio),
        trace(2 * (bt - at) * Swi * x - bt * Swi * b + at * Swi * a),
        r"The quadratic terms are equal and cancel. A ratio that depends on $V^Tx$ alone makes"
        r" $V^Tx$ sufficient (factorisation theorem).",
        shown=r"2\log\frac{N(x;\mu_k,S_w)}{N(x;\mu_j,S_w)}=2(\mu_k-\mu_j)^TS_w^{-1}x"
        r"-\mu_k^TS_w^{-1}\mu_k+\mu_j^TS_w^{-1}\mu_j",
    )
    D = symmetric("D")[0]  # M^T S_w^{-1} M
    Di, d_rules = inverse(D)
    Mt = transpose(M)
    V = Swi * M
    rules = [*SW_RULES, *d_rules, (Mt * Swi * M, D)]
    yield Identity(
        "the filter V^T keeps all Mahalanobis distances between class means",
        "all d and K; directions of V independent",
        Mt * V * Di * transpose(V) * M,
        Mt * Swi * M,
        r"$\operatorname{Cov}(V^Tx\mid k)=V^TS_wV=M^TS_w^{-1}M=D$.",
        lambda residual: rewrite(residual, rules),
    )
    (J,) = letters("J")  # I + diag(p) M^T S_w^{-1} M
    Ji, j_rules = inverse(J)
    (p,) = symmetric("p")
    total = [*SW_RULES, *j_rules, (p * Mt * Swi * M, J - 1)]
    yield Identity(
        "S^{-1} M and S_w^{-1} M span the same: S S_w^{-1} M (I + p M^T S_w^{-1} M)^{-1} = M",
        CLASSES,
        (Sw + M * p * Mt) * Swi * M * Ji,
        M,
        r"$S_b=M\operatorname{diag}(p)M^T$; so the filter can be found from $S$ or $S_w$.",
        lambda residual: rewrite(residual, total),
    )


def _rank() -> Iterator[Identity]:
    means, one = letters("U 1")  # columns mu_k; the vector of ones
    (p,) = letters("\\vec{p}")
    ones = [(transpose(one) * p, sp.Integer(1))]
    yield Identity(
        "the centred class means are linearly dependent: M p = 0",
        CLASSES,
        (means - means * p * transpose(one)) * p,
        sp.Integer(0),
        r"$M=U-Up\mathbf1^T$ and $\mathbf1^Tp=1$; so $\operatorname{rank}S_b\le"
        r"\operatorname{rank}M\le K-1$.",
        lambda residual: rewrite(residual, ones),
    )
    for K in (2, 3):
        weights = entries.positive("p", K)
        centres = entries.general("\\mu", K, K)
        total = sp.Add(*weights)
        mean = sp.Matrix([weights]) * centres / total
        centred = sp.Matrix.vstack(*(centres.row(k) - mean for k in range(K)))
        yield Identity(
            "det S_b = 0 in dimension d = K",
            f"explicit symbolic means and weights: K = d = {K}",
            centred.det(),
            sp.Integer(0),
            r"$\det S_b=\det(\operatorname{diag}p)\det(M)^2$.",
            entries.numerator,
        )


def _design() -> Iterator[Identity]:
    (K,) = symmetric("K")  # W S W^T
    Ki, k_rules = inverse(K)
    Fi, f_rules = inverse(F)
    Ft, Wt = transpose(F), transpose(W)
    projector = Ft * Wt * Ki * W * F

    def reduce(expression: sp.Expr) -> sp.Expr:
        return rewrite(expression, [*k_rules, *f_rules])

    yield Identity(
        "Pi = F^T W^T (W S W^T)^{-1} W F is idempotent",
        "all dimensions; W S W^T invertible",
        rewrite(projector * projector, [*k_rules, (W * F * Ft * Wt, K)]),
        projector,
        r"$S=FF^T$, $K=WSW^T$; $\Pi$ is symmetric by its form.",
    )
    yield Identity(
        "signal: tr((W S W^T)^{-1} W S_b W^T) = tr(Pi F^{-1} S_b F^{-T})",
        "all dimensions; S and W S W^T invertible",
        trace(Ki * W * Sb * Wt),
        trace(reduce(transpose(Fi) * projector * Fi * Sb)),
        r"Cyclicity: $\operatorname{tr}(\Pi A)=\operatorname{tr}(F^{-T}\Pi F^{-1}S_b)$.",
    )
    yield Identity(
        "leak: tr(S W^T (W S W^T)^{-1} W S) = tr(Pi F^T F)",
        "all dimensions; S and W S W^T invertible",
        trace(F * Ft * Wt * Ki * W * F * Ft),
        trace(projector * Ft * F),
        "Cyclicity; the same projector.",
    )
    w, signal, leak, other_signal, other_leak = sp.symbols("w a m a' m'", real=True)
    best, other = w * signal - (1 - w) * leak, w * other_signal - (1 - w) * other_leak
    yield Identity(
        "Lagrange: (1 - w)(leak' - leak) = (best - other) + w (signal' - signal)",
        "every filter, every w in [0, 1)",
        (1 - w) * (other_leak - leak),
        (best - other) + w * (other_signal - signal),
        r"The top $r$ eigenvectors maximise $w\,$signal$\,-(1-w)\,$leak by Ky Fan"
        r" (extreme\_filters), so a filter with at least their signal leaks at least as much.",
        sp.expand,
    )


def _line() -> Iterator[Identity]:
    a, b, p, q = sp.symbols("m_j m_k p q", positive=True)
    z = sp.symbols("z", real=True)
    offset_a, offset_b = sp.log(p) - a**2 / 2, sp.log(q) - b**2 / 2
    crossing = (offset_b - offset_a) / (a - b)
    yield Identity(
        "on a line, classes j and k are equally likely at (o_k - o_j) / (m_j - m_k)",
        "one discriminant coordinate with unit variance",
        (sp.log(p) - (z - a) ** 2 / 2 - sp.log(q) + (z - b) ** 2 / 2).subs(z, crossing),
        sp.Integer(0),
        r"$o_k=\log p_k-m_k^2/2$; between such points one class wins, so the accuracy is a sum of"
        r" normal probabilities.",
        shown=r"m_jz+o_j=m_kz+o_k \quad\text{at}\quad z=\frac{o_k-o_j}{m_j-m_k}",
    )
    m = sp.symbols("m", positive=True)
    density = sp.exp(-((z - m) ** 2) / 2) / sp.sqrt(2 * sp.pi)
    yield Identity(
        "two equal classes at -m and m: the accuracy is Phi(m)",
        "one discriminant coordinate with unit variance",
        sp.integrate(density, (z, 0, sp.oo)),
        (1 + sp.erf(m / sp.sqrt(2))) / 2,
        r"$P(z>0\mid m)$.",
        lambda residual: sp.simplify(residual.rewrite(sp.erf)),
    )
