"""Points and weights that stand for a law of few coordinates in every sum."""

from dataclasses import dataclass
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np
from jaxtyping import Float64, Int

from iie._input import checks
from iie._input.types import ArrayLike
from iie.laws import Gaussian, GaussianMixture

MAX_DIM = 3  # coordinates of x, and directions of a code that a lattice can hold


@dataclass(frozen=True, init=False, eq=False)
class Nodes:
    """Points that stand for a law in every sum.

    Args:
        points: x_i, "n d" with d <= 3, unit u.
        weights: p_i, "n", summing to 1.
        coarse: numbers of the nodes, "k", that make a coarser rule of the same kind, by which the
            finer is judged; None is every second. On a grid they must be coarser along every
            coordinate: a code of x_1 alone notices nothing else.

    Raises:
        ValueError: if the shapes disagree, or `weights` are no probabilities.
    """

    points: Float64[np.ndarray, "n d"]
    weights: Float64[np.ndarray, " n"]
    coarse: Int[np.ndarray, " k"]

    def __init__(
        self, points: ArrayLike, weights: ArrayLike, coarse: ArrayLike | None = None
    ) -> None:
        x, p = checks.real_array("points", points, 2), checks.nonnegative("weights", weights, 1)
        if not 1 <= x.shape[1] <= MAX_DIM:
            msg = f"`points` must have 1 to {MAX_DIM} coordinates, got shape {x.shape}"
            raise ValueError(msg)
        if len(x) != len(p):
            msg = f"`weights` must be one a node, got {len(p)} for {len(x)} nodes"
            raise ValueError(msg)
        if abs(p.sum() - 1) > checks.tolerance(weights):
            msg = f"`weights` must sum to 1, got a sum of {p.sum():.6g}"
            raise ValueError(msg)
        chosen = np.arange(0, len(x), 2) if coarse is None else np.asarray(coarse)
        if (
            chosen.ndim != 1
            or chosen.dtype.kind not in "iu"
            or not np.isin(chosen, range(len(x))).all()
        ):
            msg = f"`coarse` must be a list of nodes' numbers below {len(x)}, got {coarse!r}"
            raise ValueError(msg)
        if p[chosen].sum() == 0:
            msg = "`coarse` must hold nodes of positive weight, got none"
            raise ValueError(msg)
        object.__setattr__(self, "points", x)
        object.__setattr__(self, "weights", p / p.sum())
        object.__setattr__(self, "coarse", chosen.astype(np.int64))


def prior_nodes(prior: Any, side: SupportsIndex = 201, *, reach: SupportsFloat = 6.0) -> Nodes:
    """A square grid over a law of at most three coordinates, weighted by its density.

    The trapezoidal rule: for Gaussians its error falls faster than any power of the step. The
    coarse nodes are every second along each coordinate.

    Args:
        prior: a Gaussian or a mixture with positive definite covariances, in d <= 3.
        side: nodes along each coordinate; an even number is made odd by one more.
        reach: how far the grid goes beyond each mean, in standard deviations of its component.

    Raises:
        ValueError: if the prior has another form, is flat or of more than three coordinates.

    Examples:
        >>> nodes = prior_nodes(Gaussian([[4.0]]), 51)
        >>> round(float(nodes.weights @ nodes.points[:, 0] ** 2), 6)
        4.0

    Source: ours.
    """
    if not isinstance(prior, Gaussian | GaussianMixture):
        msg = f"`prior` must be a Gaussian or a GaussianMixture, got a {type(prior).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - as everywhere: one kind of error for bad input
    if prior.dim > MAX_DIM:
        msg = f"`prior` must have at most {MAX_DIM} coordinates, got {prior.dim}"
        raise ValueError(msg)
    sigmas = checks.number("reach", reach, at_least=1.0)
    n = checks.count("side", side, at_least=3) | 1
    if isinstance(prior, Gaussian):
        prior = GaussianMixture([1.0], [prior.mean], [prior.covariance])
    parts = [S.dense() for S in prior.components]
    spread = sigmas * np.sqrt([np.diagonal(S) for S in parts])
    low, high = (prior.means - spread).min(axis=0), (prior.means + spread).max(axis=0)
    axes = [np.linspace(a, b, n) for a, b in zip(low, high, strict=True)]
    x = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, prior.dim)
    density = np.zeros(len(x))
    for p, mean, S in zip(prior.weights, prior.means, parts, strict=True):
        try:
            L = np.linalg.cholesky(S)
        except np.linalg.LinAlgError:
            msg = "`prior` must vary in every direction, got a covariance that is flat in one"
            raise ValueError(msg) from None
        z = np.linalg.solve(L, (x - mean).T)
        density += p * np.exp(-np.sum(z**2, axis=0) / 2) / np.prod(np.diagonal(L))
    every_second = np.indices((n,) * prior.dim).reshape(prior.dim, -1) % 2 == 0
    return Nodes(x, density / density.sum(), np.flatnonzero(every_second.all(axis=0)))
