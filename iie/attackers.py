"""Attackers with a closed form: the ideal one (the posterior mean) and the pseudo-inverse."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike

from iie import _checks
from iie._linalg import split_prior


@dataclass(frozen=True)
class AffineAttacker:
    """Reconstructs x as offset + gain y.

    Attributes:
        gain: unit of x per unit of y.
        offset: unit of x.
    """

    gain: Float64[np.ndarray, "d m"]
    offset: Float64[np.ndarray, " d"]

    def __call__(self, y: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, "n d"]:
        """Reconstructions of n inputs from their releases."""
        return self.offset + y @ self.gain.T


def ideal_attacker(
    covariance: ArrayLike,
    weight: ArrayLike,
    mean: ArrayLike | None = None,
    *,
    cutoff: float | None = None,
) -> AffineAttacker:
    """The ideal inversion attacker for x ~ N(mu, S), y = W x: the posterior mean.

    A*(y) = mu + S W^T (W S W^T)^+ (y - W mu), on every y that the model can release.

    Args:
        covariance: S, "d d", unit u^2; may be singular.
        weight: W, "m d"; may be rank-deficient.
        mean: mu, "d"; None is zero.
        cutoff: as for `ideal_inversion_error`.

    Raises:
        ValueError: as for `ideal_inversion_error`, or if `mean` is not a vector of length d.

    Source: references.bib:yu2026rank, Ideal Inversion Attacker.   Proof: proofs/theorem_1.py
    """
    split = split_prior(covariance, weight, cutoff)
    W = np.asarray(weight, dtype=np.float64)
    mu = _checks.mean_vector("mean", mean, W.shape[1])
    gain = split.seen @ split.decoder
    return AffineAttacker(gain=gain, offset=mu - gain @ (W @ mu))


def pinv_attacker(weight: ArrayLike, *, cutoff: float | None = None) -> AffineAttacker:
    """The attacker W^+ y, who knows the model but not the prior.

    Its error is tr((I - P) S (I - P)) + ||(I - P) mu||^2 with P = W^+ W: never below the IIE, and
    equal to it iff the row space of W is invariant under S and (I - P) mu = 0 (both ours).

    Args:
        weight: W, "m d"; may be rank-deficient.
        cutoff: singular values of W at or below cutoff times the largest count as zero; None as
            for `ideal_inversion_error`.

    Raises:
        ValueError: if `weight` is not a finite real matrix, or `cutoff` is outside [0, 1).
    """
    W = _checks.real_array("weight", weight, 2)
    default = 10 * max(W.shape) * _checks.epsilon(weight)
    rcond = _checks.relative_cutoff("cutoff", cutoff, default=default)
    return AffineAttacker(gain=np.linalg.pinv(W, rcond=rcond), offset=np.zeros(W.shape[1]))


def posterior_covariance(
    covariance: ArrayLike, weight: ArrayLike, *, cutoff: float | None = None
) -> Float64[np.ndarray, "d d"]:
    """Cov(x | y) = S - S W^T (W S W^T)^+ W S, the same for every y, in u^2.

    Its trace is the ideal inversion error. Args and Raises as for `ideal_inversion_error`.

    Source: Gaussian conditioning.   Proof: proofs/theorem_1.py
    """
    unseen = split_prior(covariance, weight, cutoff).unseen
    return unseen @ unseen.T
