r"""One more row never raises the ideal inversion error; it lowers it iff it adds a direction.

Source: ours.
Assumptions: A1-A3 of theorem_1; C = S - G0 W S is the posterior covariance before the row w.
Generality: all dimensions and ranks of S and W, by words (w may even be several rows at once, if
w C w^T is invertible); besides, explicit symbolic entries at d = 3 with 1 + 1 rows.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import EVERY_SIZE, Claim, Identity, check
from proofs.theorem_1 import G0, NORMAL, PENROSE, B, F, P, S, W
from proofs.words import inverse, letters, rewrite, symmetric, transpose, with_transposes

(w,) = letters("w")  # the new row
(v,) = symmetric("v")  # w C w^T, its variance given what is known already
vi, V_RULES = inverse(v)
wt, Wt = transpose(w), transpose(W)
C = S - G0 * W * S
VARIANCE = [(w * S * wt, v + w * G0 * W * S * wt), *V_RULES]


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""Let $C=\operatorname{Cov}(x\mid Wx)$ and $w^T$ be a further row. Then
\[ \mathrm{IIE}(W)-\mathrm{IIE}\begin{pmatrix}W\\w^T\end{pmatrix}
 =\frac{\|Cw\|^2}{w^TCw}\ \ge 0 , \]
read as $0$ where $w^TCw=0$, which is exactly where $\operatorname{rank}(WS^{1/2})$ does not rise.
With $S=FF^T$ and $\Pi$ the projector on the row space of $WF$, $w^TCw=\|(I-\Pi)F^Tw\|^2$."""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    g = C * wt * vi

    def reduce(residual: sp.Expr) -> sp.Expr:
        return rewrite(residual, [*NORMAL, *VARIANCE])

    new = "all dimensions and ranks; w C w^T invertible"
    yield Identity(
        "the gain (G0 - g w G0, g), g = C w^T (w C w^T)^{-1}, solves the new normal equation: W^T",
        new,
        (G0 - g * w * G0) * W * S * Wt + g * w * S * Wt,
        S * Wt,
        r"First block column of the normal equation of $W$ and $w$ together.",
        reduce,
    )
    yield Identity(
        "the same gain solves the new normal equation: the column of w",
        new,
        (G0 - g * w * G0) * W * S * wt + g * w * S * wt,
        S * wt,
        r"Second block column; this is where $wCw^T$ is divided by.",
        reduce,
    )
    yield Identity(
        "the posterior covariance drops by C w^T (w C w^T)^{-1} w C",
        new,
        C - (S - (G0 - g * w * G0) * W * S - g * w * S),
        C * wt * vi * w * C,
        r"Its trace for one row is $\|Cw\|^2/(w^TCw)\ge0$.",
        reduce,
    )
    yield from _equality_case()
    yield from _special_rows()
    yield _explicit()


def _equality_case() -> Iterator[Identity]:
    Ft, p = transpose(F), P * B

    def reduce(residual: sp.Expr) -> sp.Expr:
        return rewrite(residual, PENROSE)

    left_over = (1 - p) * Ft * wt
    yield Identity(
        "w C w^T is the squared norm of (I - Pi) F^T w",
        EVERY_SIZE,
        w * F * (1 - p) * Ft * wt,
        transpose(left_over) * left_over,
        r"$C=F(I-\Pi)F^T$ by theorem\_1. It is 0 iff $F^Tw$ lies in the row space of $WF$ already.",
        reduce,
    )
    yield Identity(
        "C w^T = F (I - Pi) F^T w: zero variance left means zero drop",
        EVERY_SIZE,
        F * (1 - p) * Ft * wt,
        F * (1 - p) * left_over,
        r"And $w^TCw=w^T(Cw)$, so $Cw=0$ means $w^TCw=0$: the drop is positive iff the rank rises.",
        reduce,
    )


def _special_rows() -> Iterator[Identity]:
    fresh = with_transposes((W * S * wt, sp.Integer(0)))
    yield Identity(
        "a row uncorrelated with the earlier ones, of variance 1, drops it by ||S w||^2",
        EVERY_SIZE,
        w * transpose(C) * C * wt,
        w * S * S * wt,
        r"$WSw=0$; with $w^TSw=1$ the denominator $w^TCw$ is 1. So a filter whose rows are made"
        r" $S$-orthonormal gives the whole rank curve by a running sum.",
        lambda residual: rewrite(residual, fresh),
    )
    s = sp.symbols("s", positive=True)
    p = P * B
    isotropic = s**2 * (1 - p)
    yield Identity(
        "isotropic S = s^2 I: every new direction is worth exactly s^2",
        EVERY_SIZE,
        w * isotropic * isotropic * wt,
        s**2 * w * isotropic * wt,
        r"$\|Cw\|^2=s^2\,w^TCw$.",
        lambda residual: rewrite(residual, PENROSE),
    )


def _explicit() -> Identity:
    Se, W1, row = entries.symmetric("s", 3), entries.general("a", 1, 3), entries.general("w", 1, 3)
    both = W1.col_join(row)
    K, k = both * Se * both.T, (W1 * Se * W1.T)[0]
    before = (W1 * Se * Se * W1.T)[0] / k
    after = (K.adjugate() * both * Se * Se * both.T).trace() / K.det()
    posterior = Se - Se * W1.T * W1 * Se / k
    drop = (row * posterior * posterior * row.T)[0] / (row * posterior * row.T)[0]
    return Identity(
        "the drop equals the difference of the two closed forms",
        "explicit symbolic entries: d = 3, 1 row and 1 more, S 3 x 3",
        (after - before) * k * K.det(),
        drop * k * K.det(),
        "Both sides as rational functions.",
        entries.numerator,
        shown=r"\mathrm{IIE}(W)-\mathrm{IIE}\begin{pmatrix}W\\w^T\end{pmatrix}=\frac{\|Cw\|^2}{w^TCw}",
    )


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())
