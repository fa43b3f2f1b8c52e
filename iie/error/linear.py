"""The error of the best linear attacker, whatever the prior: the cheap way, or the sure one."""

from typing import NamedTuple, SupportsFloat

from iie.error.factorisation import condition
from iie.error.gram import gram
from iie.laws import Prior
from iie.releases import Linear


class LinearError(NamedTuple):
    """Error of the best linear attacker.

    Attributes:
        total: in u^2.
        variance: tr S, in u^2.
        rank: numerical rank of W S^{1/2}.
        cutoff: relative cut-off.
    """

    total: float
    variance: float
    rank: int
    cutoff: float


def linear_error(prior: Prior, release: Linear, cutoff: SupportsFloat | None) -> LinearError:
    """The error of the best linear attacker, for any prior.

    Args:
        prior: with covariance S, "d d"; its law does not matter otherwise.
        release: y = W x + b, with noise or without; W is "m d".
        cutoff: as for `iie.ideal_inversion_error`.

    Raises:
        ValueError: if `cutoff` is outside [0, 1).

    Source: known, linear least squares.   Proof: proofs/theorem_1.py, proofs/noisy_release.py
    """
    S = prior.covariance
    found = gram(S, release) if cutoff is None else None
    if found is not None:
        return LinearError(found.error, found.variance, release.outputs, found.cutoff)
    posterior = condition(S, release, cutoff)
    return LinearError(posterior.error, S.trace(), posterior.rank, posterior.cutoff)
