r"""A Gaussian mixture seen through a linear release: the posterior is a mixture again.

Source: ours (Bayes' rule).
Assumptions: x | k ~ N(mu_k, S_k) with probability p_k; y = W x + b + e, e ~ N(0, N); S_k and N
invertible here (a release without noise is the limit of noisy_release).
Generality: the exponents for all dimensions, by words; the determinants with explicit symbolic
entries up to 2 x 2; the error's decomposition for all dimensions and K = 2, 3, 4 components.
"""

from collections.abc import Iterator

import sympy as sp

from proofs import entries
from proofs.claim import EVERY_SIZE, Claim, Identity, check
from proofs.ideal_attacker import ANY
from proofs.label_only import CLASSES, spread
from proofs.words import inverse, letters, rewrite, symmetric, transpose


def statement() -> str:
    """The theorem, as LaTeX."""
    return r"""Given $y$, the component is $k$ with probability
$\pi_k(y)\propto p_k\,N(y;W\mu_k+b,WS_kW^T+N)$, and then $x\sim N(m_k(y),C_k)$ with
$C_k=(S_k^{-1}+W^TN^{-1}W)^{-1}$, $m_k(y)=\mu_k+C_kW^TN^{-1}(y-W\mu_k-b)$. So
$A^*(y)=\sum_k\pi_k(y)m_k(y)$ and
\[ \mathrm{IIE}=\sum_kp_k\operatorname{tr}C_k+E\sum_k\pi_k(y)\|m_k(y)-A^*(y)\|^2 , \]
between $\sum_kp_k\operatorname{tr}C_k$ and the error of the best affine attacker. The last term is
$\sum_{j<k}E\,\pi_j(y)\pi_k(y)\|m_j(y)-m_k(y)\|^2$, whose weight
$p_jf_j\,p_kf_k/f\le\min(p_jf_j,p_kf_k)\le(p_jf_j)^t(p_kf_k)^{1-t}=B\,g$ is at most a number times a
Gaussian density $g$, for every $t\in[0,1]$."""


def derive() -> Iterator[Identity]:
    """The identities of the proof."""
    yield from _exponents()
    yield from _determinants()
    for count in CLASSES:
        total, parts = spread(count)
        yield Identity(
            "posterior covariance = mean of the C_k + spread of the m_k(y)",
            f"all dimensions; K = {count} components, symbolic probabilities pi_k(y)",
            total,
            parts,
            r"Total variance given $y$, with $S_k\to C_k$, $\mu_k\to m_k(y)$, $p_k\to\pi_k(y)$;"
            r" then $E\,\pi_k(y)=p_k$.",
            sp.expand,
            shown=r"\operatorname{Cov}(x\mid y)=\sum_k\pi_kC_k+\sum_k\pi_k(m_k-A^*)(m_k-A^*)^T",
        )
        yield _pairs(count)
    yield _bridge()
    (x,) = letters("x")
    coarse, fine = symmetric("Q Q'")
    xt = transpose(x)
    nested = [
        (coarse * coarse, coarse),
        (fine * fine, fine),
        (coarse * fine, coarse),
        (fine * coarse, coarse),
    ]
    yield Identity(
        "bracket: IIE given y = IIE given (y, component) + a squared norm",
        ANY,
        xt * (1 - coarse) * x,
        xt * (1 - fine) * x + xt * (fine - coarse) * (fine - coarse) * x,
        r"$Q=E[\cdot\mid y]$, $Q'=E[\cdot\mid y,k]$ and $QQ'=Q$. The upper end of the bracket is"
        r" ideal\_attacker's best affine attacker.",
        lambda residual: rewrite(residual, nested),
    )


def _pairs(count: int) -> Identity:
    """One coordinate; the others add up."""
    shares, means = sp.symbols(f"pi1:{count + 1}"), sp.symbols(f"m1:{count + 1}")
    average = sp.Add(*(p * m for p, m in zip(shares, means, strict=True)))
    about = sp.Add(*(p * (m - average) ** 2 for p, m in zip(shares, means, strict=True)))
    apart = sp.Add(
        *(
            shares[j] * shares[k] * (means[j] - means[k]) ** 2
            for k in range(count)
            for j in range(k)
        )
    )
    last = 1 - sum(shares[:-1])
    return Identity(
        "spread about the mean = sum over pairs",
        f"K = {count} components, symbolic probabilities pi_k(y), one coordinate of m_k(y)",
        about.subs(shares[-1], last),
        apart.subs(shares[-1], last),
        r"Coordinates add up.",
        sp.expand,
        shown=r"\sum_k\pi_k(m_k-A^*)^2=\sum_{j<k}\pi_j\pi_k(m_j-m_k)^2",
    )


def _bridge() -> Identity:
    """Completing the square of t log N(v; 0, 1) + (1 - t) log N(v; d, s^2)."""
    t, v, d, s = sp.symbols("t v d s", positive=True)
    rest = (1 - t) / s**2
    return Identity(
        "between two Gaussians stands a Gaussian, and B follows",
        "one coordinate, where one is standard and the other diagonal",
        t * v**2 + rest * (v - d) ** 2,
        (t + rest) * (v - rest * d / (t + rest)) ** 2 + t * rest * d**2 / (t + rest),
        r"$B=p_j^tp_k^{1-t}\,s^{-(1-t)}\tau^{-1/2}e^{-t(1-t)d^2/(2s^2\tau)}$ a coordinate,"
        r" $\tau=t+(1-t)/s^2$; $\min(a,b)\le a^tb^{1-t}$, as neither factor is below its power.",
        sp.simplify,
    )


def _exponents() -> Iterator[Identity]:
    W, x, y = letters("W \\xi \\eta")  # x - mu_k and y - W mu_k - b
    S, N, L = symmetric("S N \\Lambda")  # L = S^{-1} + W^T N^{-1} W
    (Si, s_rules), (Ni, n_rules), (Li, l_rules) = (inverse(letter) for letter in (S, N, L))
    xt, yt, Wt = transpose(x), transpose(y), transpose(W)
    rules = [*s_rules, *n_rules, *l_rules, (Wt * Ni * W, L - Si)]

    def reduce(residual: sp.Expr) -> sp.Expr:
        return rewrite(residual, rules)

    gain, left_over = Li * Wt * Ni, Ni - Ni * W * Li * Wt * Ni
    yield Identity(
        "Bayes: prior and likelihood exponents = those of N(x; m_k, C_k) and N(y; ., K)",
        f"{EVERY_SIZE} of W",
        xt * Si * x + (yt - xt * Wt) * Ni * (y - W * x),
        (xt - yt * transpose(gain)) * L * (x - gain * y) + yt * left_over * y,
        r"$\xi=x-\mu_k$, $\eta=y-W\mu_k-b$, $\Lambda=C_k^{-1}=S^{-1}+W^TN^{-1}W$: completing the"
        r" square in $\xi$.",
        reduce,
    )
    yield Identity(
        "the matrix left over in y is (W S W^T + N)^{-1}",
        f"{EVERY_SIZE} of W",
        left_over * (W * S * Wt + N),
        sp.Integer(1),
        r"So the responsibilities use the density of $y$ given the component.",
        reduce,
    )


def _determinants() -> Iterator[Identity]:
    for m, d in ((1, 2), (2, 1), (2, 2)):
        S, N = entries.symmetric("s", d), entries.symmetric("n", m)
        W = entries.general("w", m, d)
        n = N.det()
        yield Identity(
            "the normalising factors agree: det N det(I + S W^T N^{-1} W) = det(W S W^T + N)",
            f"explicit symbolic entries: W {m} x {d}",
            n * (n * sp.eye(d) + S * W.T * N.adjugate() * W).det() / n**d,
            (W * S * W.T + N).det(),
            r"So $\det S\,\det N=\det C_k\,\det(WSW^T+N)$, as $C_k^{-1}=S^{-1}(I+SW^TN^{-1}W)$.",
            entries.numerator,
            shown=r"\det N\,\det(I+SW^TN^{-1}W)=\det(WSW^T+N)",
        )


def verify() -> list[Claim]:
    """Check `derive`; raises ProofError with the residual if an identity does not hold."""
    return check(derive())
