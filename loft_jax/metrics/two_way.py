"""How far a mean over seeds and classes may be off: two-way random effects.

The number of seed i and class j is mu + a_i + b_j + e_ij: seeds and classes are drawn from what
they could have been, each with a variance of its own, and so is what is left. Of one seed the
mean is that model's own, and the interval says nothing of another training.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy  # not its parts: they load at first use, and a command begins sooner
from jaxtyping import Float64
from scipy.special import gammaincinv, ndtri, stdtrit

POINTS = 512
"""Quasi-random points of the fiducial law: the same for every interval, so that it is too."""
OWN = 0.4
"""Degrees of freedom that the seeds' mean square is given beside its r - 1. Without them two or
three seeds that do not differ get coverage above 0.99, with 1 those that do get 0.86: see
`python -m loft_jax.reproduce coverage`."""
HEAVY = 0.25
"""Share of the sample's excess kurtosis that counts: whole, it widens what is wide enough."""


class MeanSquares(NamedTuple):
    """The table of a two-way analysis of variance without replication.

    Attributes:
        seeds: k sum_i (y_i. - y..)^2 / (r - 1); zero for one seed.
        classes: r sum_j (y_.j - y..)^2 / (k - 1); zero for one class.
        rest: sum_ij (y_ij - y_i. - y_.j + y..)^2 / ((r - 1)(k - 1)); zero for one of either.
    """

    seeds: Float64[np.ndarray, " b"]
    classes: Float64[np.ndarray, " b"]
    rest: Float64[np.ndarray, " b"]


def mean_squares(values: Float64[np.ndarray, "b r k"]) -> MeanSquares:
    """Mean squares of r seeds and k classes.

    Their expectations are s_e^2 + k s_a^2, s_e^2 + r s_b^2 and s_e^2.

    Source: Searle, Casella, McCulloch, "Variance components" (1992), section 4.4.
    """
    r, k = values.shape[-2:]
    mean = values.mean((-2, -1), keepdims=True)
    rows, columns = values.mean(-1, keepdims=True), values.mean(-2, keepdims=True)
    left = values - rows - columns + mean
    return MeanSquares(
        k * np.sum((rows - mean) ** 2, (-2, -1)) / max(r - 1, 1),
        r * np.sum((columns - mean) ** 2, (-2, -1)) / max(k - 1, 1),
        np.sum(left**2, (-2, -1)) / max((r - 1) * (k - 1), 1),
    )


def reach(values: Float64[np.ndarray, "b r k"], level: float = 0.95) -> Float64[np.ndarray, " b"]:
    """Half the width of the interval of the mean; NaN for one class of one seed.

    One seed: Student's t over classes; one class: over seeds. Else the quantile of
    |Z| sqrt(V), Z standard normal and V the fiducial law of the mean's variance,

        V = [(A - E)+ + (B - E)+ + E] / (r k),  A = n_a MS_a / chi^2(n_a),  B likewise,  E = MS_e,

    with n_a = r - 1 + `OWN`. So the uncertainty of the few seeds' variance is in the interval: with
    Satterthwaite's degrees of freedom two seeds that happen to agree are taken for all that agree.
    n_b is k - 1, fewer where the classes' means have a heavy tail (near shares of 0 and 1).

    Source: Weerahandi, "Generalized confidence intervals", JASA 88 (1993); Burdick and Graybill,
    "Confidence intervals on variance components" (1992), for the mean squares.
    """
    r, k = values.shape[-2:]
    squares = mean_squares(values)
    if min(r, k) == 1:
        free = _freedom(values.mean(-2)) if k > 1 else float(r - 1)
        spread = np.sqrt(squares.classes / k if k > 1 else squares.seeds / r)
        return stdtrit(free, (1 + level) / 2) * spread if max(r, k) > 1 else np.nan * spread
    z, of_seeds, uniform = _points(r)
    free = _freedom(values.mean(-2))[..., None]
    rest = squares.rest[..., None]
    a = squares.seeds[..., None] * of_seeds
    b = squares.classes[..., None] * free / (2 * gammaincinv(free / 2, uniform))
    variance = (np.maximum(a - rest, 0) + np.maximum(b - rest, 0) + rest) / (r * k)
    return np.quantile(z * np.sqrt(variance), level, axis=-1)


def _freedom(means: Float64[np.ndarray, "b k"]) -> Float64[np.ndarray, " b"]:
    """Degrees of freedom of the variance of k means: 2 / (2 / (k - 1) + kurtosis / k).

    Source: the variance of a sample variance, e.g. Kendall and Stuart, volume 1, section 10.
    """
    k = means.shape[-1]
    if k < 4:
        return np.full(means.shape[:-1], k - 1.0)
    centred = means - means.mean(-1, keepdims=True)
    second, fourth = np.mean(centred**2, -1), np.mean(centred**4, -1)
    excess = np.divide(fourth, second**2, out=np.full_like(second, 3.0), where=second > 0) - 3
    excess = (k - 1) / ((k - 2) * (k - 3)) * ((k + 1) * excess + 6)  # unbiased for normal means
    return 2 / (2 / (k - 1) + HEAVY * np.maximum(excess, 0) / k)


@lru_cache
def _points(r: int) -> tuple[np.ndarray, ...]:
    """|Z|, n_a / chi^2(n_a), and uniform numbers for the classes' chi-squared."""
    # Without the first point, which is zero: then all lie within the unit cube.
    u = scipy.stats.qmc.Sobol(3, scramble=False).fast_forward(1).random(POINTS)
    free = r - 1 + OWN
    return -ndtri(u[:, 0] / 2), free / (2 * gammaincinv(free / 2, u[:, 1])), u[:, 2]
