r"""The guarantee: a code of bounded numbers with noise lets nobody know many numbers well.

Source: ours; the steps are classical (Cover and Thomas 2006, Theorems 2.8.1, 8.6.5, 9.1.1, 10.3.2,
10.3.3).
Assumptions: u ~ N(0, I_k) are any numbers behind the picture; c in [-1, 1]^r is the code of any
network of any picture of u; y = c + e, e ~ N(0, s^2 I_r), m times with independent noise. Used and
not derived: I(u; y) <= I(c; y) for u - c - y (data processing), h(y) <= sum_j h(y_j), and that of
all laws with variance v the Gaussian has the largest entropy (derived in quantised_release).
Generality: one number of one release at a time, so all r and m; the inequality of means for
k = 2..4 coordinates explicitly; the exponents for every k, r, m, b and s.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import Claim, Identity, check

EVERY = "every k, r, m and s"


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""Let $u\sim N(0,I_k)$, $c\in[-1,1]^r$ the code of any network of a picture of $u$, and
$y=c+e$ with $e\sim N(0,s^2I_r)$, released $m$ times with independent noise. For every attacker $A$
\[ \tfrac1k E\|u-A(y)\|^2\;\ge\;(1+1/s^2)^{-rm/k} , \]
and with $b$ bits a number and no noise $\ge2^{-2rbm/k}$. Any other law of $u$ with entropy $h$ has
$\tfrac1kE\|u-A(y)\|^2\ge\frac1{2\pi e}e^{2h/k}e^{-2R/k}$, $R$ the nats released. Without the bound
on $c$ there is no guarantee."""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    yield from _power()
    yield from _capacity()
    yield from _distortion()
    yield from _guarantee()
    yield from _limits()


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())


def _power() -> Iterator[Identity]:
    a = sp.symbols("a", real=True)
    yield Identity(
        "tanh bounds the power of a number: 1 - tanh(a)^2 = 1 / cosh(a)^2",
        "every real a",
        1 - sp.tanh(a) ** 2,
        1 / sp.cosh(a) ** 2,
        r"So $E c_j^2\le1$ whatever the network computes before its last function.",
        lambda residual: sp.simplify(residual.rewrite(sp.exp)),
        nonnegative=True,
    )
    gap, mean, s = sp.symbols("g \\mu s", nonnegative=True)
    yield Identity(
        "the variance of y_j = c_j + e_j is at most 1 + s^2",
        "one number, every law of c_j in [-1, 1]",
        (1 + s**2) - ((1 - gap) + s**2 - mean**2),
        gap + mean**2,
        r"$\operatorname{Var}y_j=Ec_j^2-(Ec_j)^2+s^2$ with $Ec_j^2=1-g\le1$ and $\mu=Ec_j$.",
        nonnegative=True,
    )


def _capacity() -> Iterator[Identity]:
    s, r, m = sp.symbols("s r m", positive=True)
    one = sp.log(2 * sp.pi * sp.E * (1 + s**2)) / 2 - sp.log(2 * sp.pi * sp.E * s**2) / 2
    yield Identity(
        "one number tells at most 1/2 log(1 + 1/s^2) nats",
        "every s",
        one,
        sp.log(1 + 1 / s**2) / 2,
        r"$I(c_j;y_j)=h(y_j)-h(e_j)$, and $h(y_j)\le\tfrac12\log2\pi e(1+s^2)$.",
        _logs,
    )
    j = sp.symbols("j", integer=True, positive=True)
    whole = sp.symbols("n", integer=True, positive=True)
    yield Identity(
        "r m numbers tell at most (r m / 2) log(1 + 1/s^2) nats",
        "number by number, so every r and m",
        sp.summation(sp.log(1 + 1 / s**2) / 2, (j, 1, whole)).subs(whole, r * m),
        r * m * sp.log(1 + 1 / s**2) / 2,
        r"$I(u;y)\le I(c;y)=h(y)-h(y\mid c)\le\sum_j(h(y_j)-h(e_j))$ over all numbers of all"
        r" releases: the noise is independent, the codes need not be.",
        _logs,
    )


def _distortion() -> Iterator[Identity]:
    for k in (2, 3, 4):
        errors = entries.positive("D", k)
        mean = sp.Add(*errors) / k
        yield Identity(
            "mean of logs <= log of the mean: the mean of D_i / D - 1 is 0",
            f"explicit symbolic errors: k = {k}",
            sp.Add(*(D / mean - 1 for D in errors)),
            sp.Integer(0),
            r"$\log t\le t-1$ (information), so $\sum_i\log(D_i/D)\le0$ for $D=\frac1k\sum_iD_i$.",
        )
    D, R, k = sp.symbols("D R k", positive=True)
    yield Identity(
        "one coordinate of N(0, 1) with error D_i costs 1/2 log(1 / D_i) nats",
        "one coordinate, every release",
        sp.log(2 * sp.pi * sp.E) / 2 - sp.log(2 * sp.pi * sp.E * D) / 2,
        sp.log(1 / D) / 2,
        r"$I(u_i;y)=h(u_i)-h(u_i\mid y)$ (quantised\_release); $I(u;y)\ge\sum_iI(u_i;y)$ as the"
        r" $u_i$ are independent.",
        _logs,
    )
    yield Identity(
        "so R nats leave a mean error of at least exp(-2 R / k)",
        "every k and R",
        k * sp.log(1 / sp.exp(-2 * R / k)) / 2,
        R,
        r"$R\ge\sum_i\tfrac12\log(1/D_i)\ge\tfrac k2\log(1/D)$, which is solved for $D$.",
        _logs,
    )


def _guarantee() -> Iterator[Identity]:
    s, k, r, m, b = sp.symbols("s k r m b", positive=True)
    nats = r * m * sp.log(1 + 1 / s**2) / 2
    yield Identity(
        "the guarantee: exp(-2 R / k) = (1 + 1/s^2)^(-r m / k)",
        EVERY,
        -2 * nats / k,
        sp.log((1 + 1 / s**2) ** (-r * m / k)),
        r"Both sides are logarithms of the bound.",
        _logs,
    )
    yield Identity(
        "with b bits a number: exp(-2 R / k) = 2^(-2 r b m / k)",
        "every k, r, m and b",
        -2 * r * b * m * sp.log(2) / k,
        sp.log(2 ** (-2 * r * b * m / k)),
        r"$R\le rbm\log2$ by counting (quantised\_release).",
        _logs,
    )
    h, R = sp.symbols("h R", real=True)
    D = sp.exp(2 * h / k) * sp.exp(-2 * R / k) / (2 * sp.pi * sp.E)
    yield Identity(
        "any law with entropy h: D = exp(2 (h - R) / k) / (2 pi e) has h - (k/2) log(2 pi e D) = R",
        "every k, h and R",
        h - k * sp.log(2 * sp.pi * sp.E * D) / 2,
        R,
        r"Shannon's lower bound: $h(u\mid y)\le\tfrac k2\log(2\pi eD)$.",
        _logs,
    )
    yield Identity(
        "for N(0, I_k) Shannon's bound is exp(-2 R / k)",
        "every k and R",
        sp.log(D.subs(h, k * sp.log(2 * sp.pi * sp.E) / 2)),
        -2 * R / k,
        r"$h=\tfrac k2\log2\pi e$.",
        _logs,
    )


def _limits() -> Iterator[Identity]:
    s, a, gap = sp.symbols("s a g", positive=True)
    posterior = 1 / (1 + a**2 / s**2)
    yield Identity(
        "it cannot be improved from the power alone: c = u, r = k = m = 1, meets it",
        "every s; u is not bounded, but has power 1",
        posterior.subs(a, 1),
        (1 + 1 / s**2) ** -1,
        r"The posterior variance of $u$ given $u+e$.",
    )
    yield Identity(
        "without tanh there is none: c = a u beats it as soon as a^2 = 1 + g > 1",
        "every s and g",
        1 / (1 + 1 / s**2) - posterior.subs(a, sp.sqrt(1 + gap)),
        s**2 * gap / ((1 + s**2) * (1 + gap + s**2)),
        r"The guarantee of one number minus the posterior variance of $u$ given $au+e$.",
        nonnegative=True,
    )
    yield Identity(
        "and one unbounded number carries u itself as a grows",
        "every s",
        sp.limit(posterior, a, sp.oo),
        sp.Integer(0),
        r"So rank bounds leakage only because the code is bounded and noisy.",
    )


def _logs(residual: sp.Expr) -> sp.Expr:
    """Zero, if the logarithms of positive symbols cancel."""
    return sp.simplify(sp.expand_log(sp.together(sp.expand_log(residual, force=True)), force=True))
