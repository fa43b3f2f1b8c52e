r"""Elliptical priors: the posterior mean is linear, and Theorem 1 holds with their covariance.

Source: classical (linearity of elliptical posterior means); the derivation by reflection is ours.
Assumptions: x = mu + F z, z with the same law under every orthogonal map and E z z^T = I (so S =
F F^T); y = W x + b without noise. For the draw: Student-t with n > 2 degrees of freedom.
Generality: all dimensions and ranks by words for every such law; the Student-t's conditional
density for all d and r as functions of d and r.
"""

from collections.abc import Iterator

import sympy as sp

from proofs.claim import EVERY_SIZE, Claim, Identity, check
from proofs.theorem_1 import PENROSE, B, F, P
from proofs.words import rewrite, symmetric, transpose


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""Let $x=\mu+Fz$ with $z$ spherical, $E zz^T=I$, $S=FF^T$. For $y=Wx+b$,
\[ E[x\mid y]=\mu+SW^T(WSW^T)^+(y-W\mu-b), \qquad
\mathrm{IIE}=\operatorname{tr}S-\operatorname{tr}(SW^T(WSW^T)^+WS) \]
as for a Gaussian. For a Student-t with $n$ degrees of freedom and covariance $S$, given $y$ the
rest of $x$ is a Student-t with $n+r$ degrees of freedom whose scale grows with $n-2+s$,
$s=(y-W\mu-b)^T(WSW^T)^+(y-W\mu-b)$, $r=\operatorname{rank}(WS^{1/2})$."""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    yield from _reflection()
    yield from _student()


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())


def _reflection() -> Iterator[Identity]:
    (Q,) = symmetric("\\Pi")
    H = 2 * Q - 1
    every = f"every spherical z; {EVERY_SIZE}"

    def project(residual: sp.Expr) -> sp.Expr:
        return rewrite(residual, [(Q * Q, Q)])

    for claim, left, right in (
        ("H = 2 Pi - I is orthogonal", H * H, sp.Integer(1)),
        ("H leaves Pi z as it is", H * Q, Q),
        ("H turns (I - Pi) z round", H * (1 - Q), -(1 - Q)),
    ):
        yield Identity(
            claim,
            every,
            left,
            right,
            r"$\Pi$ projects on the row space of $WF$. As $Hz$ has the law of $z$,"
            r" $E[(I-\Pi)z\mid\Pi z]=-E[(I-\Pi)z\mid\Pi z]=0$.",
            project,
        )
    Ft, Bt, Pt = transpose(F), transpose(B), transpose(P)

    def penrose(residual: sp.Expr) -> sp.Expr:
        return rewrite(residual, PENROSE)

    yield Identity(
        "y shows Pi z and nothing else of z: W F Pi = W F, and Pi z = (W F)^+ W F z",
        EVERY_SIZE,
        B * (P * B),
        B,
        r"$y-W\mu-b=WFz$.",
        penrose,
    )
    yield Identity(
        "the posterior mean F Pi z is the gain of theorem_1 applied to W F z",
        EVERY_SIZE,
        F * Bt * Pt * P * B,
        F * (P * B),
        r"$SW^T(WSW^T)^+=FB^TP^TP$, $B=WF$.",
        penrose,
    )
    yield Identity(
        "the error matrix E F (I - Pi) z z^T (I - Pi) F^T is F (I - Pi) F^T",
        every,
        F * (1 - P * B) * (1 - Bt * Pt) * Ft,
        F * (1 - P * B) * Ft,
        r"$Ezz^T=I$; by theorem\_1 its trace is the closed form with $S=FF^T$.",
        penrose,
    )


def _student() -> Iterator[Identity]:
    n, s, q, d, r = sp.symbols("n s q d r", positive=True)
    yield Identity(
        "Student-t density: 1 + (s + q) / (n - 2) = (1 + s / (n - 2)) (1 + q / (n - 2 + s))",
        "all d and r",
        1 + (s + q) / (n - 2),
        (1 + s / (n - 2)) * (1 + q / (n - 2 + s)),
        r"$s=\|\Pi z\|^2$, $q=\|(I-\Pi)z\|^2$: given $s$, the density of the $d-r$ other"
        r" coordinates is a power of $1+q/(n-2+s)$, so of Student-t form.",
    )
    yield Identity(
        "its exponent: (n + d) / 2 = ((n + r) + (d - r)) / 2, so n + r degrees of freedom",
        "all d and r",
        (n + d) / 2,
        ((n + r) + (d - r)) / 2,
        r"In $d-r$ coordinates with $m$ degrees of freedom the exponent is $(m+d-r)/2$.",
        sp.expand,
    )
    x, m = sp.symbols("x m", positive=True)
    density = x ** (m / 2 - 1) * sp.exp(-x / 2) / (2 ** (m / 2) * sp.gamma(m / 2))
    mean = sp.integrate((density / x).subs(m, m + 2), (x, 0, sp.oo))
    yield Identity(
        "E 1 / chi^2 with m + 2 degrees of freedom is 1 / m",
        "every real m > 0",
        mean,
        1 / m,
        r"So the draw $\sqrt{(n-2+s)/\chi^2_{n+r}}$ times a Gaussian residual has the covariance"
        r" $\frac{n-2+s}{n+r-2}\,C$, that of the conditional Student-t.",
        sp.gammasimp,
    )
    yield Identity(
        "averaged over y the stretch is 1: (n - 2 + E s) / (n + r - 2) = 1 with E s = r",
        "all d and r",
        ((n - 2 + s) / (n + r - 2)).subs(s, r),
        sp.Integer(1),
        r"$Es=\operatorname{tr}\Pi=r$, so the draw's error is again twice the IIE.",
    )
