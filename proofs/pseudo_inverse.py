r"""The attacker W^+ y, who knows the model but not the prior: its error, and when it is ideal.

Source: ours.
Assumptions: A2 y = W x; A3; x with mean mu and covariance S, Gaussian where the IIE is named.
Generality: all dimensions and ranks of S and W, by words; the excess with explicit symbolic
entries at d = 2.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import EVERY_SIZE, Claim, Identity, check
from proofs.ideal_attacker import G0, S, W, mu, normal_equation, u
from proofs.words import expectation, letters, penrose, rewrite, transpose

(X,) = letters("X")  # W^+
PENROSE = penrose(W, X)
Wt, Xt = transpose(W), transpose(X)


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""Let $P=W^+W$. The attacker $W^+y$ has the error
\[ \operatorname{tr}\bigl((I-P)S(I-P)\bigr)+\|(I-P)\mu\|^2
 = \mathrm{IIE}+\operatorname{tr}\bigl((W^+-G_0)\,WSW^T(W^+-G_0)^T\bigr)+\|(I-P)\mu\|^2 , \]
$G_0=SW^T(WSW^T)^+$. It is ideal iff $(I-P)SP=0$, i.e.\ the row space of $W$ is invariant under $S$,
and $(I-P)\mu=0$: in particular for $S=s^2I$, $\mu=0$."""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    P = X * W

    def reduce(residual: sp.Expr) -> sp.Expr:
        return rewrite(residual, PENROSE)

    difference = mu + u - X * W * (mu + u)
    yield Identity(
        "error matrix of W^+ y: (I - P) S (I - P) + (I - P) mu mu^T (I - P), P = W^+ W",
        EVERY_SIZE,
        expectation(difference * transpose(difference), {u: S}),
        (1 - P) * S * (1 - P) + (1 - P) * mu * transpose(mu) * (1 - P),
        r"$x-W^+Wx=(I-P)x$ and $P$ is symmetric.",
        reduce,
    )
    yield Identity(
        "its excess over the ideal attacker, mean apart, is a PSD matrix",
        EVERY_SIZE,
        (1 - P) * S * (1 - transpose(P)),
        S - G0 * W * S + (X - G0) * W * S * Wt * (Xt - transpose(G0)),
        "Completing the square.",
        lambda residual: rewrite(residual, normal_equation(G0, sp.Integer(0))),
    )
    yield Identity(
        "the excess vanishes iff W^+ W S W^T = S W^T, i.e. (I - P) S P = 0",
        EVERY_SIZE,
        (S * Wt - X * W * S * Wt) * Xt,
        (1 - P) * S * P,
        r"The excess is 0 iff $W^+WSW^T=G_0WSW^T=SW^T$; multiply by $(W^+)^T$, and back by $W^T$.",
        reduce,
    )
    yield Identity(
        "and back: (I - P) S P W^T = S W^T - W^+ W S W^T",
        EVERY_SIZE,
        (1 - P) * S * P * Wt,
        S * Wt - X * W * S * Wt,
        r"$PW^T=W^T$.",
        reduce,
    )
    s = sp.symbols("s", positive=True)
    yield Identity(
        "isotropic S = s^2 I: (I - P) S P = 0, so W^+ y is ideal for mu = 0",
        EVERY_SIZE,
        (1 - P) * s**2 * P,
        sp.Integer(0),
        r"$P^2=P$.",
        reduce,
    )
    Se, row = entries.symmetric("s", 2), entries.general("w", 1, 2)
    n, kernel = (row * row.T)[0], sp.Matrix([[-row[1], row[0]]])
    error = (kernel * Se * kernel.T)[0] / n
    variance = (row * Se * row.T)[0]
    ideal = Se.trace() - (row * Se * Se * row.T)[0] / variance
    yield Identity(
        "d = 2, one row w with kernel v: the excess is (v^T S w)^2 / (|w|^2 w^T S w)",
        "explicit symbolic entries: W 1 x 2, S 2 x 2",
        (error - ideal) * n * variance,
        (kernel * Se * row.T)[0] ** 2,
        r"Zero iff $w$ is an eigenvector of $S$.",
        entries.numerator,
        nonnegative=True,
    )


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())
