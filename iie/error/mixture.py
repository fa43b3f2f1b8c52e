"""A Gaussian mixture seen through y = W x + b + e: its posterior is a mixture again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np
import scipy
from jaxtyping import Float64

from iie._input import checks
from iie._input.randomness import Randomness, generator
from iie.attackers.simulation import Estimate
from iie.covariance import Covariance
from iie.error import factorisation
from iie.error.confusion import Confusion, between_components
from iie.error.linear import linear_error
from iie.error.rank import relative_cutoff
from iie.error.result import A2, A2_NOISE, A3, InversionError, inversion_error
from iie.error.rivals import Rivals
from iie.laws import GaussianMixture
from iie.records import Printed
from iie.releases import Linear


@dataclass(frozen=True, eq=False, repr=False)
class MixturePosterior(Printed):
    """x | y for a mixture prior: component k with probability pi_k(y), then a Gaussian.

    E[x | y, k] = offsets_k + gains_k y and Cov(x | y, k) = unseen_k unseen_k^T. Only the
    coordinates B^T y of the release matter, B an orthonormal basis of all the values it can take.
    Components of weight 0 are left out.

    Attributes:
        offsets: unit u.
        gains: unit of x per unit of y.
        unseen: one factor a component; number of columns may differ.
        basis: B.
        rest: (I - B B^T) E y, the same for every y.
        rivals: the components' densities of B^T y.
    """

    offsets: Float64[np.ndarray, "k d"]
    gains: Float64[np.ndarray, "k d m"]
    unseen: tuple[np.ndarray, ...]
    basis: Float64[np.ndarray, "m p"]
    rest: Float64[np.ndarray, " m"]
    rivals: Rivals

    def responsibilities(self, y: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, "n k"]:
        """pi_k(y), the probability that y came from component k."""
        return self.rivals.shares(y @ self.basis)

    def __call__(self, y: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, "n d"]:
        """The ideal attacker, E[x | y] = sum_k pi_k(y) E[x | y, k]."""
        shares = self.responsibilities(y)
        guess = shares @ self.offsets
        for k, gain in enumerate(self.gains):
            guess += shares[:, k, None] * (y @ gain.T)
        return guess

    def sample(
        self, y: Float64[np.ndarray, "n m"], rng: Randomness = None
    ) -> Float64[np.ndarray, "n d"]:
        """One draw of x | y for each row; `rng` is a generator or a seed."""
        rng = generator(rng)
        shares = np.cumsum(self.responsibilities(y), axis=1)
        labels = np.minimum(np.sum(shares < rng.random((len(y), 1)), axis=1), len(self.gains) - 1)
        x = self.offsets[labels]
        for k, (gain, factor) in enumerate(zip(self.gains, self.unseen, strict=True)):
            chosen = np.flatnonzero(labels == k)
            noise = rng.standard_normal((len(chosen), factor.shape[1]))
            x[chosen] += y[chosen] @ gain.T + noise @ factor.T
        return x


def mixture_posterior(
    prior: GaussianMixture, release: Linear, *, cutoff: SupportsFloat | None = None
) -> MixturePosterior:
    """The posterior of a mixture prior given y = W x + b + e. Forms d x d matrices.

    Raises:
        ValueError: if a component is flat in a direction in which y varies between or within the
            others: then its density does not exist.

    Source: ours (Bayes' rule).   Proof: proofs/mixture.py
    """
    c = relative_cutoff(release, cutoff)
    possible = np.flatnonzero(prior.weights)
    components = [prior.components[k] for k in possible]
    # Classes often share one covariance object: what depends on it alone is made once.
    conditioned = {
        S: factorisation.condition(S, release, cutoff) for S in dict.fromkeys(components)
    }
    parts = [conditioned[S] for S in components]
    basis = _output_basis(prior, release, c)
    gains = np.stack([part.seen @ part.decoder for part in parts])
    y_means = release.multiply(prior.means[possible]) + release.bias
    made = {S: _whitener(S, release, basis, c) for S in conditioned}
    whiteners = made.values() if len(made) == 1 else [made[S] for S in components]
    return MixturePosterior(
        offsets=prior.means[possible] - np.einsum("kdm,km->kd", gains, y_means),
        gains=gains,
        unseen=tuple(part.unseen for part in parts),
        basis=basis,
        rest=y_means[0] - basis @ (basis.T @ y_means[0]),
        rivals=Rivals(np.log(prior.weights[possible]), y_means @ basis, np.stack(list(whiteners))),
    )


def mixture_error(
    prior: GaussianMixture,
    release: Linear,
    *,
    cutoff: SupportsFloat | None = None,
    samples: SupportsIndex = 20_000,
    rng: Randomness = None,
    progress: Callable[[int, int], None] | None = None,
) -> InversionError:
    """The IIE of a mixture prior, with standard error and a bracket.

    IIE = sum_k p_k tr C_k + sum_{j<k} E_y pi_j(y) pi_k(y) ||m_j(y) - m_k(y)||^2, where m_k and C_k
    are the posterior mean and covariance of component k. The first term, what is unknown even if
    the component is known, is exact and the lower end of the bracket. The second is simulated
    without bias over releases y at which two components compete (rivals.py), so its standard error
    is honest for components far apart and for rare ones too. It is at most the sum of their
    Chernoff bounds; the upper end of the bracket is that, or the best linear attacker's error.

    Args:
        prior: the mixture.
        release: y = W x + b + e.
        cutoff: as for `ideal_inversion_error`.
        samples: draws of y, at least 2.
        rng: draws them: a generator or a seed; None is the seed 0.
        progress: called with (done, total) after each chunk.

    Returns:
        An estimate; exact where the bound on the second term is below rounding.

    Raises:
        ValueError: as for `mixture_posterior`, or if `samples` is below 2.

    Source: ours.   Proof: proofs/mixture.py
    """
    n, source = checks.count("samples", samples, at_least=2), generator(rng)
    posterior = mixture_posterior(prior, release, cutoff=cutoff)
    best = linear_error(prior, release, cutoff)
    weights = np.exp(posterior.rivals.logs)
    low = float(weights @ [np.sum(part**2) for part in posterior.unseen])
    confusion = Confusion(
        posterior.rivals,
        posterior.offsets + posterior.gains @ posterior.rest,
        posterior.gains @ posterior.basis,
    )
    known = confusion.bound <= np.finfo(float).eps * low
    between = Estimate(0.0, 0.0, 0) if known else between_components(confusion, n, source, progress)
    high = max(low, min(best.total, low + confusion.bound))
    facts: dict[str, Any] = {
        "rank": best.rank,
        "cutoff": best.cutoff,
        "standard_error": None if known else between.sem,
        "interval": None if known else (low, high),
        "formula": "sum_k p_k tr C_k + sum_{j<k} E pi_j(y) pi_k(y) ||m_j(y) - m_k(y)||^2",
        "source": "ours: the posterior of a mixture is a mixture; simulated over y",
        "assumptions": (
            "A1: the private input is a Gaussian mixture",
            A2 if release.noise is None else A2_NOISE,
            A3,
        ),
    }
    kind = "exact" if known else "estimate"
    total, variance = low + between.mean, prior.covariance.trace()
    return inversion_error(total, variance, prior.dim, kind, **facts)


def _output_basis(
    prior: GaussianMixture, release: Linear, cutoff: float
) -> Float64[np.ndarray, "m p"]:
    """Orthonormal basis of the directions in which y varies, within and between components."""
    _, s, Vt = np.linalg.svd(_output_root(prior.covariance, release), full_matrices=False)
    return Vt[s > cutoff * s.max(initial=0.0)].T


def _whitener(
    S: Covariance, release: Linear, basis: Float64[np.ndarray, "m p"], cutoff: float
) -> Float64[np.ndarray, "p p"]:
    """L^{-1} with L L^T = B^T Cov(y) B, from the QR factor of a root: Cov(y) is never formed."""
    R = np.linalg.qr(_output_root(S, release) @ basis).R
    p = basis.shape[1]
    s = np.linalg.svd(R, compute_uv=False)
    if len(s) < p or np.any(s <= cutoff * s.max(initial=0.0)):
        msg = (
            "`covariances` must all be positive in every direction in which y varies, got a"
            " component that is flat in one; add a little variance to it, or noise to the release"
        )
        raise ValueError(msg)
    R = np.sign(np.diagonal(R))[:, None] * R
    return scipy.linalg.solve_triangular(R.T, np.eye(p), lower=True)


def _output_root(S: Covariance, release: Linear) -> Float64[np.ndarray, "q m"]:
    """A with A^T A = W S W^T + N = Cov(y)."""
    signal = release.multiply(S.root(np.eye(S.root_dim)).T)
    if release.noise is None:
        return signal
    N = release.noise
    return np.concatenate([signal, N.root(np.eye(N.root_dim)).T])
