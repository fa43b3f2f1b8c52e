"""A Gaussian mixture seen through y = W x + b + e: its posterior is a mixture again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np
import scipy
from jaxtyping import Float64

from iie._input import checks
from iie.attackers.simulation import Welford
from iie.covariance import Covariance
from iie.error import factorisation
from iie.error.linear import linear_error
from iie.error.rank import relative_cutoff
from iie.error.result import A2, A2_NOISE, A3, InversionError, inversion_error
from iie.laws import GaussianMixture
from iie.releases import Linear

CHUNK = 4096  # releases at once


@dataclass(frozen=True)
class MixturePosterior:
    """x | y for a mixture prior: component k with probability pi_k(y), then a Gaussian.

    E[x | y, k] = offsets_k + gains_k y and Cov(x | y, k) = unseen_k unseen_k^T. Only the
    coordinates B^T y of the release matter, B an orthonormal basis of all the values it can take.

    Attributes:
        weights: p_k.
        offsets: unit u.
        gains: unit of x per unit of y.
        unseen: one factor a component; number of columns may differ.
        basis: B.
        centres: B^T E[y | k].
        whiteners: L_k^{-1} with L_k L_k^T = B^T Cov(y | k) B.
    """

    weights: Float64[np.ndarray, " k"]
    offsets: Float64[np.ndarray, "k d"]
    gains: Float64[np.ndarray, "k d m"]
    unseen: tuple[np.ndarray, ...]
    basis: Float64[np.ndarray, "m p"]
    centres: Float64[np.ndarray, "k p"]
    whiteners: Float64[np.ndarray, "k p p"]

    def responsibilities(self, y: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, "n k"]:
        """pi_k(y), the probability that y came from component k."""
        z = y @ self.basis
        with np.errstate(divide="ignore"):  # a component of weight 0 never is it
            logs = np.tile(np.log(self.weights), (len(y), 1))
        for k, (centre, L) in enumerate(zip(self.centres, self.whiteners, strict=True)):
            logs[:, k] += np.sum(np.log(np.diagonal(L))) - np.sum(((z - centre) @ L.T) ** 2, 1) / 2
        logs -= logs.max(axis=1, keepdims=True)
        shares = np.exp(logs)
        return shares / shares.sum(axis=1, keepdims=True)

    def __call__(self, y: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, "n d"]:
        """The ideal attacker, E[x | y] = sum_k pi_k(y) E[x | y, k]."""
        shares = self.responsibilities(y)
        guess = shares @ self.offsets
        for k, gain in enumerate(self.gains):
            guess += shares[:, k, None] * (y @ gain.T)
        return guess

    def sample(
        self, y: Float64[np.ndarray, "n m"], rng: np.random.Generator
    ) -> Float64[np.ndarray, "n d"]:
        """One draw of x | y for each row."""
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
    parts = [factorisation.condition(S, release, cutoff) for S in prior.components]
    basis = _output_basis(prior, release, c)
    gains = np.stack([part.seen @ part.decoder for part in parts])
    y_means = release.multiply(prior.means) + release.bias
    whiteners = [_whitener(S, release, basis, c) for S in prior.components]
    return MixturePosterior(
        weights=prior.weights,
        offsets=prior.means - np.einsum("kdm,km->kd", gains, y_means),
        gains=gains,
        unseen=tuple(part.unseen for part in parts),
        basis=basis,
        centres=y_means @ basis,
        whiteners=np.stack(whiteners),
    )


def mixture_error(
    prior: GaussianMixture,
    release: Linear,
    *,
    cutoff: SupportsFloat | None = None,
    samples: SupportsIndex = 20_000,
    rng: np.random.Generator | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> InversionError:
    """The IIE of a mixture prior, with standard error and a bracket.

    IIE = sum_k p_k tr C_k + E_y sum_k pi_k(y) ||m_k(y) - sum_j pi_j(y) m_j(y)||^2, where m_k and
    C_k are the posterior mean and covariance of component k. The first term, what is unknown even
    if the component is known, is exact and the lower end of the bracket; the second is simulated
    over y without bias. The upper end is the best linear attacker's error.

    Args:
        prior: the mixture.
        release: y = W x + b + e.
        cutoff: as for `ideal_inversion_error`.
        samples: draws of y, at least 2.
        rng: draws them; None is numpy.random.default_rng(0).
        progress: called with (done, total) after each chunk.

    Raises:
        ValueError: as for `mixture_posterior`, or if `samples` is below 2.

    Source: ours.   Proof: proofs/mixture.py
    """
    n = checks.count("samples", samples, at_least=2)
    rng = np.random.default_rng(0) if rng is None else rng
    posterior = mixture_posterior(prior, release, cutoff=cutoff)
    best = linear_error(prior, release, cutoff)
    low = float(prior.weights @ [np.sum(part**2) for part in posterior.unseen])
    spread = _Spread(posterior)
    stream = Welford()
    for start in range(0, n, CHUNK):
        x = prior.sample(min(CHUNK, n - start), rng)
        stream.add(spread(release(x, rng)))
        if progress is not None:
            progress(stream.n, n)
    between = stream.estimate()
    facts: dict[str, Any] = {
        "rank": best.rank,
        "cutoff": best.cutoff,
        "standard_error": between.sem,
        "interval": (min(low, best.total), best.total),
        "formula": "sum_k p_k tr C_k + E sum_k pi_k(y) ||m_k(y) - E[x | y]||^2",
        "source": "ours: the posterior of a mixture is a mixture; simulated over y",
        "assumptions": (
            "A1: the private input is a Gaussian mixture",
            A2 if release.noise is None else A2_NOISE,
            A3,
        ),
    }
    total, variance = low + between.mean, prior.covariance.trace()
    return inversion_error(total, variance, prior.dim, "estimate", **facts)


class _Spread:
    """sum_k pi_k(y) ||m_k(y) - mean||^2, in as few coordinates as the means span."""

    def __init__(self, posterior: MixturePosterior) -> None:
        self.posterior = posterior
        count, d, m = posterior.gains.shape
        # Column 0 of each block is the offset, the others the gain; R keeps all distances.
        maps = np.concatenate([posterior.offsets[:, :, None], posterior.gains], axis=2)
        flat = maps.transpose(1, 0, 2).reshape(d, -1)
        R = flat if flat.shape[1] >= d else np.linalg.qr(flat).R
        self.maps = R.reshape(-1, count, m + 1).transpose(1, 0, 2)

    def __call__(self, y: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, " n"]:
        shares = self.posterior.responsibilities(y)
        means = np.stack([A[:, 0] + y @ A[:, 1:].T for A in self.maps])
        means -= np.einsum("nk,knd->nd", shares, means)
        return np.einsum("nk,knd,knd->n", shares, means, means)


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
