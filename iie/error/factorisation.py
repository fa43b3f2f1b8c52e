"""The one factorisation behind Theorem 1: what of the prior y tells, and what it does not.

x = mu + F z with F F^T = S and white z. What y tells is an orthonormal basis B of directions of z,
and how much of the deviation along each is left. So the posterior covariance is U U^T with
U = F (I - B diag(1 - left) B^T), and its trace a sum of squares: neither S W^T nor W S W^T, which
squares the condition number of W S^{1/2}, is ever formed, and no d x d matrix unless asked for.

Accuracy: tr S less what is told is off by a few eps tr S; below a tenth of tr S the sum of squares
is taken, whose relative error is a few eps sqrt(tr S / IIE). Both times the condition of W.
"""

from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
from jaxtyping import Float64

from iie._input.arrays import FLOAT64
from iie.covariance import Covariance, DiagonalCovariance, IsotropicCovariance
from iie.error.rank import Rule, rank_rule, see, thin_svd
from iie.releases import Linear

SUBTRACTED = (
    0.1  # of tr S: an error above it is that difference, to one digit less than float64 has
)
BLOCK = 2**20  # numbers of U at once: 8 MiB


@dataclass(frozen=True)
class Posterior:
    """N(mu, S) after y = W x + b + e was seen.

    Attributes:
        covariance: S.
        basis: B, directions of z that y tells of.
        left: standard deviation of z along each after y; 0 where y is exact.
        decoder: takes y - W mu - b to the posterior mean of z along `basis`.
        rank: numerical rank of W S^{1/2}.
        cutoff: the relative cut-off that decided it.
    """

    covariance: Covariance
    basis: Float64[np.ndarray, "q p"]
    left: Float64[np.ndarray, " p"]
    decoder: Float64[np.ndarray, "p m"]
    rank: int
    cutoff: float

    @property
    def seen(self) -> Float64[np.ndarray, "d p"]:
        """F B, the directions along which y moves the posterior mean, unit u."""
        return self.covariance.root(self.basis)

    @property
    def unseen(self) -> Float64[np.ndarray, "d q"]:
        """U with Cov(x | y) = U U^T."""
        return self._unseen(0, self.covariance.dim)

    @property
    def error(self) -> float:
        """The trace of Cov(x | y)."""
        if np.count_nonzero(self.left == 0) == self.covariance.root_dim:
            return self.covariance.beyond_root()  # y tells all of z
        variance = self.covariance.trace()
        told = self.seen * np.sqrt((1 - self.left) * (1 + self.left))
        error = variance - float(np.vdot(told, told))
        return error if error > SUBTRACTED * variance else self._squares()

    def _squares(self) -> float:
        """||U||^2, and what of S its root leaves out."""
        S = self.covariance
        step = max(1, BLOCK // max(1, S.root_dim))
        parts = (self._unseen(i, min(i + step, S.dim)) for i in range(0, S.dim, step))
        return float(sum(np.vdot(U, U) for U in parts)) + S.beyond_root()

    def _unseen(self, start: int, stop: int) -> Float64[np.ndarray, "n q"]:
        F = self.covariance.root_rows(start, stop)
        return F - (F @ self.basis * (1 - self.left)) @ self.basis.T


def condition(S: Covariance, release: Linear, cutoff: SupportsFloat | None = None) -> Posterior:
    """The posterior, for x ~ N(mu, S).

    With noise, outputs are first taken to axes in which N is diagonal. Those without noise are
    conditioned on exactly; then the others, F^T W^T N^{-1/2} = P b M^T beyond B, leave
    1/sqrt(1 + b^2) of the deviation along P.

    Raises:
        ValueError: if `cutoff` is outside [0, 1).
    """
    W = release.rows(0, release.outputs)
    rule = rank_rule(S, release, cutoff)
    if release.noise is None:
        basis, decoder = see(S, W, rule)
        left = np.zeros(len(decoder))
        return Posterior(S, basis, left, decoder, len(left), rule.rows)
    return _in_noise(S, W, release.noise, rule)


def noise_axes(
    noise: Covariance,
) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, "m m"] | None]:
    """(v, T) with T N T^T = diag(v), T invertible, and v = 0 exactly where nothing is noisy.

    T is None, the identity, for independent noise, whose variances are what they say, however
    small. Otherwise eigenvalues of the noise's correlations at or below 10 m 2^-52 times the
    largest are zero.
    """
    variances = noise.diagonal()
    if isinstance(noise, DiagonalCovariance | IsotropicCovariance):
        return variances, None
    N = noise.dense()
    if not np.any(N - np.diag(np.diagonal(N))):
        return variances, None
    unit = np.sqrt(np.where(variances > 0, variances, 1.0))
    v, axes = np.linalg.eigh(N / unit / unit[:, None])
    return np.where(v > 10 * len(v) * FLOAT64 * v[-1], v, 0.0), axes.T / unit


def _in_noise(
    S: Covariance, W: Float64[np.ndarray, "m d"], noise: Covariance, rule: Rule
) -> Posterior:
    """The posterior after a noisy y."""
    rank = see(S, W, rule).basis.shape[1]
    variances, axes = noise_axes(noise)
    W = W if axes is None else axes @ W
    quiet = variances == 0
    basis, exact = see(S, W[quiet], rule)
    deviations = np.sqrt(variances[~quiet])
    signal = S.root_adjoint((W[~quiet] / deviations[:, None]).T)
    known = basis.T @ signal
    P, b, Mt = thin_svd(signal - basis @ known)
    left = 1 / np.hypot(1, b)
    # What the noisy outputs say beyond the exact ones: their innovation, scaled by b / (1 + b^2).
    innovation = np.zeros((len(deviations), len(W)))
    innovation[:, ~quiet] = np.diag(1 / deviations)
    innovation[:, quiet] = -known.T @ exact
    gains = (left * (b * left))[:, None] * Mt @ innovation
    decoder = np.zeros((len(exact) + len(b), len(W)))
    decoder[: len(exact), quiet] = exact
    decoder[len(exact) :] = gains
    return Posterior(
        covariance=S,
        basis=np.concatenate([basis, P], axis=1),
        left=np.concatenate([np.zeros(len(exact)), left]),
        decoder=decoder if axes is None else decoder @ axes,
        rank=rank,
        cutoff=rule.rows,
    )
