r"""LoFt: what its rank bounds, what its tanh does to gradients, and that it leaves the error alone.

Source: the head is that of Yu et al. (KDD 2026, arXiv 2410.05814); the statements here are ours.
Assumptions: logits W2 tanh(a) + b2 with a = W1 n(z) + b1, n(z) = A z + const (batch normalisation
at inference, or A = I); exact arithmetic where the error of the code is said to be unchanged.
Generality: rank and kernel for all dimensions, by words; derivatives with explicit symbolic entries
at 2 -> 2 -> 2 and 3 -> 2 -> 3; tanh in one variable, which it acts on one at a time.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import EVERY_SIZE, Claim, Identity, check
from proofs.ideal_attacker import ANY, G0, S, W, normal_equation
from proofs.words import letters, rewrite, symmetric, transpose

a = sp.symbols("a", real=True)


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""Let $h=\tanh(a)$, $a=W_1(Az+c)+b_1$, logits $W_2h+b_2$, $h\in\mathbb{R}^r$. The
Jacobian of the logits is $W_2\operatorname{diag}(1-h^2)W_1A$, of rank at most $r$ at every $z$.
The gradient through the $i$-th unit is scaled by $1-h_i^2\le4e^{-2|a_i|}$, which vanishes at
saturation. But $\tanh$ is injective, so in exact arithmetic
\[ E[z\mid\tanh a]=E[z\mid a], \qquad \mathrm{IIE}(\tanh a)=\mathrm{IIE}(a) : \]
the rank limits what can be known, the $\tanh$ only makes gradients hard to follow."""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    yield from _rank()
    yield from _gradient()
    yield from _unchanged()
    yield _sample_form()


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())


def jacobian(D: int, r: int, K: int) -> tuple[sp.Matrix, sp.Matrix]:
    """(logits differentiated entry by entry, W2 diag(1 - h^2) W1 A) with symbolic entries."""
    z = entries.vector("z", D)
    scale = sp.diag(*entries.positive("s", D))
    W1, W2 = entries.general("v", r, D), entries.general("w", K, r)
    code = (W1 * scale * z + entries.vector("b", r)).applyfunc(sp.tanh)
    slopes = sp.diag(*(1 - h**2 for h in code))
    return (W2 * code).jacobian(z), W2 * slopes * W1 * scale


def _rank() -> Iterator[Identity]:
    for sizes in ((2, 2, 2), (3, 2, 3)):
        differentiated, product = jacobian(*sizes)
        yield Identity(
            "Jacobian of the logits = W2 diag(1 - h^2) W1 A",
            "explicit symbolic entries: {} features, {} units, {} classes".format(*sizes),
            differentiated,
            product,
            "The chain rule.",
            sp.expand,
            shown=r"\partial(W_2h+b_2)/\partial z=W_2\operatorname{diag}(1-h^2)W_1A",
        )
    W2, H, W1, A, Ai, n = letters("W_2 H W_1 A A^-1 n")
    kernel = [(A * Ai, sp.Integer(1)), (W1 * n, sp.Integer(0))]
    yield Identity(
        "every direction A^{-1} n with W1 n = 0 is in the Jacobian's kernel: rank <= r",
        EVERY_SIZE,
        W2 * H * W1 * A * (Ai * n),
        sp.Integer(0),
        r"The kernel of $W_1$ has dimension at least $D-r$, whatever $H=\operatorname{diag}(1-h^2)$"
        r" is. A singular $A$ only makes the kernel larger.",
        lambda residual: rewrite(residual, kernel),
    )
    z = letters("z")[0]
    yield Identity(
        "such a direction leaves the code as it is, not only to first order",
        EVERY_SIZE,
        W1 * A * (z + Ai * n),
        W1 * A * z,
        r"So no release of the code or the logits tells anything about it but by correlation.",
        lambda residual: rewrite(residual, kernel),
    )
    differentiated, _ = jacobian(3, 2, 3)
    slopes = entries.vector("t", 2)
    tanhs = sorted(differentiated.atoms(sp.tanh), key=str)
    yield Identity(
        "3 features, 2 units, 3 classes: the determinant of the Jacobian is 0",
        "explicit symbolic entries: 3 features, 2 units, 3 classes",
        differentiated.subs(dict(zip(tanhs, slopes, strict=True))).det(),
        sp.Integer(0),
        r"Computed from the differentiated logits, with a symbol for each $\tanh$.",
        entries.numerator,
    )


def _gradient() -> Iterator[Identity]:
    h = sp.tanh(a)
    yield Identity(
        "d tanh(a) / da = 1 - h^2",
        "every real a",
        sp.diff(h, a),
        1 - h**2,
        "Definition of the hyperbolic tangent.",
    )
    q = sp.symbols("q", positive=True)  # e^{-2 |a|}
    squash = (1 - q) / (1 + q)
    yield Identity(
        "0 < 1 - h^2 = 4 q / (1 + q)^2, q = e^{-2|a|}",
        "every real a",
        1 - squash**2,
        4 * q / (1 + q) ** 2,
        r"$|h|=(1-q)/(1+q)$. Positive: $\tanh$ rises strictly.",
        nonnegative=True,
    )
    yield Identity(
        "1 - h^2 <= 4 e^{-2|a|}: the gradient vanishes exponentially at saturation",
        "every real a",
        4 * q - (1 - squash**2),
        4 * q**2 * (2 + q) / (1 + q) ** 2,
        r"The difference is positive.",
        nonnegative=True,
    )
    for end in (sp.oo, -sp.oo):
        yield Identity(
            f"1 - h^2 -> 0 as a -> {end}",
            "one variable",
            sp.limit(1 - h**2, a, end),
            sp.Integer(0),
            "A limit.",
        )
    J, _ = jacobian(2, 2, 2)
    g, W1, W2 = entries.vector("g", 2), entries.general("v", 2, 2), entries.general("w", 2, 2)
    scale = sp.diag(*entries.positive("s", 2))
    code = (W1 * scale * entries.vector("z", 2) + entries.vector("b", 2)).applyfunc(sp.tanh)
    back = (W2.T * g).multiply_elementwise(code.applyfunc(lambda value: 1 - value**2))
    yield Identity(
        "back-propagated gradient: A^T W1^T ((1 - h^2) * W2^T g), unit by unit",
        "explicit symbolic entries: 2 features, 2 units, 2 classes",
        J.T * g,
        scale * W1.T * back,
        r"$g$ is the gradient of the loss in the logits: a saturated unit passes nothing back.",
        sp.expand,
        shown=r"J^Tg=A^TW_1^T\bigl((1-h^2)\odot W_2^Tg\bigr)",
    )


def _unchanged() -> Iterator[Identity]:
    h = sp.symbols("h", real=True)
    undo = sp.log((1 + h) / (1 - h)) / 2
    grown = sp.symbols("q", positive=True)  # e^{2 a}
    yield Identity(
        "tanh can be undone: 1/2 log((1 + h) / (1 - h)) = a",
        "every real a",
        undo.subs(h, (grown - 1) / (grown + 1)),
        sp.log(grown) / 2,
        r"$q=e^{2a}$, $h=(q-1)/(q+1)$.",
    )
    (x,) = letters("x")
    Q, R = symmetric("Q R")
    xt = transpose(x)
    same = [(Q * Q, Q), (R * R, R), (Q * R, R), (R * Q, Q)]
    yield Identity(
        "injective post-processing leaves the posterior mean, hence the IIE, as it is",
        ANY,
        xt * (Q - R) * (Q - R) * x,
        sp.Integer(0),
        r"$Q=E[\cdot\mid a]$, $R=E[\cdot\mid h]$. Functions of $h$ are functions of $a$ ($QR=R$),"
        r" and, as $\tanh$ can be undone, the other way round ($RQ=Q$): $\|Qx-Rx\|^2=0$.",
        lambda residual: rewrite(residual, same),
    )
    yield Identity(
        "finite precision: rounding h by a small e hides e / (1 - h^2) of a",
        "first order in e",
        sp.diff(undo, h),
        1 / (1 - h**2),
        r"So with rounding or noise after the $\tanh$ the error does change, and most where it"
        r" saturates.",
    )


def _sample_form() -> Identity:
    (Z,) = letters("Z")
    n = sp.symbols("n", positive=True)
    Wt = transpose(W)
    residual = Z - Z * Wt * transpose(G0)
    rules = [(transpose(Z) * Z, n * S), *normal_equation(G0, sp.Integer(0))]
    return Identity(
        "on a sample: n times the error matrix is that of the least-squares fit of z to W z",
        EVERY_SIZE,
        transpose(residual) * residual,
        n * (S - G0 * W * S),
        r"Centred features as rows of $Z$, $S=Z^TZ/n$: Theorem 1 on the head's own features.",
        lambda expression: rewrite(expression, rules),
    )
