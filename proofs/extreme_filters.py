r"""The most and the least leaking filter of a rank: eigenvectors, by Ky Fan's maximum principle.

Source: ours (Ky Fan's maximum principle, here with its proof).
Assumptions: A1-A3; S with eigenvalues l_1 >= ... >= l_d, written l_i = l_{i+1} + g_i with g_i >= 0.
Generality: leakage as tr(S Pi) and 0 <= p_i <= 1 for all dimensions, by words; the inequality
between sums with explicit symbolic eigenvalues and weights for d = 2..5 and every rank; Lagrange
stationarity with explicit symbolic entries at d = 3, r = 2.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import EVERY_SIZE, Claim, Identity, check
from proofs.theorem_1 import PENROSE, B, F, P
from proofs.words import letters, rewrite, symmetric, trace, transpose

SIZES = range(2, 6)


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""Let $l_1\ge\dots\ge l_d$ be the eigenvalues of $S$. For every $W$ with
$\operatorname{rank}(WS^{1/2})=r$,
\[ \sum_{i>r} l_i \;\le\; \mathrm{IIE}(W;S) \;\le\; \sum_{i\le d-r} l_i , \]
with equality for rows that are the top $r$, respectively (where $l_d>0$) the bottom $r$,
eigenvectors of $S$."""


def falling(d: int, *, nonnegative: bool = True) -> list[sp.Expr]:
    """Eigenvalues in falling order: l_i = g_i + ... + g_d with gaps g_i >= 0."""
    gaps = sp.symbols(f"g_1:{d + 1}", nonnegative=nonnegative)
    return [sp.Add(*gaps[i:]) for i in range(d)]


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    Ft, Bt, Pt, p = transpose(F), transpose(B), transpose(P), P * B
    yield Identity(
        "what leaks is tr(F^T F Pi), and F^T F has the eigenvalues of S = F F^T",
        EVERY_SIZE,
        trace(rewrite(F * Bt * Pt * P * B * Ft, PENROSE)),
        trace(Ft * F * p),
        r"$\Pi=(WF)^+WF$. Every projector of rank $r$ arises so when $F$ is invertible.",
    )
    (Q,) = symmetric("\\Pi")
    (e,) = letters("e")
    idempotent = [(Q * Q, Q)]
    et = transpose(e)
    for claim, left, right in (
        ("p_i = e_i^T Pi e_i is a squared norm", et * Q * e, et * Q * Q * e),
        ("1 - p_i is one too", et * e - et * Q * e, et * (1 - Q) * (1 - Q) * e),
    ):
        yield Identity(
            claim,
            EVERY_SIZE,
            left,
            right,
            r"So $0\le p_i\le1$ for the weights $p_i=e_i^T\Pi e_i$ of the eigenvectors,"
            r" $\sum_i p_i=\operatorname{tr}\Pi=r$ and $\operatorname{tr}(S\Pi)=\sum_i l_ip_i$.",
            lambda residual: rewrite(residual, idempotent),
        )
    for d in SIZES:
        yield from _ky_fan(d)
    yield _rotation()
    yield from _lagrange()


def excess(d: int, r: int, *, most: bool) -> tuple[sp.Expr, sp.Expr]:
    """(difference of leakages, sum of products of terms >= 0): the top or bottom r against p.

    p_d is r minus the others. Products of eigenvalue gaps with p_i or 1 - p_i, each >= 0.
    """
    values = falling(d)
    weights = [*sp.symbols(f"p_1:{d}", nonnegative=True)]
    weights.append(r - sp.Add(*weights))
    leak = sp.Add(*(a * p for a, p in zip(values, weights, strict=True)))
    order = range(d) if most else range(d - 1, -1, -1)
    chosen, rest = list(order)[:r], list(order)[r:]
    pivot = values[chosen[-1]]
    sign = 1 if most else -1
    best = sp.Add(*(values[i] for i in chosen))
    terms = [(sign * (values[i] - pivot), 1 - weights[i]) for i in chosen]
    terms += [(sign * (pivot - values[i]), weights[i]) for i in rest]
    for gap, _ in terms:
        assert sp.expand(gap).is_nonnegative  # a sum of gaps g_i
    return sign * (best - leak), sp.Add(*(gap * weight for gap, weight in terms))


def _ky_fan(d: int) -> Iterator[Identity]:
    shown = {
        True: r"\sum_{i\le r}l_i-\sum_il_ip_i=\sum_{i\le r}(l_i-l_r)(1-p_i)+\sum_{i>r}(l_r-l_i)p_i",
        False: r"\sum_il_ip_i-\sum_{i>d-r}l_i=\sum_{i>d-r}(l_q-l_i)(1-p_i)"
        r"+\sum_{i\le d-r}(l_i-l_q)p_i, \quad q=d-r+1",
    }
    for most, name in ((True, "top"), (False, "bottom")):
        pairs = [excess(d, r, most=most) for r in range(1, d)]
        yield Identity(
            f"leakage of the {name} r eigenvectors is extreme: gaps times p_i or 1 - p_i",
            f"explicit symbolic eigenvalues and weights: d = {d}, r = 1..{d - 1}",
            sp.Matrix([left for left, _ in pairs]),
            sp.Matrix([right for _, right in pairs]),
            r"The difference is a sum of products of an eigenvalue gap and $p_i$ or $1-p_i$, all"
            r" $\ge0$; it vanishes when $p$ is 1 on the chosen eigenvectors and 0 elsewhere.",
            sp.expand,
            shown=shown[most],
        )


def _rotation() -> Identity:
    l2, gap, t = sp.symbols("l_2 g t", nonnegative=True)
    S = sp.diag(l2 + gap, l2)
    w = sp.Matrix([[sp.cos(t), sp.sin(t)]])
    seen = (w * S * S * w.T)[0] / (w * S * w.T)[0]
    return Identity(
        "d = 2, r = 1, row (cos t, sin t): leak = l_1 - g l_2 sin^2 t / (w^T S w)",
        "explicit symbolic eigenvalues, any direction t",
        (l2 + gap - seen) * (w * S * w.T)[0],
        gap * l2 * sp.sin(t) ** 2,
        r"Times the variance $w^TSw$ of the output; $g=l_1-l_2$. Short of $l_1$ unless $\sin t=0$.",
        nonnegative=True,
    )


def _lagrange() -> Iterator[Identity]:
    d, r = 3, 2
    S, V = entries.symmetric("s", d), entries.general("v", d, r)
    multipliers = entries.symmetric("m", r)
    lagrangian = (V.T * S * V).trace() - (multipliers * (V.T * V - sp.eye(r))).trace()
    yield Identity(
        "Lagrange: tr(V^T S V) with V^T V = I is stationary iff S V = V M",
        f"explicit symbolic entries: d = {d}, r = {r}",
        V.applyfunc(lambda entry: sp.diff(lagrangian, entry)),
        2 * (S * V - V * multipliers),
        r"So the columns of $V$ span an invariant subspace of $S$: eigenvectors.",
        sp.expand,
        shown=r"\nabla_V\bigl(\operatorname{tr}(V^TSV)-\operatorname{tr}(M(V^TV-I))\bigr)=2(SV-VM)",
    )
    values = falling(3)
    for chosen in ((0, 1), (1, 2)):
        basis = sp.eye(3)[:, list(chosen)]
        weight = basis.T
        S = sp.diag(*values)
        K = weight * S * weight.T
        seen = (S * weight.T * K.inv() * weight * S).trace()
        yield Identity(
            f"the eigenvectors {chosen[0] + 1} and {chosen[1] + 1} as rows leak their eigenvalues",
            "explicit symbolic eigenvalues: d = 3, r = 2",
            seen,
            values[chosen[0]] + values[chosen[1]],
            r"So both bounds are met; for a general basis use the rotation of invariances.",
        )


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())
