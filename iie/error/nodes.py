"""Points and weights that stand for a law of few coordinates in every sum."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np
from jaxtyping import Float64, Int

from iie._input import checks
from iie._input.types import ArrayLike
from iie.laws import Gaussian, GaussianMixture
from iie.records import Record

RESOLVED = 1.25  # steps in a standard deviation, at most: the rule is then off by 7e-6
MISSED = 1e-3  # of the variance: what the moments of a grid may miss
REACH = 8.0  # standard deviations: what is beyond varies by 1e-13 of the variance
MAX_NODES = 2**24  # of a grid: 0.4 GB in three coordinates
MAX_DIM = 3  # coordinates of x, and directions of a code that a lattice can hold


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Nodes(Record):
    """Points that stand for a law in every sum.

    Args:
        points: x_i, "n d" with d <= 3, unit u.
        weights: p_i, "n", summing to 1.
        coarse: numbers of the nodes, "k", that make a coarser rule of the same kind, by which the
            finer is judged; None is every second. On a grid they must be coarser along every
            coordinate: a code of x_1 alone notices nothing else.
        shape: nodes along each coordinate of a grid, the last coordinate running fastest; None is
            no grid. Only on a grid can be seen whether the nodes are fine enough for a code.
        off: what the nodes' first two moments miss of the law's, in u^2.

    Raises:
        ValueError: if the shapes disagree, or `weights` are no probabilities.
    """

    points: Float64[np.ndarray, "n d"]
    weights: Float64[np.ndarray, " n"]
    coarse: Int[np.ndarray, " k"]
    shape: tuple[int, ...] | None
    off: float

    def __init__(
        self,
        points: ArrayLike,
        weights: ArrayLike,
        coarse: ArrayLike | None = None,
        *,
        shape: Sequence[int] | None = None,
        off: SupportsFloat = 0.0,
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
        if shape is not None and (len(shape) != x.shape[1] or math.prod(shape) != len(x)):
            msg = f"`shape` must be that of a grid of {len(x)} nodes, got {tuple(shape)}"
            raise ValueError(msg)
        object.__setattr__(self, "points", x)
        object.__setattr__(self, "weights", p / p.sum())
        object.__setattr__(self, "coarse", chosen.astype(np.int64))
        object.__setattr__(self, "shape", None if shape is None else tuple(shape))
        object.__setattr__(self, "off", checks.number("off", off, at_least=0.0))


def prior_nodes(prior: Any, side: SupportsIndex = 201, *, reach: SupportsFloat = REACH) -> Nodes:
    """A square grid over a law of at most three coordinates, weighted by its density.

    The trapezoidal rule: for Gaussians its error falls faster than any power of the step. The
    coarse nodes are every second along each coordinate. It is checked that the step resolves every
    component, the rare ones too, and that the grid has the law's mean and covariance.

    Args:
        prior: a Gaussian or a mixture with positive definite covariances, in d <= 3.
        side: nodes along each coordinate; an even number is made odd by one more.
        reach: how far the grid goes beyond each mean, in standard deviations of its component.

    Raises:
        ValueError: if the prior has another form, is flat or of more than three coordinates; or if
            the grid is too coarse for a component (then with the `side` it takes), too short, or
            of more than 2^24 nodes.

    Examples:
        >>> nodes = prior_nodes(Gaussian([[4.0]]), 51)
        >>> round(float(nodes.weights @ nodes.points[:, 0] ** 2), 6)
        4.0

    Source: ours.
    """
    sigmas = checks.number("reach", reach, at_least=1.0)
    n = checks.count("side", side, at_least=3) | 1
    law = _mixture(prior)
    low, high, roots = _extent(law, sigmas)
    needed = _needed(low, high, roots)
    if n < needed:
        msg = f"`side` must be at least {needed} for this prior's narrowest component, got {side}"
        raise ValueError(msg)
    if n**law.dim > MAX_NODES:
        msg = f"`side` must make a grid of at most {MAX_NODES} nodes, got {n}^{law.dim}"
        raise ValueError(msg)
    axes = [np.linspace(a, b, n) for a, b in zip(low, high, strict=True)]
    x = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, law.dim)
    density = np.zeros(len(x))
    for p, mean, L in zip(law.weights, law.means, roots, strict=True):
        z = np.linalg.solve(L, (x - mean).T)
        density += p * np.exp(-np.sum(z**2, axis=0) / 2) / np.prod(np.diagonal(L))
    density /= density.sum()
    every_second = np.indices((n,) * law.dim).reshape(law.dim, -1) % 2 == 0
    coarse = np.flatnonzero(every_second.all(axis=0))
    return Nodes(x, density, coarse, shape=(n,) * law.dim, off=_missed(law, x, density))


def needed_side(prior: Any, *, reach: SupportsFloat = REACH) -> int:
    """The fewest nodes along each coordinate with which `prior_nodes` resolves every component.

    Raises:
        ValueError: if the prior has another form, is flat or of more than three coordinates.
    """
    return _needed(*_extent(_mixture(prior), checks.number("reach", reach, at_least=1.0)))


def _mixture(prior: Any) -> GaussianMixture:
    """The prior, a Gaussian as a mixture of one."""
    if not isinstance(prior, Gaussian | GaussianMixture):
        msg = f"`prior` must be a Gaussian or a GaussianMixture, got a {type(prior).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - as everywhere: one kind of error for bad input
    if prior.dim > MAX_DIM:
        msg = f"`prior` must have at most {MAX_DIM} coordinates, got {prior.dim}"
        raise ValueError(msg)
    if isinstance(prior, GaussianMixture):
        return prior
    return GaussianMixture([1.0], [prior.mean], [prior.covariance])


def _extent(
    law: GaussianMixture, sigmas: float
) -> tuple[Float64[np.ndarray, " d"], Float64[np.ndarray, " d"], list[np.ndarray]]:
    """(lowest corner, highest corner, a root of each component's covariance)."""
    parts = [S.dense() for S in law.components]
    spread = sigmas * np.sqrt([np.diagonal(S) for S in parts])
    low, high = (law.means - spread).min(axis=0), (law.means + spread).max(axis=0)
    return low, high, [_root(S) for S in parts]


def _root(S: Float64[np.ndarray, "d d"]) -> Float64[np.ndarray, "d d"]:
    try:
        return np.linalg.cholesky(S)
    except np.linalg.LinAlgError:
        msg = "`prior` must vary in every direction, got a covariance that is flat in one"
        raise ValueError(msg) from None


def _needed(
    low: Float64[np.ndarray, " d"], high: Float64[np.ndarray, " d"], roots: list[np.ndarray]
) -> int:
    """The side at which every component is wide enough for the step along each axis.

    Its width there is that of a section, 1 / sqrt((S^{-1})_ii), below its standard deviation.
    """
    sections = [1 / np.linalg.norm(np.linalg.inv(L), axis=0) for L in roots]
    steps = (high - low) / np.min(sections, axis=0) / RESOLVED
    return (math.ceil(steps.max()) + 1) | 1


def _missed(
    prior: GaussianMixture, x: Float64[np.ndarray, "n d"], p: Float64[np.ndarray, " n"]
) -> float:
    """Difference of the mean, squared, and of the covariance (nuclear norm), of law and nodes."""
    mean = p @ x
    difference = (x - mean).T @ (p[:, None] * (x - mean)) - prior.covariance.dense()
    off = float(np.sum((mean - prior.mean) ** 2) + np.linalg.norm(difference, "nuc"))
    variance = prior.covariance.trace()
    if off > MISSED * variance:
        msg = (
            f"`reach` must be long enough to hold the prior, got a grid whose moments miss"
            f" {off / variance:.2g} of its variance"
        )
        raise ValueError(msg)
    return off
