"""The error of the best linear attacker, whatever the prior: by one of two routes."""

from typing import NamedTuple, SupportsFloat

import numpy as np

from iie.covariance import DenseCovariance
from iie.error import factorisation, structured
from iie.laws import Prior
from iie.releases import Linear

ACCURATE_DIM = 512  # up to here the accurate route costs a fraction of a second
CANCELLATION = 1e-4  # of tr S: below, the accurate route is taken for a dense S of any size


class LinearError(NamedTuple):
    """Error of the best linear attacker.

    Attributes:
        total: in u^2.
        variance: tr S, in u^2, summed the way `total` was.
        rank: numerical rank of W S^{1/2}.
        cutoff: relative cut-off.
    """

    total: float
    variance: float
    rank: int
    cutoff: float


def linear_error(prior: Prior, release: Linear, cutoff: SupportsFloat | None) -> LinearError:
    """The error of the best linear attacker, for any prior; by one of two routes.

    Args:
        prior: with covariance S, "d d"; its law does not matter otherwise.
        release: y = W x + b, with noise or without; W is "m d".
        cutoff: as for `iie.ideal_inversion_error`.

    Raises:
        ValueError: if `cutoff` is outside [0, 1), or the noise is too singular for d above 512.

    Source: known, linear least squares.   Proof: proofs/theorem_1.py, proofs/noisy_release.py
    """
    S = prior.covariance
    c = factorisation.relative_cutoff(S, release, cutoff)
    if S.dim > ACCURATE_DIM:
        total, rank = structured.structured_error(S, release, c)
        if not (isinstance(S, DenseCovariance) and total < CANCELLATION * S.trace()):
            return LinearError(total, S.trace(), rank, c)
    posterior = factorisation.condition(S, release, c)
    total, variance = posterior.error, S.trace()
    if release.noise is None:
        variance = total + float(np.sum(posterior.seen**2))
    return LinearError(total, variance, posterior.rank, c)
