"""Precision, recall, density and coverage of a cloud of fakes against a cloud of real features."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy  # not its parts: they load at first use, and a command begins sooner
from jaxtyping import Float, Float64

from loft_jax.errors import InputError
from loft_jax.metrics import _checks

CHUNK_BYTES = 2**26
"""Memory of one block of distances."""


class PRDC(NamedTuple):
    """How two clouds overlap.

    Attributes:
        precision: share of fakes within the real cloud: fidelity.
        recall: share of real points within the fakes' cloud: diversity.
        density: real balls that hold a fake, on average, over k; can exceed 1.
        coverage: share of real balls that hold a fake.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def prdc(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m e"], *, k: int = 3) -> PRDC:
    """Precision, recall, density, coverage by balls that reach to the k-th neighbour.

    B(x) is the closed ball round x to its k-th nearest neighbour among the others of its cloud.

    precision = mean_j [fake_j in some B(real_i)],   recall = mean_i [real_i in some B(fake_j)],
    density = sum_j sum_i [fake_j in B(real_i)] / (k m),   coverage = mean_i [some fake_j in
    B(real_i)].

    *Some* ball, not only that of the nearest neighbour. The package `prdc` has open balls, which
    differ only where distances are equal.

    Args:
        real: features of private pictures.
        fake: features of reconstructions.
        k: which neighbour the balls reach to; published values: 3 (precision, recall, and the
            inversion literature), 5 (density, coverage).

    Raises:
        InputError: if `k` < 1, a cloud has not more than k points, is not finite, or the widths
            differ.

    Source: Kynkaanniemi et al., "Improved precision and recall metric", NeurIPS 2019, eq. 1-2;
    Naeem et al., "Reliable fidelity and diversity metrics", ICML 2020, eq. 4 and 7.
    """
    _checks.same_width(("real", "fake"), real, fake)
    if k < 1:
        msg = f"`k` must be at least 1, got {k}"
        raise InputError(msg)
    radius_r, radius_f = _radii("real", real, k), _radii("fake", fake, k)
    balls_with_fake = np.zeros(len(fake), np.int64)
    recalled, covered = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for rows, distances in _blocks(real, fake):
        inside = distances <= radius_r[rows, None]
        balls_with_fake += inside.sum(axis=0)
        covered[rows] = inside.any(axis=1)
        recalled[rows] = (distances <= radius_f[None]).any(axis=1)
    return PRDC(
        precision=float(np.mean(balls_with_fake > 0)),
        recall=float(recalled.mean()),
        density=float(balls_with_fake.mean() / k),
        coverage=float(covered.mean()),
    )


def _radii(name: str, cloud: Float[np.ndarray, "n d"], k: int) -> Float64[np.ndarray, " n"]:
    """Squared distance of each point to its k-th nearest other point."""
    if len(cloud) <= k:
        msg = f"`{name}` must hold more than k = {k} samples, got {len(cloud)}"
        raise InputError(msg)
    _checks.finite(name, cloud)
    radii = np.empty(len(cloud))
    for rows, distances in _blocks(cloud, cloud):
        # The nearest of all is the point itself (or its double), at distance 0.
        radii[rows] = np.partition(distances, k, axis=1)[:, k]
    return radii


def _blocks(
    first: Float[np.ndarray, "n d"], second: Float[np.ndarray, "m d"]
) -> Iterator[tuple[slice, Float64[np.ndarray, "p m"]]]:
    """Squared distances, a block of rows at a time.

    By differences, not by ||x||^2 - 2 x.y + ||y||^2: equal points have distance 0, exactly.
    """
    left, right = first.astype(np.float64), second.astype(np.float64)
    height = max(1, CHUNK_BYTES // (8 * len(right)))
    for start in range(0, len(left), height):
        rows = slice(start, start + height)
        yield rows, scipy.spatial.distance.cdist(left[rows], right, "sqeuclidean")
