r"""The Weiss-Weinstein bound with exponent 1/2, and the linear form that is estimated.

Source: Weiss and Weinstein 1985; the linear form with its two halves of samples is ours.
Assumptions: y = f(x) + e with e ~ N(0, N) independent of x, f any function; x Gaussian for the
draws that serve every step, of any density p otherwise. Used and not derived: Cauchy-Schwarz.
Generality: Gaussian integrals for one number, numbers multiply; the rest density by density and for
every step, so every dimension and direction.
"""

from collections.abc import Iterator

import sympy as sp

from proofs.claim import Claim, Identity, check
from proofs.entries import numerator


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""With $\eta(h)=\int\sqrt{p(x)p(x+h)}\,e^{-\|f(x+h)-f(x)\|_N^2/8}\,dx$, for every
attacker $A$, unit vector $v$, step $h=av$ and number $c$,
\[ E(v^T(x-A(y)))^2\ge\frac{a^2\eta(h)^2}{2(1-\eta(2h))}\ge2ca\,\eta(h)-2c^2(1-\eta(2h)). \]"""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    yield from _weiss_weinstein()


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())


def _weiss_weinstein() -> Iterator[Identity]:
    a, b, y, z, h = sp.symbols("a b y z h", real=True)
    product = sp.exp(-((y - a) ** 2) / 4 - (y - b) ** 2 / 4) / sp.sqrt(2 * sp.pi)
    yield Identity(
        "int sqrt(N(y; a, 1) N(y; b, 1)) dy = exp(-(a - b)^2 / 8)",
        "one number; numbers multiply",
        sp.integrate(product, (y, -sp.oo, sp.oo)),
        sp.exp(-((a - b) ** 2) / 8),
        r"$a=f(x)$, $b=f(x+h)$ in units of the noise.",
    )
    yield Identity(
        "Gaussian prior: sqrt(p(z - h/2) p(z + h/2)) = exp(-h^2 / 8) p(z)",
        "one coordinate along the step, in units of the prior",
        -((z - h / 2) ** 2) / 4 - (z + h / 2) ** 2 / 4,
        -(h**2) / 8 - z**2 / 2,
        r"Logarithms without the constant. So draws of the prior serve for every step.",
        sp.expand,
    )
    plus, minus = sp.symbols("p_+ p_-", positive=True)
    yield Identity(
        "psi = sqrt(p(x+h, y)/p(x, y)) - sqrt(p(x-h, y)/p(x, y)) has E psi^2 = 2 (1 - eta(2h))",
        "density by density",
        (sp.sqrt(plus) - sp.sqrt(minus)) ** 2,
        plus + minus - 2 * sp.sqrt(plus * minus),
        r"$\int p_+=\int p_-=1$ and $\int\sqrt{p_+p_-}=\eta(2h)$. Shifting $x$ by $h$ gives"
        r" $E\,v^T(x-A(y))\,\psi=-a\,\eta(h)$: what does not depend on $x$ cancels.",
        sp.expand,
    )
    eta, far, c, step = sp.symbols("\\eta D c a", positive=True)
    best = step * eta / (2 * far)
    yield Identity(
        "Cauchy-Schwarz in a linear form: the bound minus 2 c a eta(h) - 2 c^2 (1 - eta(2h))",
        "every c, and D = 1 - eta(2h) > 0",
        step**2 * eta**2 / (2 * far) - (2 * c * step * eta - 2 * c**2 * far),
        2 * far * (c - best) ** 2,
        r"So a $c$ from other samples leaves a mean to be estimated, never above the bound.",
        numerator,
    )
