r"""The posterior mean is the ideal attacker, and every other one pays a squared distance more.

Source: definition of the Ideal Inversion Attacker in Yu et al. (KDD 2026, arXiv 2410.05814); the
orthogonality argument is the classical one, the affine form is ours.
Assumptions: finite second moments; nothing else about prior, release or attacker.
Generality: all dimensions. The first three claims are algebra in the Hilbert space of square
integrable random vectors, where E[. | y] is the orthogonal projector on the functions of y: a known
fact, derived here only for a finite space of explicit size.
"""

from collections.abc import Iterator

import sympy as sp

from proofs.claim import EVERY_SIZE, Claim, Identity, check
from proofs.entries import positive
from proofs.words import Rule, expectation, letters, rewrite, symmetric, transpose, with_transposes

ANY = "every prior, release and attacker with finite second moments"

# x and a = A(y) as vectors of L2, x^T a for E <x, a>; Q = E[. | y], so Q a = a.
x, a = letters("x a")
(Q,) = symmetric("Q")
CONDITIONING = with_transposes((Q * Q, Q), (Q * a, a))

# y = W x + b + e with x = mu + u, E u u^T = S, E e e^T = N; attacker c + G y.
W, G, G0, mu, u, e, b, c = letters("W G G_0 \\mu u e b c")
S, N = symmetric("S N")


def normal_equation(gain: sp.Expr, noise: sp.Expr) -> list[Rule]:
    """Rules of gain (W S W^T + noise) = S W^T, and what it says from the other side.

    gain (W S W^T + noise) gain^T can be shortened from the left and from the right, so that
    S W^T gain^T = gain W S. A solution exists for all ranks, see theorem_1.
    """
    Wt = transpose(W)
    return [
        *with_transposes((gain * W * S * Wt, S * Wt - gain * noise)),
        (S * Wt * transpose(gain), gain * W * S),
    ]


def error_matrix(gain: sp.Expr, offset: sp.Expr) -> sp.Expr:
    """E (x - A(y)) (x - A(y))^T of the attacker offset + gain y."""
    y = W * (mu + u) + b + e
    difference = mu + u - offset - gain * y
    return expectation(difference * transpose(difference), {u: S, e: N})


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""Let $x$ have finite second moments, $y=f(x)$ and $A^*(y)=E[x\mid y]$. For every
attacker $A$,
\[ E\|x-A(y)\|^2 = E\|x-A^*(y)\|^2 + E\|A(y)-A^*(y)\|^2, \qquad E[(x-A^*(y))\,g(y)^T]=0 . \]
For $y=Wx+b+e$ with $\operatorname{Cov}x=S$, $\operatorname{Cov}e=N$ and the attacker $c+Gy$, with
$G_0(WSW^T+N)=SW^T$ and $v=\mu-c-G(W\mu+b)$,
\[ E(x-A)(x-A)^T = S-G_0WS + (G-G_0)(WSW^T+N)(G-G_0)^T + vv^T . \]"""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""

    def condition(expression: sp.Expr) -> sp.Expr:
        return rewrite(expression, CONDITIONING)

    xt, at = transpose(x), transpose(a)
    yield Identity(
        "the residual of the posterior mean is orthogonal to every function of y",
        ANY,
        at * x,
        at * Q * x,
        r"$Q=E[\cdot\mid y]$ is self-adjoint, idempotent and leaves functions of $y$ as they are.",
        condition,
    )
    yield Identity(
        "error of any attacker = IIE + mean squared distance to the posterior mean",
        ANY,
        (xt - at) * (x - a),
        xt * (1 - Q) * x + (xt * Q - at) * (Q * x - a),
        r"The cross terms vanish by orthogonality, so that no attacker does better than $Qx$.",
        condition,
    )
    yield Identity(
        "IIE = E||x||^2 - E||A*(y)||^2, so 0 <= IIE <= tr S",
        ANY,
        (xt - xt * Q) * (x - Q * x),
        xt * x - xt * Q * Q * x,
        r"Pythagoras. With $x$ centred the first term is $\operatorname{tr}S$; the upper end is met"
        r" iff $E[x\mid y]$ is constant, the lower iff $x$ is a function of $y$.",
        condition,
    )
    yield from _finite_space()
    G0t, K = transpose(G0), W * S * transpose(W)
    v = mu - c - G * (W * mu + b)
    yield Identity(
        "completing the square: error of an affine attacker = closed form + PSD matrices",
        f"every prior with mean mu and covariance S, every noise; {EVERY_SIZE}",
        error_matrix(G, c),
        S - G0 * W * S + (G - G0) * (K + N) * (transpose(G) - G0t) + v * transpose(v),
        r"Only mean and covariance of $x$ and $e$ enter: the closed form is the error of the best"
        r" affine attacker for every prior with this $S$, hence an upper bound on its IIE, and the"
        r" Gaussian, for which it is the IIE, has the largest.",
        lambda residual: rewrite(residual, normal_equation(G0, N)),
        shown=r"E(x-A)(x-A)^T=S-G_0WS+(G-G_0)(WSW^T+N)(G-G_0)^T+vv^T",
    )


def _finite_space() -> Iterator[Identity]:
    p = positive("p", 4)
    groups = ((0, 1), (2, 3))
    D, Qm, values = sp.diag(*p), sp.zeros(4, 4), sp.zeros(4, 2)
    for column, group in enumerate(groups):
        weight = sum(p[j] for j in group)
        for i in group:
            values[i, column] = 1
            for j in group:
                Qm[i, j] = p[j] / weight
    size = "explicit symbolic probabilities: 4 atoms, 2 values of y"
    facts = (
        ("idempotent", Qm * Qm, Qm, "QQ=Q"),
        ("self-adjoint for the weights p", D * Qm, Qm.T * D, "DQ=Q^TD"),
        ("the identity on functions of y", Qm * values, values, "QE=E"),
    )
    for name, left, right, shown in facts:
        yield Identity(
            f"conditioning on y is {name}",
            size,
            left,
            right,
            "Entry by entry, with $Q$ the matrix of conditional means, $D$ the weights and $E$ the"
            " indicators of the values of $y$.",
            shown=shown,
        )


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())
