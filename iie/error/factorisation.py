"""The one factorisation behind Theorem 1: what of the prior y tells, and what it does not.

S = seen seen^T + unseen unseen^T with seen seen^T = S W^T (W S W^T)^+ W S, so that the posterior
covariance is unseen unseen^T and its trace a sum of squares: nothing is subtracted, and neither
S W^T nor W S W^T, which squares the condition number of W S^{1/2}, is ever formed.

Accuracy: the relative error of the trace is a small multiple of eps tr S / IIE times the
condition number of the kept part of W, at the cost of an eigendecomposition of S.
"""

from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie.covariance import Covariance, DenseCovariance
from iie.releases import Linear


@dataclass(frozen=True)
class Posterior:
    """N(mu, S) after y = W x + b + e was seen.

    Attributes:
        unseen: Cov(x | y) = unseen unseen^T.
        seen: directions along which y moves the posterior mean, unit u.
        decoder: takes y - W mu - b to coordinates along `seen`.
        rank: numerical rank of W S^{1/2}.
        cutoff: the relative cut-off that decided all ranks.
    """

    unseen: Float64[np.ndarray, "d q"]
    seen: Float64[np.ndarray, "d p"]
    decoder: Float64[np.ndarray, "p m"]
    rank: int
    cutoff: float

    @property
    def error(self) -> float:
        """The trace of Cov(x | y), a sum of squares."""
        return float(np.sum(self.unseen**2))


def relative_cutoff(S: Covariance, release: Linear, cutoff: SupportsFloat | None) -> float:
    """`cutoff`, checked, or the default that fits the input types.

    10 max(m, d) eps, eps of the coarser of the two; at most sqrt(eps), which matters only for
    float32 above 290 coordinates, where rounding errors no longer add up like that.
    """
    epsilon = max(release.epsilon, _epsilon(S))
    default = min(10 * max(release.outputs, release.dim) * epsilon, epsilon**0.5)
    return checks.relative_cutoff("cutoff", cutoff, default=default)


def condition(S: Covariance, release: Linear, cutoff: float) -> Posterior:
    """The posterior, by the accurate route; forms d x d matrices.

    Three ranks are decided, each by the same relative cut-off c: eigenvalues of S <= c l_1,
    singular values of W <= c w_1, and singular values of Z S^{1/2} <= c sqrt(l_1) are zero, where
    the rows of Z are an orthonormal basis of W's row space.

    With noise, outputs are first rotated to the axes of N. Those without noise are conditioned on
    exactly; then the others, B = N^{-1/2} W unseen = U b V^T, shrink unseen V by 1/sqrt(1 + b^2).
    """
    W = release.rows(0, release.outputs)
    root = square_root(S, cutoff)
    if release.noise is None:
        return _condition_exactly(root, W, cutoff)
    variances, axes = noise_axes(release.noise, cutoff)
    rank = _condition_exactly(root, W, cutoff).rank
    W = axes.T @ W
    quiet = variances == 0
    exact = _condition_exactly(root, W[quiet], cutoff)
    W_noisy, deviations = W[~quiet], np.sqrt(variances[~quiet])
    U, b, Vt = np.linalg.svd(W_noisy @ exact.unseen / deviations[:, None])
    U, V = U[:, : len(b)], Vt.T
    shrink = np.ones(len(Vt))
    shrink[: len(b)] = 1 / np.hypot(1, b)
    # What the noisy outputs say beyond the exact ones: their innovation, scaled by b / (1 + b^2).
    innovation = np.zeros((len(deviations), len(W)))
    innovation[:, ~quiet] = np.eye(len(deviations))
    innovation[:, quiet] = -(W_noisy @ exact.seen) @ exact.decoder
    gains = ((b * shrink[: len(b)] ** 2)[:, None] * U.T / deviations) @ innovation
    exact_decoder = np.zeros((exact.rank, len(W)))
    exact_decoder[:, quiet] = exact.decoder
    return Posterior(
        unseen=exact.unseen @ V * shrink,
        seen=np.concatenate([exact.seen, exact.unseen @ V[:, : len(b)]], axis=1),
        decoder=np.concatenate([exact_decoder, gains]) @ axes.T,
        rank=rank,
        cutoff=cutoff,
    )


def noise_axes(
    noise: Covariance, cutoff: float
) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, "m m"]]:
    """(variances, axes) of N; variances at or below `cutoff` times the largest are zero."""
    N = noise.dense()
    if not np.any(N - np.diag(np.diagonal(N))):
        return np.diagonal(N).copy(), np.eye(len(N))  # as given: no rounding, so no cut-off
    variances, axes = np.linalg.eigh(N)
    return np.where(variances > cutoff * variances[-1], variances, 0.0), axes


def square_root(S: Covariance, cutoff: float) -> Float64[np.ndarray, "d k"]:
    """F with F F^T = S and k = rank S orthogonal columns."""
    matrix = S.matrix if isinstance(S, DenseCovariance) else S.dense()
    eigenvalues, vectors = np.linalg.eigh(matrix)
    keep = eigenvalues > cutoff * max(eigenvalues[-1], 0.0)
    return vectors[:, keep] * np.sqrt(eigenvalues[keep])


def _condition_exactly(
    root: Float64[np.ndarray, "d k"], W: Float64[np.ndarray, "m d"], cutoff: float
) -> Posterior:
    """The posterior after a noiseless y."""
    # The row space first: then the scale of W's rows never mixes with that of S, and the last
    # cut-off has sqrt(l_1) to be relative to even when W sees nothing but the null space of S.
    left, w, Z = np.linalg.svd(W, full_matrices=False)
    keep = w > cutoff * w.max(initial=0.0)
    U, b, Vt = np.linalg.svd(Z[keep] @ root, full_matrices=True)
    r = int(np.sum(b > cutoff * np.linalg.norm(root, axis=0).max(initial=0.0)))
    to_row_space = left[:, keep].T / w[keep, None]
    return Posterior(
        unseen=root @ Vt[r:].T,
        seen=root @ Vt[:r].T,
        decoder=(U[:, :r] / b[:r]).T @ to_row_space,
        rank=r,
        cutoff=cutoff,
    )


def _epsilon(S: Covariance) -> float:
    """Machine epsilon of the type S came in."""
    return S.cutoff / (10 * S.dim) if isinstance(S, DenseCovariance) else 2.0**-52
