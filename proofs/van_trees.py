r"""Van Trees' inequality through a generator, and the linear form that is estimated without bias.

Source: van Trees 1968; Gill and Levit 1995; the linear form with its two halves of samples is ours.
Assumptions: y = f(x) + e with e ~ N(0, N) independent of x, f absolutely continuous with Jacobian
J; x with Fisher information J_P, and G(x) what is wanted of it (x itself, or a picture). Used and
not derived: integration by parts for the score psi of (x, y) in x, E (G - A(y)) psi^T = E[J_G].
Generality: inequalities between matrices for all dimensions, by words; Student's t by integration
for d = 1; convexity for two components at one point.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import EVERY_SIZE, Claim, Identity, check
from proofs.words import expectation, inverse, letters, rewrite, symmetric, trace, transpose


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""With $M=E[J^TN^{-1}J]+J_P$ and $B=E[J_G]$ ($B=I$ for $x$ itself), for every attacker
$A$ and every matrix $K$,
\[ E\|G(x)-A(y)\|^2\ge\operatorname{tr}BM^{-1}B^T
\ge2\operatorname{tr}BK^T-\operatorname{tr}KMK^T. \]"""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    yield from _van_trees()
    yield from _fisher_information()


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())


def _van_trees() -> Iterator[Identity]:
    a, psi = letters("a \\psi")
    E, M = symmetric("E M")
    B, K = letters("B K")
    Mi, rules = inverse(M)
    at, Bt, Kt = transpose(a), transpose(B), transpose(K)
    moments = [
        (a * at, E),
        (a * transpose(psi), B),
        (psi * at, Bt),
        (psi * transpose(psi), M),
    ]
    rest = a - K * psi
    yield Identity(
        "van Trees: for every K, E||a||^2 = 2 tr B K^T - tr K M K^T + E||a - K psi||^2",
        f"every prior, release and attacker; {EVERY_SIZE}",
        trace(rewrite(a * at, moments)),
        trace(2 * B * Kt - K * M * Kt + rewrite(rest * transpose(rest), moments)),
        r"$a=G-A(y)$ is the error, $\psi$ the score of $(x,y)$ in $x$ (with its sign turned),"
        r" $E\psi\psi^T=M$, and $Ea\psi^T=B$ by integration by parts: $A(y)$ does not depend on"
        r" $x$. The last term is not negative.",
        sp.expand,
        shown=r"E\|a\|^2=2\operatorname{tr}BK^T-\operatorname{tr}KMK^T+E\|a-K\psi\|^2",
    )
    gap = B * Mi - K
    yield Identity(
        "the best K is B M^{-1}: tr B M^{-1} B^T minus the linear form is a trace of a square",
        EVERY_SIZE,
        trace(B * Mi * Bt),
        trace(rewrite(2 * B * Kt - K * M * Kt + gap * M * transpose(gap), rules)),
        r"So a $K$ from other samples loses $\operatorname{tr}(BM^{-1}-K)M(BM^{-1}-K)^T\ge0$ and"
        r" leaves a mean to be estimated, without bias; $\operatorname{tr}$ of the inverse of a"
        r" mean would be biased upwards.",
        sp.expand,
        shown=r"\operatorname{tr}BM^{-1}B^T=2\operatorname{tr}BK^T-\operatorname{tr}KMK^T"
        r"+\operatorname{tr}(BM^{-1}-K)M(BM^{-1}-K)^T",
    )


def _fisher_information() -> Iterator[Identity]:
    J, F, e = letters("J F e")
    N, G = symmetric("N G")
    Ni, noise_rules = inverse(N)
    Fi, root_rules = inverse(F)
    Jt, Ft, Fit = transpose(J), transpose(F), transpose(Fi)
    score = Jt * Ni * e
    yield Identity(
        "the score of y given x is J^T N^{-1} e; its covariance is J^T N^{-1} J",
        EVERY_SIZE,
        expectation(score * transpose(score), {e: N}),
        Jt * Ni * J,
        r"$\log p(y\mid x)=-\tfrac12(y-f)^TN^{-1}(y-f)$ up to a constant.",
        lambda residual: rewrite(residual, noise_rules),
    )
    yield Identity(
        "a root F of J_P^{-1} does without its inverse: G + J_P = F^{-T} (I + F^T G F) F^{-1}",
        EVERY_SIZE,
        Fit * (1 + Ft * G * F) * Fi,
        G + Fit * Fi,
        r"So $\operatorname{tr}(G+J_P)^{-1}=\operatorname{tr}F(I+F^TGF)^{-1}F^T$, which also holds"
        r" for a singular Gaussian: its whitened numbers are the generator's $u$.",
        lambda residual: rewrite(residual, root_rules),
    )
    x = sp.symbols("x", real=True)
    for v in (3, 5):
        weight = (1 + x**2 / v) ** sp.Rational(-(v + 1), 2)
        total = sp.integrate(weight, (x, -sp.oo, sp.oo))
        score_squared = sp.simplify(sp.diff(sp.log(weight), x) ** 2)
        yield Identity(
            "Fisher information of Student's t: (df + 1) / (df + 3) of its squared scale",
            f"d = 1, df = {v}, by integration",
            sp.integrate(sp.simplify(score_squared * weight), (x, -sp.oo, sp.oo)) / total,
            sp.Rational(v + 1, v + 3),
            r"For $d$ coordinates $(\nu+d)/(\nu+d+2)\,\Sigma^{-1}$, with"
            r" $\Sigma=\frac{\nu-2}\nu S$.",
        )
    (w1, w2), (p1, p2) = entries.positive("w", 2), entries.positive("p", 2)
    s1, s2 = sp.symbols("g_1 g_2", real=True)  # slopes of the densities
    yield Identity(
        "Fisher information is convex: a mixture has no more than its components on average",
        "two components at one x; sums and integrals follow",
        w1 * s1**2 / p1 + w2 * s2**2 / p2 - (w1 * s1 + w2 * s2) ** 2 / (w1 * p1 + w2 * p2),
        w1 * w2 * (s1 * p2 - s2 * p1) ** 2 / (p1 * p2 * (w1 * p1 + w2 * p2)),
        r"$\int p'^2/p$ of the mixture; the larger matrix $\sum_kp_kS_k^{-1}$ makes the bound"
        r" smaller, and it holds.",
        entries.numerator,
        nonnegative=True,
    )
