"""Frechet distance between two clouds of features: FID, for the network that made them."""

import numpy as np
from jaxtyping import Float, Float64

from loft_jax.errors import InputError
from loft_jax.metrics import _checks


def fid(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m e"]) -> float:
    """Squared Frechet distance between the Gaussians with the clouds' means and covariances.

    ||mu_r - mu_f||^2 + tr(S_r) + tr(S_f) - 2 tr((S_r S_f)^(1/2)), with unbiased covariances.
    Unit: that of the features, squared. With Inception's 2048 pool features it is FID as published;
    with any other network only numbers of that network compare, and only at equal n and m: the
    estimate falls as the samples grow (Chong and Forsyth, CVPR 2020).

    The covariances are never formed: with centred clouds X = Q R / sqrt(n - 1), S = R'R and
    tr((S_r S_f)^(1/2)) is the sum of the singular values of R_r R_f'. A square root of a product
    of covariances loses half of the digits, and can be complex.

    Args:
        real: features of private pictures.
        fake: features of reconstructions.

    Raises:
        InputError: if a cloud has fewer than d + 1 points, so that its covariance is singular
            whatever the law behind it; if one is not finite; or if the widths differ.

    Source: Heusel et al., "GANs trained by a two time-scale update rule", NeurIPS 2017, eq. 6.
    """
    _checks.same_width(("real", "fake"), real, fake)
    (mean_r, root_r), (mean_f, root_f) = _moments("real", real), _moments("fake", fake)
    overlap = np.linalg.svd(root_r @ root_f.T, compute_uv=False).sum()
    spread = np.sum(root_r**2) + np.sum(root_f**2) - 2 * overlap
    # Both terms are squares; rounding can leave the second at -1e-16.
    return float(np.sum((mean_r - mean_f) ** 2) + max(spread, 0.0))


def fid_needs(features: int) -> int:
    """The fewest pictures on either side for which `fid` with so many features is defined."""
    return features + 1


def _moments(
    name: str, cloud: Float[np.ndarray, "n d"]
) -> tuple[Float64[np.ndarray, " d"], Float64[np.ndarray, "d d"]]:
    """Mean, and an R with covariance R'R."""
    n, d = cloud.shape
    if n < fid_needs(d):
        msg = (
            f"`{name}` must hold at least {fid_needs(d)} samples for {d} features "
            f"(else its covariance is singular), got {n}"
        )
        raise InputError(msg)
    _checks.finite(name, cloud)
    mean = cloud.mean(axis=0, dtype=np.float64)
    return mean, np.linalg.qr(cloud - mean[None], mode="r") / np.sqrt(n - 1)
