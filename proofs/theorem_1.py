r"""Theorem 1: the ideal inversion error of a linear model under a Gaussian prior.

Source: the statement is Theorem 1 of Yu et al. (KDD 2026, arXiv 2410.05814). The text of their
proof was not available: this derivation and its assumptions are ours.
Assumptions: A1 x ~ N(mu, S); A2 y = W x (+ b), released without noise; A3 squared error.
Generality: all d, m, every rank of W and of S, by words; besides, explicit symbolic entries for W
of 1 x 2, 2 x 3 and 2 x 4, and rational entries for all ranks at d = 4. Two standard facts are used
and not derived: uncorrelated jointly Gaussian vectors are independent, and a matrix of rank r is a
product of a d x r matrix with a left inverse and an r x d one with a right inverse.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import EVERY_SIZE, Claim, Identity, check
from proofs.ideal_attacker import normal_equation
from proofs.words import inverse, letters, penrose, rewrite, symmetric, trace, transpose

W, G, G0 = letters("W G G_0")
(S,) = symmetric("S")
NORMAL = normal_equation(G0, sp.Integer(0))
# S = F F^T, B = W F and its pseudo-inverse P.
F, B, P = letters("F B P")
PENROSE = penrose(B, P)


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""Let $x\sim N(\mu,S)$ and $y=Wx+b$. Then
\[ \mathrm{IIE}(W;S)=\operatorname{tr}S-\operatorname{tr}\bigl(SW^T(WSW^T)^+WS\bigr), \qquad
A^*(y)=\mu+SW^T(WSW^T)^+(y-W\mu-b), \]
and with $S=FF^T$ and $\Pi$ the orthogonal projector on the row space of $WF$, the error is
$\operatorname{tr}\bigl(F(I-\Pi)F^T\bigr)$. For $S=s^2I$ it is $s^2(d-\operatorname{rank}W)$."""


def inversion_error(covariance: sp.Matrix, weight: sp.Matrix) -> sp.Expr:
    """The error tr S - tr(S W^T (W S W^T)^+ W S), for exact entries and any rank of S and W."""
    released = weight * covariance * weight.T
    shared = covariance * weight.T
    return sp.sympify((covariance - shared * released.pinv() * shared.T).trace())


def conditioned_trace(covariance: sp.Matrix, weight: sp.Matrix) -> sp.Expr:
    """Trace of Cov(x | W x) by conditioning on one row at a time; no pseudo-inverse, no rank."""
    C = covariance
    for i in range(weight.rows):
        row = weight.row(i)
        shared = C * row.T
        variance = (row * shared)[0, 0]
        if variance != 0:
            C = C - shared * shared.T / variance
    return sp.sympify(C.trace())


def error_matrix(gain: sp.Expr) -> sp.Expr:
    """E (x - A(y)) (x - A(y))^T = (I - G W) S (I - G W)^T of the attacker mu + G (y - W mu - b)."""
    return (1 - gain * W) * S * (1 - transpose(W) * transpose(gain))


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    yield from _best_gain()
    yield from _projector()
    yield from _density()
    yield from _symbolic_sizes()
    yield from _rational_ranks()


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())


def _normal(expression: sp.Expr) -> sp.Expr:
    return rewrite(expression, NORMAL)


def _penrose(expression: sp.Expr) -> sp.Expr:
    return rewrite(expression, PENROSE)


def _best_gain() -> Iterator[Identity]:
    Wt, Bt, Pt, Gt, G0t = (transpose(A) for A in (W, B, P, G, G0))
    yield Identity(
        "the gain S W^T (W S W^T)^+ solves the normal equation G0 W S W^T = S W^T",
        EVERY_SIZE,
        F * Bt * Pt * P * B * Bt,
        F * Bt,
        r"With $S=FF^T$, $B=WF$: $SW^T=FB^T$, $WSW^T=BB^T$ and $(BB^T)^+=P^TP$, $P=B^+$ as defined"
        r" by Penrose's four equations.",
        _penrose,
    )
    yield Identity(
        "Cov(x - A*(y), y) = 0: by A1 independent, so A* is the posterior mean",
        EVERY_SIZE,
        (1 - G0 * W) * S * Wt,
        sp.Integer(0),
        "The normal equation. Uncorrelated and jointly Gaussian means independent.",
        _normal,
    )
    yield Identity(
        "any other gain adds (G - G0) W S W^T (G - G0)^T >= 0",
        EVERY_SIZE,
        error_matrix(G) - error_matrix(G0),
        (G - G0) * W * S * Wt * (Gt - G0t),
        "Completing the square, with the normal equation used from both sides.",
        _normal,
    )
    yield Identity(
        "the error matrix is S - S W^T (W S W^T)^+ W S; its trace is the IIE",
        EVERY_SIZE,
        error_matrix(G0),
        S - G0 * W * S,
        r"$G_0=SW^T(WSW^T)^+$.",
        _normal,
    )


def _projector() -> Iterator[Identity]:
    Ft, Bt, Pt = transpose(F), transpose(B), transpose(P)
    yield Identity(
        "projector form: S - S W^T (W S W^T)^+ W S = F (I - Pi) F^T, Pi = (W F)^+ W F",
        EVERY_SIZE,
        F * Ft - F * Bt * Pt * P * B * Ft,
        F * (1 - P * B) * Ft,
        r"$S=FF^T$ with any root $F$.",
        _penrose,
    )
    for claim, left, right in (
        ("Pi is idempotent", P * B * P * B, P * B),
        ("Pi is symmetric", Bt * Pt, P * B),
        ("Pi leaves the row space of W F as it is", P * B * Bt, Bt),
    ):
        yield Identity(claim, EVERY_SIZE, left, right, "Penrose's equations.", _penrose)
    # E = X Y idempotent of rank r, X_l X = I_r = Y Y_r.
    X, Y, Xl, Yr = letters("X Y X_l Y_r")
    cancel = [(Xl * X, sp.Integer(1)), (Y * Yr, sp.Integer(1))]
    yield Identity(
        "an idempotent of rank r factors as X Y with Y X = I_r",
        "all d and r",
        Xl * (X * Y * X * Y - X * Y) * Yr,
        Y * X - 1,
        r"$X_lX=I_r=YY_r$. The left side vanishes for an idempotent $XY$, so $YX=I_r$.",
        lambda residual: rewrite(residual, cancel),
    )
    yield Identity(
        "so its trace is its rank: tr(X Y) = tr(Y X)",
        "all d and r",
        trace(X * Y),
        trace(Y * X),
        r"Cyclicity; and $\operatorname{tr}I_r=r$.",
        shown=r"\operatorname{tr}(XY)=\operatorname{tr}(YX)=\operatorname{tr}I_r=r",
    )
    s = sp.symbols("s", positive=True)
    yield Identity(
        "isotropic S = s^2 I: the error matrix is s^2 (I - Pi)",
        "all d, m and ranks of W",
        s**2 - s * Bt * Pt * P * B * s,
        s**2 * (1 - P * B),
        r"$F=sI$.",
        _penrose,
    )
    d, r = sp.symbols("d r", integer=True, positive=True)
    yield Identity(
        "isotropic IIE = s^2 (d - rank W)",
        "all d and r",
        s**2 * (sp.trace(sp.Identity(d)) - sp.trace(sp.Identity(r))),
        s**2 * (d - r),
        r"$\operatorname{tr}\Pi=\operatorname{rank}W=r$.",
        shown=r"s^2\operatorname{tr}(I-\Pi)=s^2(\operatorname{tr}I_d-\operatorname{tr}I_r)=s^2(d-r)",
    )


def _density() -> Iterator[Identity]:
    """Another route: the Gaussian density on the plane W x = y has precision V^T S^{-1} V."""
    (V, K, M) = (*letters("V"), *symmetric("K M"))
    (Si, s_rules), (Ki, k_rules), (Mi, m_rules) = inverse(S), inverse(K), inverse(M)
    Vt, Wt = transpose(V), transpose(W)
    rules = [*s_rules, *k_rules, *m_rules, *_zero(W * V), (W * S * Wt, K), (Vt * Si * V, M)]
    given = V * Mi * Vt
    ours = S - S * Wt * Ki * W * S
    both = "all d and m; S invertible, W of full row rank"
    because = (
        r"On $\{Wx=y\}=\{x_0+Vt\}$, $WV=0$, the density of $t$ has precision $M=V^TS^{-1}V$, so"
        r" that the conditional covariance is $VM^{-1}V^T$. The columns of $S^{-1}V$ and $W^T$"
        r" together span $\mathbb{R}^d$; both matrices agree on each of them."
    )
    for name, test in (("S^{-1} V", Si * V), ("W^T", Wt)):
        yield Identity(
            f"the formula equals conditioning the density, on the columns of {name}",
            both,
            ours * test,
            given * test,
            because,
            lambda residual: rewrite(residual, rules),
        )


def _zero(word: sp.Expr) -> list[tuple[sp.Expr, sp.Expr]]:
    return [(word, sp.Integer(0)), (transpose(word), sp.Integer(0))]


def _symbolic_sizes() -> Iterator[Identity]:
    for d in (2, 3):
        Se, We = entries.symmetric("s", d), entries.general("w", d - 1, d)
        K = We * Se * We.T
        # V spans the kernel of W; V^T adj(S) V = det K by Cauchy and Binet.
        V = sp.Matrix(
            [(-1) ** j * We.extract(range(d - 1), _without(j, d)).det() for j in range(d)]
        )
        yield Identity(
            "the formula equals conditioning the density",
            f"explicit symbolic entries: W {d - 1} x {d}, S {d} x {d}",
            Se.trace() * K.det() - (K.adjugate() * We * Se * Se * We.T).trace(),
            (V.T * V)[0] * Se.det(),
            r"Both sides times $\det(WSW^T)=V^T\operatorname{adj}(S)V$, $V$ a basis of the kernel.",
            entries.numerator,
            shown=r"\bigl(\operatorname{tr}S-\operatorname{tr}(SW^TK^{-1}WS)\bigr)\det K"
            r"=\|V\|^2\det S, \qquad K=WSW^T",
        )
    Se, We = entries.symmetric("s", 4), entries.general("w", 2, 4)
    K, shared = We * Se * We.T, Se * We.T
    k, D = K[0, 0], K.det()
    first, second = shared[:, 0], k * shared[:, 1] - K[0, 1] * shared[:, 0]
    yield Identity(
        "the formula equals conditioning on one row after another",
        "explicit symbolic entries: W 2 x 4, S 4 x 4",
        k * (K.adjugate() * shared.T * shared).trace(),
        (first.T * first)[0] * D + (second.T * second)[0],
        r"What the release removes of $\operatorname{tr}S$, times"
        r" $(w_1^TSw_1)\det(WSW^T)$; on the right, row by row.",
        entries.numerator,
        shown=r"\operatorname{tr}(SW^TK^{-1}WS)=\frac{\|Sw_1\|^2}{w_1^TSw_1}"
        r"+\frac{\|C_1w_2\|^2}{w_2^TC_1w_2}, \qquad C_1=S-\frac{Sw_1w_1^TS}{w_1^TSw_1}",
    )


def _rational_ranks() -> Iterator[Identity]:
    d, scale = 4, sp.Rational(9, 4)
    ranks = [(s, m, r) for s in range(d + 1) for m in range(d + 2) for r in range(min(m, d) + 1)]
    instances = [_instance(d, *rank) for rank in ranks]
    yield Identity(
        "the formula with the pseudo-inverse equals conditioning on one row after another",
        f"rational entries: d = {d}, {len(ranks)} cases, all ranks of S and W, 0 to {d + 1} rows",
        sp.Matrix([inversion_error(*instance) for instance in instances]),
        sp.Matrix([conditioned_trace(*instance) for instance in instances]),
        "Exact arithmetic, singular and rank-deficient cases included.",
    )
    weights = [W_ for (s, _, _), (_, W_) in zip(ranks, instances, strict=True) if s == d]
    yield Identity(
        "isotropic S = s^2 I: the formula equals s^2 (d - rank W)",
        f"rational entries: d = {d}, all ranks of W, 0 to {d + 1} rows",
        sp.Matrix([inversion_error(scale * sp.eye(d), W_) for W_ in weights]),
        sp.Matrix([scale * (d - W_.rank()) for W_ in weights]),
        "Exact arithmetic.",
    )


def _without(j: int, d: int) -> list[int]:
    return [i for i in range(d) if i != j]


def _instance(d: int, prior_rank: int, rows: int, rank: int) -> tuple[sp.Matrix, sp.Matrix]:
    """A rational S of `prior_rank` and W with `rows` rows and at most `rank` independent ones."""
    numbers = (sp.Rational(k * k % 11 - 5, 1 + k % 3) for k in range(1, 1000))

    def matrix(m: int, n: int) -> sp.Matrix:
        return sp.Matrix(m, n, [next(numbers) for _ in range(m * n)])

    root = matrix(d, prior_rank)
    return root * root.T, matrix(rows, rank) * matrix(rank, d)
