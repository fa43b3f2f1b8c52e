r"""A release of the class label alone: what is left is the within-class variance.

Source: ours (law of total variance).
Assumptions: x in class k has mean mu_k and covariance S_k, any law; class k has probability p_k.
Generality: all dimensions by words, for K = 2, 3, 4 classes with explicit symbolic probabilities.
"""

from collections.abc import Iterator

import sympy as sp

from proofs.claim import Claim, Identity, check
from proofs.entries import positive
from proofs.words import expectation, letters, symmetric, transpose

CLASSES = (2, 3, 4)


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""Let $x$ in class $k$, of probability $p_k$, have mean $\mu_k$ and covariance $S_k$.
For the release of the label alone, $A^*(k)=\mu_k$ and
\[ \mathrm{IIE}=\sum_k p_k\operatorname{tr}S_k=\operatorname{tr}S-\sum_k p_k\|\mu_k-\mu\|^2, \qquad
\mu=\sum_kp_k\mu_k . \]"""


def spread(parts: int) -> tuple[sp.Expr, sp.Expr]:
    """(E x x^T - mu mu^T, within + between) of a mixture of `parts` laws, weights summing to 1."""
    p = positive("p", parts - 1)
    p.append(1 - sp.Add(*p))
    means = letters(" ".join(f"\\mu_{k}" for k in range(1, parts + 1)))
    covariances = symmetric(" ".join(f"S_{k}" for k in range(1, parts + 1)))
    mean = sp.Add(*(w * m for w, m in zip(p, means, strict=True)))
    triples = list(zip(p, means, covariances, strict=True))
    total = sp.Add(*(w * (S + m * transpose(m)) for w, m, S in triples)) - mean * transpose(mean)
    within = sp.Add(*(w * S for w, _, S in triples))
    between = sp.Add(*(w * (m - mean) * transpose(m - mean) for w, m, _ in triples))
    return total, within + between


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    mu, u, c = letters("\\mu_k u c")
    (S,) = symmetric("S_k")
    difference = mu + u - c
    yield Identity(
        "within a class, any guess c adds ||mu_k - c||^2 to tr S_k",
        "all dimensions, any law of the class",
        expectation(difference * transpose(difference), {u: S}),
        S + (mu - c) * transpose(mu - c),
        r"$x=\mu_k+u$; so the class mean is the ideal attacker and its error is"
        r" $\operatorname{tr}S_k$.",
        sp.expand,
    )
    for count in CLASSES:
        total, parts = spread(count)
        yield Identity(
            "total variance: S = sum p_k S_k + sum p_k (mu_k - mu)(mu_k - mu)^T",
            f"all dimensions; K = {count} classes, symbolic probabilities",
            total,
            parts,
            r"The trace of the second sum is what the label gives away.",
            sp.expand,
            shown=r"E xx^T-\mu\mu^T=\sum_kp_kS_k+\sum_kp_k(\mu_k-\mu)(\mu_k-\mu)^T",
        )


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())
