"""Theorem 1: the ideal inversion error of a linear model under a Gaussian prior, derived exactly.

The theorem is the statement of Yu et al. (KDD 2026, arXiv 2410.05814). The text of their proof was
not available: this derivation, its assumptions A1-A3 and the moments at its end are ours.

Claims "for all dimensions" are identities between words in matrix symbols that do not commute, so
that d, m, every rank of W and every rank of S are covered at once; traces enter only by linearity.
Two standard facts are used and not derived: uncorrelated jointly Gaussian vectors are independent,
and the trace of a projector is its rank.
"""

from dataclasses import dataclass

import sympy as sp

# Matrices as letters: x ~ N(mu, S), y = W x. A gain G reconstructs mu + G (y - W mu); G0 is any
# solution of the normal equation G0 (W S W^T) = S W^T. A trailing t is a transpose; S is symmetric.
W, Wt, S, G, Gt, G0, G0t = sp.symbols("W Wt S G Gt G0 G0t", commutative=False)
# S = F F^T, B = W F and its pseudo-inverse P, which is defined by Penrose's four equations.
F, B, Bt, P, Pt = sp.symbols("F B Bt P Pt", commutative=False)


@dataclass(frozen=True)
class Claim:
    """One verified sentence.

    Attributes:
        text: what is claimed.
        generality: for which dimensions and ranks it was verified.
        holds: whether it was.
    """

    text: str
    generality: str
    holds: bool


def statement(covariance: sp.Matrix, weight: sp.Matrix) -> sp.Expr:
    """The theorem's right-hand side, exact for exact entries and any rank of S and W.

    IIE = tr S - tr(S W^T (W S W^T)^+ W S), in squared units of x.
    """
    released = weight * covariance * weight.T
    shared = covariance * weight.T
    return sp.sympify((covariance - shared * released.pinv() * shared.T).trace())


def derive() -> list[Claim]:
    """The proof for all dimensions, step by step."""
    everywhere = "all d, m and ranks"
    return [
        Claim("the gain S W^T (W S W^T)^+ solves the normal equation", everywhere, _solvable()),
        Claim(
            "its residual is uncorrelated with y; by A1 independent, so no attacker does better",
            everywhere,
            _residual(),
        ),
        Claim("any other gain adds (G-G0) W S W^T (G-G0)^T >= 0", everywhere, _optimal()),
        Claim("the residual covariance is S - S W^T (W S W^T)^+ W S", everywhere, _posterior()),
        Claim("isotropic S = s^2 I: it is s^2 (I - projector on row W)", everywhere, _isotropic()),
        Claim("per-sample variance 2 tr C^2", "all d", _cumulant(2) == 2),
        Claim(
            "per-sample fourth central moment 48 tr C^4 + 12 (tr C^2)^2",
            "all d",
            # Central fourth moment = k4 + 3 k2^2, and cumulants of independent terms add.
            (_cumulant(4), 3 * _cumulant(2) ** 2) == (48, 12),
        ),
    ]


def verify() -> list[Claim]:
    """`derive`, and the theorem on exact instances, each against one-row-at-a-time conditioning."""
    d = 4
    ranks = [(s, m, r) for s in range(d + 1) for m in range(d + 2) for r in range(min(m, d) + 1)]
    general = all(
        statement(S_, W_) == conditioned_trace(S_, W_)
        for S_, W_ in (_instance(d, *rank) for rank in ranks)
    )
    scale = sp.Rational(9, 4)
    isotropic = all(
        statement(scale * sp.eye(d), W_) == scale * (d - W_.rank())
        for W_ in (_instance(d, d, m, r)[1] for s, m, r in ranks if s == d)
    )
    return [
        *derive(),
        Claim(
            "the formula equals conditioning on one row after another",
            f"d = {d}, all {len(ranks)} ranks of S and W for 0 to {d + 1} rows, rational entries",
            general,
        ),
        Claim(
            "isotropic S = s^2 I: the formula equals s^2 (d - rank W)",
            f"d = {d}, all ranks of W for 0 to {d + 1} rows, rational entries",
            isotropic,
        ),
    ]


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


def error_matrix(gain: sp.Expr, gain_t: sp.Expr) -> sp.Expr:
    """E (x - A(y)) (x - A(y))^T = (I - G W) S (I - G W)^T of the attacker mu + G (y - W mu)."""
    return sp.expand((1 - gain * W) * S * (1 - Wt * gain_t))


def _normal(word: sp.Expr) -> sp.Expr:
    """`word` after the normal equation G0 W S W^T = S W^T and its transpose.

    G0 W S W^T G0^T can then be shortened from either side, so S W^T G0^T = G0 W S.
    """
    return _rewrite(
        word,
        (G0 * W * S * Wt, S * Wt),
        (W * S * Wt * G0t, W * S),
        (S * Wt * G0t, G0 * W * S),
    )


def _penrose(word: sp.Expr) -> sp.Expr:
    """`word` after B P B = B, P B P = P, and P B, B P symmetric."""
    return _rewrite(
        word,
        (Bt * Pt, P * B),
        (Pt * Bt, B * P),
        (B * P * B, B),
        (P * B * P, P),
        (P * B * Bt, Bt),  # (B P B)^T = B^T P^T B^T
    )


def _rewrite(word: sp.Expr, *rules: tuple[sp.Expr, sp.Expr]) -> sp.Expr:
    """`word`, expanded, with every rule used until nothing changes."""
    before = None
    while word != before:
        before = word
        for old, new in rules:
            word = sp.expand(sp.expand(word).subs(old, new))
    return word


def _solvable() -> bool:
    """G0 = S W^T (W S W^T)^+ has S W^T = F B^T, W S W^T = B B^T, (B B^T)^+ = P^T P."""
    residual = F * Bt * Pt * P * B * Bt - F * Bt
    return _penrose(residual) == 0


def _residual() -> bool:
    """Cov(x - A*(y), y) = (I - G0 W) S W^T = 0."""
    return _normal((1 - G0 * W) * S * Wt) == 0


def _optimal() -> bool:
    """Completing the square."""
    excess = error_matrix(G, Gt) - error_matrix(G0, G0t)
    return _normal(excess - (G - G0) * W * S * Wt * (Gt - G0t)) == 0


def _posterior() -> bool:
    return _normal(error_matrix(G0, G0t) - (S - G0 * W * S)) == 0


def _isotropic() -> bool:
    """With F = s I: B = s W, G0 W S = s^2 B^T (B B^T)^+ B = s^2 P B, and P B is a projector."""
    s = sp.symbols("s", positive=True)
    covariance = s**2 * (1 - Bt * Pt * P * B)
    projector = P * B
    return (
        _penrose(covariance - s**2 * (1 - projector)) == 0
        and _penrose(projector * projector - projector) == 0
    )


def _cumulant(order: int) -> sp.Expr:
    """Cumulant of z^2, z ~ N(0, 1), from its generating function -log(1 - 2 t) / 2.

    The error of one sample is sum_i c_i z_i^2, c_i the eigenvalues of C: its cumulants are these
    times tr C^order.
    """
    t = sp.symbols("t")
    return sp.expand(sp.diff(-sp.log(1 - 2 * t) / 2, t, order).subs(t, 0))


def _instance(d: int, prior_rank: int, rows: int, rank: int) -> tuple[sp.Matrix, sp.Matrix]:
    """A rational S of `prior_rank` and W with `rows` rows and at most `rank` independent ones."""
    entries = (sp.Rational(k * k % 11 - 5, 1 + k % 3) for k in range(1, 1000))

    def matrix(m: int, n: int) -> sp.Matrix:
        return sp.Matrix(m, n, [next(entries) for _ in range(m * n)])

    root = matrix(d, prior_rank)
    return root * root.T, matrix(rows, rank) * matrix(rank, d)
