"""A prior and a linear release that fit each other: what most functions are handed first."""

from typing import Any

from iie._input.types import ArrayLike
from iie.laws import Gaussian, Prior, as_prior
from iie.releases import Linear, as_release


def linear_instance(
    prior: Any, release: Any, mean: ArrayLike | None = None
) -> tuple[Prior, Linear]:
    """The prior, with `mean` if only its covariance was given, and the linear release.

    Raises:
        ValueError: if they do not fit each other, the release is not linear, or `mean` is given
            beside a prior, which has its own.
    """
    law = as_prior(prior)
    if mean is not None:
        if law is prior:
            msg = "`mean` must be part of the prior when `prior` is not a covariance"
            raise ValueError(msg)
        law = Gaussian(law.covariance, mean)
    out = as_release(release, law.dim)
    if not isinstance(out, Linear):
        msg = f"`release` must be Linear, got {type(out).__name__}"
        raise ValueError(msg)  # noqa: TRY004
    return law, out
