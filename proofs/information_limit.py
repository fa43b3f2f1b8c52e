r"""At most so many bits: information from above by any law of the release, and what bits forbid.

Source: Cover and Thomas 2006 (Theorems 2.6.3, 8.6.5 and problem 10.8); applied to releases by us.
Assumptions: y = f(x) + e with e ~ N(0, N) independent of x; f and the law of x are any. Used and
not derived: a divergence is not negative; the pairwise bound on the entropy of a mixture
(Kolchinsky and Tracey 2017) and the entropy of Student's t.
Generality: the decomposition with explicit symbolic probabilities for 2 inputs and 2 outputs;
Gaussian divergence for one principal axis, axes add up; counting and Shannon's bound for every
size.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import Claim, Identity, check


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""For $y=f(x)+e$, $e\sim N(0,N)$, every law $q$ and every attacker $A$,
\[ I(x;y)\le E\,\mathrm{KL}(N(f(x),N)\,\|\,q), \qquad
E\|x-A(y)\|^2\ge\frac d{2\pi e}e^{2(h(x)-I)/d} , \]
and for Gaussian $x$ the larger $D(I)$ (information)."""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    yield from _information()
    yield from _shannon()


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())


def _information() -> Iterator[Identity]:
    p = entries.positive("p", 2)
    q = entries.positive("q", 2)
    given = sp.Matrix(2, 2, lambda i, j: sp.Symbol(f"w_{i + 1}{j + 1}", positive=True))
    out = [sp.Add(*(p[i] * given[i, j] for i in range(2))) for j in range(2)]
    cells = [(i, j) for i in range(2) for j in range(2)]
    against = sp.Add(*(p[i] * given[i, j] * sp.log(given[i, j] / q[j]) for i, j in cells))
    told = sp.Add(*(p[i] * given[i, j] * sp.log(given[i, j] / out[j]) for i, j in cells))
    missed = sp.Add(*(y * sp.log(y / t) for y, t in zip(out, q, strict=True)))
    yield Identity(
        "mean divergence from any q = information + divergence of y from q",
        "explicit symbolic probabilities: 2 inputs, 2 outputs",
        against,
        told + missed,
        r"The last term is not negative; so any $q$ bounds $I(x;y)$ from above, and a better fit"
        r" bounds it more tightly.",
        lambda residual: sp.simplify(sp.expand(sp.expand_log(residual, force=True))),
    )
    v = sp.symbols("v", positive=True)
    f, mean, y = sp.symbols("f m y", real=True)
    density = sp.exp(-((y - f) ** 2) / 2) / sp.sqrt(2 * sp.pi)
    log_ratio = -((y - f) ** 2) / 2 + (y - mean) ** 2 / (2 * v) + sp.log(v) / 2
    yield Identity(
        "KL(N(f, 1) || N(m, v)) = ((f - m)^2 / v + 1 / v - 1 + log v) / 2",
        "one principal axis, symbolic means and variance",
        sp.integrate(sp.expand(density * log_ratio), (y, -sp.oo, sp.oo)),
        ((f - mean) ** 2 / v + 1 / v - 1 + sp.log(v)) / 2,
        r"In the principal axes of $f$ the noise is $N(0,I)$ and the axes add up.",
    )
    K, k = sp.symbols("K k", positive=True, integer=True)
    yield Identity(
        "ranked lists of k of K labels: K! / (K - k)! = C(K, k) k!",
        "every K and k <= K",
        sp.factorial(K) / sp.factorial(K - k),
        sp.binomial(K, k) * sp.factorial(k),
        r"So an order of $k$ labels tells $\log_2k!$ bits beside the set, and $k$ scores of $b$"
        r" bits $kb$ more.",
        lambda residual: sp.gammasimp(residual.rewrite(sp.gamma)),
    )


def _shannon() -> Iterator[Identity]:
    d, D = sp.symbols("d D", positive=True)
    h, told = sp.symbols("h I", real=True)
    solved = d / (2 * sp.pi * sp.E) * sp.exp(2 * (h - told) / d)
    yield Identity(
        "Shannon: I = h - (d/2) log(2 pi e D / d) is solved by D = d exp(2 (h - I) / d) / (2 pi e)",
        "every d and h",
        h - d / 2 * sp.log(2 * sp.pi * sp.E * D / d).subs(D, solved),
        told,
        r"$I=h(x)-h(x\mid y)$, and an error of $D$ has at most the entropy of $N(0,(D/d)I)$"
        r" (quantised\_release, inequality of means).",
        lambda residual: sp.simplify(sp.expand_log(residual, force=True)),
    )
