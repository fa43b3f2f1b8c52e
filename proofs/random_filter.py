r"""The random filter's curve r k(r): its isotropic solution, that it falls, and its bounds.

Source: the approximation E IIE ~ r k(r) is Derezinski, Liang, Liao and Mahoney 2020, Theorem 1, and
is not derived here; what follows about its right-hand side is ours. The upper bound on E IIE itself
is Halko, Martinsson and Tropp 2011, Theorem 10.5, not derived; here is the form it is used in.
Assumptions: eigenvalues l_i > 0 of S, 0 < r < d, k > 0 the root of sum_i l_i / (l_i + k) = r.
Generality: term by term, so for every d and real r, where the claim is one about terms; explicit
symbolic eigenvalues for d = 2..4 where pairs of terms are summed. Exactness at d = 2, r = 1 by
integration over all directions.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import Claim, Identity, check

l, k = sp.symbols("l k", positive=True)  # noqa: E741
TERMS = "term by term, so every d and every real r in (0, d)"


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""For eigenvalues $l_1\ge\dots\ge l_d>0$ and $0<r<d$ let $k(r)>0$ be the root of
$\sum_i l_i/(l_i+k)=r$. Then $k$ is unique, $r\,k(r)$ falls in $r$,
\[ \sum_{i>r}l_i\;\le\; r\,k(r)\;\le\;\Bigl(1-\frac rd\Bigr)\operatorname{tr}S , \]
with $r\,k(r)=s^2(d-r)$ for $S=s^2I$, where it is the exact error; it is exact, too, for $d=2$,
$r=1$: $k=\sqrt{l_1l_2}$. For every prior and $m<r-1$,
\[ E\,\mathrm{IIE}\;\le\;\frac{r-1}{r-m-1}\sum_{i>m}l_i . \]"""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    share = l / (l + k)
    d, r, s = sp.symbols("d r s", positive=True)
    solution = s**2 * (d - r) / r
    yield Identity(
        "isotropic prior: k = s^2 (d - r) / r is the root",
        "every d and real r",
        d * share.subs(l, s**2).subs(k, solution),
        r,
        r"So $r\,k(r)=s^2(d-r)$, the error of every filter of rank $r$ (theorem\_1).",
    )
    yield Identity(
        "uniqueness: every term l / (l + k) falls in k",
        TERMS,
        -sp.diff(share, k),
        l / (l + k) ** 2,
        r"So $\sum_il_i/(l_i+k)$ falls from $d$ to 0 as $k$ goes from 0 to infinity.",
        nonnegative=True,
    )
    m, tail = sp.symbols("m T", positive=True)
    yield Identity(
        "range finder: E IIE <= (1 + m / (p - 1)) sum_{i>m} l_i with m + p = r rows",
        "every m < r - 1",
        (1 + m / (r - m - 1)) * tail,
        (r - 1) / (r - m - 1) * tail,
        r"Halko et al., Theorem 10.5, for $A=S^{1/2}$: $E\|(I-P)A\|_F^2$, $T=\sum_{i>m}l_i$.",
        sp.simplify,
    )
    yield from _falls()
    yield from _bounds()
    yield from _two_dimensions()


def _falls() -> Iterator[Identity]:
    # With B = sum l/(l+k)^2: dk/dr = -1/B, and (r k)' = k + r k' = (k B - r) / B.
    share, slope = l / (l + k), l / (l + k) ** 2
    yield Identity(
        "r k(r) falls: k B - r = - sum l_i^2 / (l_i + k)^2, B = sum l_i / (l_i + k)^2",
        TERMS,
        share - k * slope,
        l**2 / (l + k) ** 2,
        r"$k'(r)=-1/B$ by differentiating the equation, so $(rk)'=k-r/B=(kB-r)/B$.",
        nonnegative=True,
    )
    for d in (2, 3):
        values = entries.positive("l", d)
        r_of_k = sp.Add(*(v / (v + k) for v in values))
        B = sp.Add(*(v / (v + k) ** 2 for v in values))
        yield Identity(
            "the same by differentiating r k along the curve",
            f"explicit symbolic eigenvalues: d = {d}",
            sp.diff(r_of_k * k, k) * B,
            -sp.diff(r_of_k, k) * sp.Add(*(v**2 / (v + k) ** 2 for v in values)),
            r"$\mathrm d(rk)/\mathrm dk\ge0$, and $k$ falls in $r$.",
            entries.numerator,
        )


def _bounds() -> Iterator[Identity]:
    share = l / (l + k)
    yield Identity(
        "tr S - r k = sum l_i p_i with p_i = l_i / (l_i + k), 0 < p_i < 1, sum p_i = r",
        TERMS,
        l - share * k,
        l * share,
        r"So the random filter leaks like weights $p_i$ in extreme\_filters: between the most and"
        r" the least leaking filter.",
    )
    a, b = sp.symbols("l_i l_j", positive=True)
    yield Identity(
        "p_i grows with l_i: (l_i - l_j)(p_i - p_j) >= 0",
        "every pair of terms",
        (a - b) * (a / (a + k) - b / (b + k)),
        k * (a - b) ** 2 / ((a + k) * (b + k)),
        "A square over positive numbers.",
        nonnegative=True,
    )
    for d in (2, 3, 4):
        values = entries.positive("l", d)
        p = entries.positive("p", d)
        pairs = list(zip(values, p, strict=True))
        yield Identity(
            "Chebyshev: d sum l_i p_i - sum l_i sum p_i = half the sum over all pairs",
            f"explicit symbolic l and p: d = {d}",
            d * sp.Add(*(v * w for v, w in pairs)) - sp.Add(*values) * sp.Add(*p),
            sp.Add(*((v - a) * (w - b) for v, w in pairs for a, b in pairs)) / 2,
            r"So $\operatorname{tr}S-rk\ge(r/d)\operatorname{tr}S$.",
            sp.expand,
        )


def _two_dimensions() -> Iterator[Identity]:
    a, b = entries.positive("l", 2)
    root = sp.sqrt(a * b)
    yield Identity(
        "d = 2, r = 1: k = sqrt(l_1 l_2) is the root",
        "d = 2, symbolic eigenvalues",
        a / (a + root) + b / (b + root),
        sp.Integer(1),
        "Insert it.",
    )
    t = sp.symbols("t", real=True)
    S, row = sp.diag(a, b), sp.Matrix([[1, t]])
    error = S.trace() - (row * S * S * row.T)[0] / (row * S * row.T)[0]
    yield Identity(
        "d = 2, one row in the direction (1, t): the error is l_1 l_2 (1 + t^2) / (l_1 + l_2 t^2)",
        "d = 2, symbolic eigenvalues, every direction",
        error,
        a * b * (1 + t**2) / (a + b * t**2),
        r"theorem\_1.",
        entries.numerator,
    )
    mean = sp.integrate(a * b / (a + b * t**2), (t, -sp.oo, sp.oo)) / sp.pi
    yield Identity(
        "d = 2, r = 1: the mean error of a Gaussian row is exactly r k(r)",
        "d = 2, symbolic eigenvalues",
        mean,
        root,
        r"A Gaussian row has a uniform direction, so $t$ has the density $1/(\pi(1+t^2))$.",
    )


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())
