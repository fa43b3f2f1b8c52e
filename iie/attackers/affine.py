"""Attackers with a closed form: the ideal one (the posterior mean) and simpler ones."""

from dataclasses import dataclass
from typing import Any, SupportsFloat

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.instance import linear_instance
from iie._input.types import ArrayLike
from iie.error import factorisation
from iie.error.closed_form import gaussian_linear
from iie.error.gram import gram
from iie.error.mixture import MixturePosterior, mixture_posterior
from iie.error.rank import relative_cutoff
from iie.laws import GaussianMixture, StudentT
from iie.records import Record
from iie.releases import Linear


@dataclass(frozen=True, eq=False, repr=False)
class AffineAttacker(Record):
    """Reconstructs x as offset + gain y.

    Attributes:
        gain: unit of x per unit of y.
        offset: unit of x.
    """

    gain: Float64[np.ndarray, "d m"]
    offset: Float64[np.ndarray, " d"]

    def __call__(self, y: ArrayLike) -> Float64[np.ndarray, "*n d"]:
        """Reconstructions of n inputs from their releases, "n m", or of one, "m".

        Raises:
            ValueError: if y is not real, or not of m numbers.
        """
        return checks.row_by_row("y", y, self.gain.shape[1], self._reconstruct)

    def _reconstruct(self, y: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, "n d"]:
        x = y @ self.gain.T
        x += self.offset
        return x


def ideal_attacker(
    prior: Any, release: Any, mean: ArrayLike | None = None, *, cutoff: SupportsFloat | None = None
) -> AffineAttacker | MixturePosterior:
    """The ideal inversion attacker: the posterior mean E[x | y].

    For x ~ N(mu, S), y = W x + b + e, e ~ N(0, N):
    A*(y) = mu + S W^T (W S W^T + N)^+ (y - W mu - b), on every y that the model can release. The
    same for a Student-t prior without noise. For a mixture it is not affine.

    Args:
        prior: a prior, or its covariance S, "d d", unit u^2; may be singular.
        release: a Linear, or its weight W, "m d"; may be rank-deficient.
        mean: mu, "d", where `prior` is a covariance; None is zero.
        cutoff: as for `ideal_inversion_error`.

    Raises:
        ValueError: as for `ideal_inversion_error`; if the release is not linear; or for a Student-t
            prior with noise, where the posterior mean has no closed form.

    Examples:
        >>> ideal_attacker([[4.0]], Linear([[1.0]], noise=4.0)).gain
        array([[0.5]])

    Source: references.bib:yu2026rank, Ideal Inversion Attacker.   Proof: proofs/ideal_attacker.py
    """
    law, out = linear_instance(prior, release, mean)
    if isinstance(law, GaussianMixture):
        return mixture_posterior(law, out, cutoff=cutoff)
    if isinstance(law, StudentT) and out.noise is not None:
        msg = (
            "`release` must have no noise for a StudentT prior, whose posterior mean is then not"
            " linear; `linear_attacker` gives the best affine one"
        )
        raise ValueError(msg)
    return linear_attacker(law, out, cutoff=cutoff)


def linear_attacker(
    prior: Any, release: Any, *, cutoff: SupportsFloat | None = None
) -> AffineAttacker:
    """The best affine attacker, for any prior with mean mu and covariance S.

    mu + S W^T (W S W^T + N)^+ (y - W mu - b). Its error is the formula of Theorem 1 with noise: the
    IIE itself for a Gaussian prior, an upper bound on it for any other.

    Args:
        prior: a prior, or its covariance.
        release: a Linear, or its weight.
        cutoff: as for `ideal_inversion_error`.

    Raises:
        ValueError: as for `ideal_inversion_error`, or if the release is not linear.

    Source: ours (orthogonality).   Proof: proofs/ideal_attacker.py
    """
    law, out = linear_instance(prior, release)
    S = law.covariance
    found = gram(S, out, modes=False) if cutoff is None else None
    if found is not None:
        gain = (found.shared.T @ found.precision) / found.lengths
    else:
        posterior = factorisation.condition(S, out, cutoff)
        gain = posterior.seen @ posterior.decoder
    released = (out.multiply(law.mean[None]) + out.bias)[0]
    return AffineAttacker(gain=gain, offset=law.mean - gain @ released)


def pinv_attacker(weight: Any, *, cutoff: SupportsFloat | None = None) -> AffineAttacker:
    """The attacker W^+ (y - b), who knows the model but not the prior.

    Its error is tr((I - P) S (I - P)) + ||(I - P) mu||^2 with P = W^+ W: never below the IIE, and
    equal to it iff the row space of W is invariant under S and (I - P) mu = 0 (both ours).

    Args:
        weight: W, "m d", or a Linear; may be rank-deficient.
        cutoff: singular values of W at or below cutoff times the largest count as zero; None as
            for `ideal_inversion_error`.

    Raises:
        ValueError: if `weight` is not a finite real matrix, or `cutoff` is outside [0, 1).

    Source: ours.   Proof: proofs/pseudo_inverse.py
    """
    out = weight if isinstance(weight, Linear) else Linear(weight)
    gain = np.linalg.pinv(out.rows(0, out.outputs), rcond=relative_cutoff(out, cutoff))
    return AffineAttacker(gain=gain, offset=-gain @ out.bias)


def ridge_attacker(weight: Any, penalty: SupportsFloat) -> AffineAttacker:
    """The attacker argmin_x ||W x + b - y||^2 + a ||x||^2 = W^T (W W^T + a I)^{-1} (y - b).

    Ideal for x ~ N(0, s^2 I) and noise of variance t^2 if a = t^2 / s^2; for a -> 0 it becomes the
    pseudo-inverse.

    Args:
        weight: W, "m d", or a Linear.
        penalty: a, above 0, in squared units of y / x.

    Raises:
        ValueError: if `weight` is not a finite real matrix, or `penalty` is not positive.

    Examples:
        >>> ridge_attacker([[2.0]], penalty=4.0).gain
        array([[0.25]])

    Source: ours (Gaussian conditioning).   Proof: proofs/noisy_release.py
    """
    out = weight if isinstance(weight, Linear) else Linear(weight)
    a = checks.number("penalty", penalty)
    if a <= 0:
        msg = f"`penalty` must be positive (0 is `pinv_attacker`), got {a:g}"
        raise ValueError(msg)
    U, w, Vt = np.linalg.svd(out.rows(0, out.outputs), full_matrices=False)
    gain = (Vt.T * (w / (w**2 + a))) @ U.T
    return AffineAttacker(gain=gain, offset=-gain @ out.bias)


def posterior_covariance(
    prior: Any, release: Any, *, cutoff: SupportsFloat | None = None
) -> Float64[np.ndarray, "d d"]:
    """Cov(x | y) = S - S W^T (W S W^T + N)^+ W S, the same for every y, in u^2.

    Its trace is the ideal inversion error. For a Gaussian prior only: for any other it depends on
    y. Args and Raises as for `ideal_inversion_error`.

    Source: Gaussian conditioning.   Proof: proofs/theorem_1.py, proofs/noisy_release.py
    """
    law, out = gaussian_linear(prior, release)
    S = law.covariance
    unseen = factorisation.condition(S, out, cutoff).unseen
    C = unseen @ unseen.T
    if S.beyond_root():
        F = S.root_rows(0, S.dim)
        C += S.dense() - F @ F.T
    return C
