"""Van Trees' inequality: how well a release can tell neighbouring inputs apart, on average."""

from typing import Any, SupportsFloat

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.randomness import Randomness, own_stream
from iie._input.types import ArrayLike
from iie.bounds.jacobian import Jacobian, as_jacobian
from iie.bounds.limits import checked_confidence, halves, lower_limit
from iie.bounds.noise import as_noise
from iie.bounds.prior_root import prior_root
from iie.bounds.result import A2_ANY, A3, EVERY_ATTACKER, Bound, bound
from iie.bounds.samples import check_drawn, rows
from iie.laws import as_prior

PLAIN = "tr (E[J^T N^-1 J] + J_P)^-1"
THROUGH = "tr E[J_G] (E[J_F^T N^-1 J_F] + J_P)^-1 E[J_G]^T"
SMOOTH = "A4: f has the Jacobian that was given, almost everywhere and absolutely continuous"


def van_trees_bound(
    prior: Any,
    jacobian: Any,
    noise: ArrayLike,
    *,
    samples: ArrayLike | None = None,
    generator: Any = None,
    variance: SupportsFloat | None = None,
    confidence: SupportsFloat = 0.95,
    rng: Randomness = None,
) -> Bound:
    """Smallest error of any attacker on y = f(x) + e, by the mean Fisher information of f.

    E||x - A(y)||^2 >= tr A^{-1}, A = E[J^T N^{-1} J] + J_P; J_P the prior's Fisher information,
    S^{-1} for a Gaussian. With equality for linear f and a Gaussian prior. Through a generator,
    x = G(u) with u ~ prior and F = f o G:
    E||x - A(y)||^2 >= tr E[J_G] (E[J_F^T N^{-1} J_F] + J_P)^{-1} E[J_G]^T.

    Estimated without bias: for every matrix K, tr B A^{-1} B^T >= 2 tr B K^T - tr K A K^T, with
    equality at K = B A^{-1}. One half of the samples chooses K; the other measures the right side,
    which is a mean, with its one-sided limit. (tr of the inverse of a mean comes out too high.)

    Args:
        prior: law of x, or of u where there is a generator; or its covariance, "d d". For a mixture
            J_P is replaced by sum_k p_k S_k^{-1}, which is no smaller.
        jacobian: J of f (of F = f o G) at each sample: an array "n m d", or its products, a
            function (samples "n d", direction "d") -> "n m" with J v in each row.
        noise: N: one variance, "m" variances or "m m".
        samples: x_i (u_i), "n d"; needed where a Jacobian is given by its products.
        generator: J of G at each sample: an array "n p d" or its products; None bounds the error of
            x itself.
        variance: tr of the covariance of G(u), in u^2, for `relative`; None leaves that open.
        confidence: of the limit, in [0.5, 1).
        rng: a generator or a seed; None is the seed 0.

    Raises:
        ValueError: if arrays do not fit each other, samples are no draws of the prior, or N is not
            positive.

    Examples:
        >>> J = np.ones((50, 1, 1))
        >>> van_trees_bound([[1.0]], J, noise=1.0).total  # linear: 1 / (1 + 1)
        0.5

    Source: references.bib:gill1995applications.   Proof: proofs/van_trees.py
    """
    law, sure = as_prior(prior), checked_confidence(confidence)
    x = None if samples is None else rows("samples", samples)
    if x is not None:
        check_drawn(x, law)
    J = as_jacobian("jacobian", jacobian, x, law.dim)
    G = None if generator is None else as_jacobian("generator", generator, x, law.dim)
    if G is not None and len(G) != len(J):
        msg = f"`generator` must have one Jacobian a sample, got {len(G)} for {len(J)}"
        raise ValueError(msg)
    root = prior_root(law)
    seen = as_noise(noise, J.outputs).whiten
    fitting, measuring = halves(len(J), own_stream(rng))
    K = _best(J, G, root, seen, fitting)
    limit = lower_limit(_terms(J, G, root, seen, K, measuring), sure)
    known = None if variance is None else checks.number("variance", variance, at_least=0.0)
    return bound(
        "lower bound",
        limit.value,
        law.dim if G is None else G.outputs,
        law.covariance.trace() if G is None else known,
        name="van Trees" if G is None else "van Trees through a generator",
        confidence=sure,
        standard_error=limit.standard_error,
        assumptions=("A1: x (u) has this prior", A2_ANY, A3, SMOOTH, EVERY_ATTACKER),
        source="van Trees 1968; multivariate form Gill and Levit 1995",
        formula=PLAIN if G is None else THROUGH,
    )


def _best(
    J: Jacobian, G: Jacobian | None, root: Float64[np.ndarray, "d q"], seen: Any, chosen: Any
) -> Float64[np.ndarray, "p q"]:
    """K = B A^{-1} on these samples, in coordinates where J_P is the identity."""
    white = _white(J, root, seen, chosen)
    A = np.eye(root.shape[1]) + np.einsum("nmq,nmp->qp", white, white) / len(white)
    B = root if G is None else G.mean(chosen) @ root
    return np.linalg.solve(A, B.T).T


def _terms(
    J: Jacobian,
    G: Jacobian | None,
    root: Float64[np.ndarray, "d q"],
    seen: Any,
    K: Float64[np.ndarray, "p q"],
    chosen: Any,
) -> Float64[np.ndarray, " n"]:
    """2 tr B_i K^T - tr K (I + J_i^T N^{-1} J_i) K^T of each sample."""
    white = _white(J, root, seen, chosen)
    # ||J_i K^T||^2 through the small Gram matrix of K: pictures may have far more rows than u.
    told = np.einsum("nmq,qp,nmp->n", white, K.T @ K, white, optimize=True)
    gain = np.sum(root * K) if G is None else G.inner(K @ root.T, chosen)
    return 2 * gain - np.sum(K**2) - told


def _white(
    J: Jacobian, root: Float64[np.ndarray, "d q"], seen: Any, chosen: Any
) -> Float64[np.ndarray, "n m q"]:
    """N^{-1/2} J_i F, F the root of J_P^{-1}."""
    columns = J.times(root, chosen)  # n m q
    n, m, q = columns.shape
    return seen(columns.transpose(0, 2, 1).reshape(n * q, m)).reshape(n, q, m).transpose(0, 2, 1)
