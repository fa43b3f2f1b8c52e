r"""An attacker who draws from the posterior pays exactly twice the ideal inversion error.

Source: ours.
Assumptions: finite second moments; x and x' independent given y, each with law P(x | y).
Generality: all dimensions, every prior and release (conditioning as a projector, see
ideal_attacker); a finite space with explicit symbolic entries by brute force; the Gaussian sampler
(Matheron's rule) for all dimensions and ranks.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import EVERY_SIZE, Claim, Identity, check
from proofs.ideal_attacker import (
    CONDITIONING,
    G0,
    N,
    Q,
    S,
    W,
    e,
    mu,
    normal_equation,
    u,
    x,
)
from proofs.words import expectation, letters, rewrite, transpose


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""Let $x'\sim P(x\mid y)$ be drawn independently of $x$ given $y=f(x)$. Then
\[ E\|x-x'\|^2 = 2\,\mathrm{IIE} \]
for every prior and every $f$. For a Gaussian prior and $y=Wx+b+e$, $x'=\tilde x+G_0(y-\tilde y)$
with a fresh $(\tilde x,\tilde y)$ from prior and model is such a draw."""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    xt = transpose(x)
    yield Identity(
        "E||x - x'||^2 = 2 E||x - E[x|y]||^2",
        "every prior and release with finite second moments; all dimensions",
        2 * xt * x - 2 * xt * Q * x,
        2 * (xt - xt * Q) * (x - Q * x),
        r"$E\|x'\|^2=E\|x\|^2$; and $E\langle x,x'\rangle=E\|E[x\mid y]\|^2=\langle x,Qx\rangle$,"
        r" as $x$ and $x'$ are independent given $y$.",
        lambda residual: rewrite(residual, CONDITIONING),
    )
    yield _finite_space()
    # Matheron's rule: a second, independent copy (v, h) of (u, e).
    v, h = letters("v h")
    drawn = mu + v + G0 * (W * (mu + u) + e - W * (mu + v) - h)
    moments = {u: S, e: N, v: S, h: N}
    posterior = S - G0 * W * S

    def given_normal(residual: sp.Expr) -> sp.Expr:
        return rewrite(residual, normal_equation(G0, N))

    guess = mu + G0 * (W * u + e)
    released = W * u + e
    yield Identity(
        "Matheron: the draw minus the posterior mean has covariance C",
        EVERY_SIZE,
        expectation((drawn - guess) * transpose(drawn - guess), moments),
        posterior,
        r"$C=S-G_0WS$.",
        given_normal,
    )
    yield Identity(
        "Matheron: and is uncorrelated with y, so the draw has the law of x given y",
        EVERY_SIZE,
        expectation((drawn - guess) * transpose(released), moments),
        sp.Integer(0),
        "Jointly Gaussian: mean, covariance and independence of $y$ fix the law.",
        given_normal,
    )
    difference = mu + u - drawn
    yield Identity(
        "Gaussian: the error matrix of the draw is 2 C",
        EVERY_SIZE,
        expectation(difference * transpose(difference), moments),
        2 * posterior,
        r"By the normal equation $SW^TG_0^T=G_0WS$.",
        given_normal,
    )


def _finite_space() -> Identity:
    p, values = entries.positive("p", 4), entries.vector("x", 4)
    drawn = ideal = sp.Integer(0)
    for group in ((0, 1), (2, 3)):
        weight = sum(p[i] for i in group)
        mean = sum(p[i] * values[i] for i in group) / weight
        for i in group:
            ideal += p[i] * (values[i] - mean) ** 2
            for j in group:
                drawn += p[i] * p[j] / weight * (values[i] - values[j]) ** 2
    return Identity(
        "the same by summing over all pairs (x, x')",
        "explicit symbolic probabilities and values: 4 atoms, 2 values of y, d = 1",
        drawn,
        2 * ideal,
        "No projector is used.",
        entries.numerator,
    )


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())
