r"""What the ideal inversion error does not depend on, and how it scales.

Source: ours.
Assumptions: A1-A3 of theorem_1; G0 is any solution of the normal equation G0 W S W^T = S W^T.
Generality: all dimensions, every rank of S and of W, by words.
"""

from collections.abc import Iterator

import sympy as sp

from proofs.claim import EVERY_SIZE, Claim, Identity, check
from proofs.ideal_attacker import normal_equation
from proofs.theorem_1 import G0, NORMAL, S, W
from proofs.words import inverse, letters, rewrite, trace, transpose

A, G1, O = letters("A G_1 O")  # noqa: E741
Ai, A_RULES = inverse(A)
ORTHOGONAL = [(O * transpose(O), sp.Integer(1)), (transpose(O) * O, sp.Integer(1))]


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""For invertible $A$, orthogonal $O$, a number $t$ and any $b$, $\mu$,
\[ \mathrm{IIE}(AW;S)=\mathrm{IIE}(W;S), \quad \mathrm{IIE}(W;t^2S)=t^2\,\mathrm{IIE}(W;S), \quad
\mathrm{IIE}(WO^T;OSO^T)=\mathrm{IIE}(W;S), \]
and neither the bias $b$ of the model nor the mean $\mu$ of the prior changes it."""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    Wt, St = transpose(W), S
    t = sp.symbols("t", positive=True)

    def under(rules: list) -> dict:
        return {"reduce": lambda residual: rewrite(residual, [*rules, *NORMAL])}

    yield Identity(
        "any two solutions of the normal equation differ by nothing that y shows: same error",
        EVERY_SIZE,
        (G1 - G0) * W * S * Wt,
        sp.Integer(0),
        r"So the square $(G_1-G_0)WSW^T(G_1-G_0)^T$ that theorem\_1 adds vanishes.",
        **under(normal_equation(G1, sp.Integer(0))),
    )
    yield Identity(
        "row space: G0 A^{-1} solves the normal equation of A W",
        EVERY_SIZE,
        G0 * Ai * (A * W) * S * transpose(A * W),
        S * transpose(A * W),
        r"$A$ is invertible.",
        **under(A_RULES),
    )
    yield Identity(
        "row space: so IIE(A W; S) = IIE(W; S)",
        EVERY_SIZE,
        St - G0 * Ai * A * W * S,
        St - G0 * W * S,
        r"The error matrices are equal, so all their moments are.",
        **under(A_RULES),
    )
    yield Identity(
        "scaling: G0 solves the normal equation for t^2 S too",
        EVERY_SIZE,
        G0 * W * (t**2 * S) * Wt,
        t**2 * S * Wt,
        "Linear in $S$.",
        **under([]),
    )
    yield Identity(
        "scaling: IIE(W; t^2 S) = t^2 IIE(W; S)",
        EVERY_SIZE,
        (1 - G0 * W) * (t**2 * S) * (1 - Wt * transpose(G0)),
        t**2 * (S - G0 * W * S),
        "The error matrix with the same gain.",
        **under([]),
    )
    Ot = transpose(O)
    yield Identity(
        "rotation: O G0 solves the normal equation of W O^T under O S O^T",
        EVERY_SIZE,
        O * G0 * (W * Ot) * (O * S * Ot) * (O * Wt),
        O * S * Ot * O * Wt,
        r"$O^TO=I$.",
        **under(ORTHOGONAL),
    )
    rotated = rewrite(O * S * Ot - O * G0 * (W * Ot) * (O * S * Ot), ORTHOGONAL)
    yield Identity(
        "rotation: the error matrix becomes O C O^T",
        EVERY_SIZE,
        rotated,
        O * (S - G0 * W * S) * Ot,
        r"$C=S-G_0WS$.",
        **under(ORTHOGONAL),
    )
    yield Identity(
        "rotation: so IIE(W O^T; O S O^T) = IIE(W; S)",
        EVERY_SIZE,
        trace(rewrite(Ot * rotated * O, ORTHOGONAL)),
        trace(S - G0 * W * S),
        r"$\operatorname{tr}(OCO^T)=\operatorname{tr}(O^TOCO^TO)$, as $O^TO=I$.",
    )
    x, mu, b = letters("x \\mu b")
    yield Identity(
        "bias and mean: the residual is (I - G0 W)(x - mu), whatever b",
        EVERY_SIZE,
        x - (mu + G0 * ((W * x + b) - (W * mu + b))),
        (1 - G0 * W) * (x - mu),
        "Its law is that of a centred prior and a model without bias.",
        **under([]),
    )


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())
