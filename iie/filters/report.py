"""What a linear filter gives away of the features it reads, measured on a sample of them."""

from dataclasses import dataclass
from typing import Any, SupportsFloat

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.types import ArrayLike
from iie.covariance import empirical_covariance
from iie.filters.curves import position
from iie.information.channel import bits_released
from iie.records import Record
from iie.releases import Linear

ASSUMPTIONS = (
    "S is the covariance of this sample (shrunk as stated), so all numbers are in-sample",
    "error: exact for Gaussian features with covariance S; for others it is the best linear "
    "attacker's, an upper bound on the ideal inversion error",
    "the code W z is released without noise and with infinite precision",
    "bits: Gaussian features and added Gaussian noise of the stated size, equal on all outputs",
)


@dataclass(frozen=True, eq=False, repr=False)
class FilterReport(Record):
    """How much of the features z the code W z leaves unknown. v is the unit of the features.

    Attributes:
        relative: error / tr S, the unrecoverable share of the features' variance, in [0, 1].
        error: summed over the d features, in v^2.
        variance: tr S, in v^2.
        samples: n.
        dim: d.
        outputs: m, the rows of W.
        rank: numerical rank of W S^{1/2}.
        effective_rank: exp of the entropy of the singular values of W S^{1/2}, between 1 and
            `rank` (Roy and Vetterli 2007); 0 for a code that does not vary.
        feature_effective_rank: the same for S^{1/2}.
        most_leaking: smallest relative error of any filter of this rank.
        least_leaking: largest relative error of any filter of this rank.
        random: relative error to expect of a random filter of this rank.
        position: of this filter between most (0) and least (1) leaking; None if they coincide.
        random_position: of the random filter.
        noise_share: variance of the noise that `bits` assumes, over the mean variance of an
            output.
        bits: what the code tells of the features under that noise.
        shrinkage: a of S = (1 - a) S_hat + a (tr S_hat / d) I.
        assumptions: what has to hold for the numbers to be true.
    """

    relative: float
    error: float
    variance: float
    samples: int
    dim: int
    outputs: int
    rank: int
    effective_rank: float
    feature_effective_rank: float
    most_leaking: float
    least_leaking: float
    random: float
    position: float | None
    random_position: float | None
    noise_share: float
    bits: float
    shrinkage: float
    assumptions: tuple[str, ...] = ASSUMPTIONS


def filter_report(
    features: ArrayLike,
    weight: Any,
    *,
    shrinkage: str | SupportsFloat = "ledoit-wolf",
    noise_share: SupportsFloat = 1e-2,
) -> FilterReport:
    """Theorem 1 with the features z as input and the first layer W of a head as model.

    relative = 1 - tr(S W^T (W S W^T)^+ W S) / tr S, with S the covariance of the sample. Without
    shrinkage it is exactly the residual share of the least-squares fit of z to W z and a constant.

    Args:
        features: z, "n d", one a row, n >= 2, unit v.
        weight: W, "m d".
        shrinkage: as for `empirical_covariance`; with n <= d and none, the sample fits itself.
        noise_share: for `bits`: variance of the noise on an output over the mean variance of an
            output, positive.

    Raises:
        ValueError: if `features` and `weight` do not fit each other, are not finite real matrices,
            or `noise_share` is not positive.

    Examples:
        >>> z = [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]  # S = I
        >>> filter_report(z, [[3.0, 0.0]], shrinkage=0.0).relative
        0.5

    Source: references.bib:yu2026rank, Theorem 1; its use on features is ours.
        Proof: proofs/loft_head.py
    """
    ratio = float(noise_share)
    if not 0 < ratio < np.inf:
        msg = f"`noise_share` must be positive and finite, got {ratio}"
        raise ValueError(msg)
    samples = checks.real_array("features", features, 2)
    S = empirical_covariance(samples, shrinkage)
    linear = weight if isinstance(weight, Linear) else Linear(weight)
    place = position(S, linear)
    variance = place.variance
    scale = variance if variance > 0 else 1.0
    W = linear.rows(0, linear.outputs)
    W = W / (np.abs(W).max(initial=0.0) or 1.0)  # whose unit changes no bit
    code = np.linalg.svd(S.root_adjoint(W.T), compute_uv=False)
    output_variance = float(np.sum(code**2)) / max(linear.outputs, 1)
    bits = 0.0
    if place.rank:
        bits = bits_released(S, W, noise=ratio * output_variance)
    return FilterReport(
        relative=place.total / scale,
        error=place.total,
        variance=variance,
        samples=len(samples),
        dim=S.dim,
        outputs=linear.outputs,
        rank=place.rank,
        effective_rank=_effective_rank(code[: place.rank]),
        feature_effective_rank=_effective_rank(np.sqrt(S.spectrum())),
        most_leaking=place.most_leaking / scale,
        least_leaking=place.least_leaking / scale,
        random=place.random / scale,
        position=place.position,
        random_position=place.random_position,
        noise_share=ratio,
        bits=bits,
        shrinkage=S.shrinkage,
    )


def _effective_rank(values: Float64[np.ndarray, " k"]) -> float:
    """Exp of the entropy of the values' shares of their sum."""
    positive = values[values > 0]
    if positive.size == 0:
        return 0.0
    shares = positive / positive.sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))
