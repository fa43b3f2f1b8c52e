"""The ideal inversion error of any code of an input of few coordinates, by sums over nodes."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.randomness import Randomness, generator
from iie._input.types import ArrayLike
from iie.error.code_simulation import posterior_means, simulated
from iie.error.lattice import on_lattice
from iie.error.nodes import MAX_DIM, Nodes, needed_side, prior_nodes
from iie.error.resolution import hidden_error, steep_edges
from iie.error.result import A3, InversionError, inversion_error
from iie.records import Record

SETTLED = 1e-6  # of the error: up to this uncertainty it is called exact
EDGES = 256  # steep edges that a simulated error looks at
FIRST_SIDE, GROWTH, NODES = 33, 1.6, 2**18  # of the grids on which a function is tried

A1_NODES = "A1: the private input has this law, x = x_i with probability p_i on fine nodes"
A2_CODE = "A2: what is released is y = c(x) + noise n, n ~ N(0, I)"
FORMULA = "sum_i p_i E ||x_i - E[x | c(x_i) + noise n]||^2"


@dataclass(frozen=True, eq=False, repr=False)
class CodeError(Record):
    """The ideal inversion error of a code with noise, and how far the sums can be trusted.

    Attributes:
        error: in u^2. Its `kind` is "exact" if the nodes are a grid and `uncertainty` is at most
            1e-6 of the error, and "estimate" otherwise.
        bits: I(x; y), mutual information of input and release, at least 0; on nodes that do not
            resolve the code no more than the nodes' own entropy.
        uncertainty: in u^2, the sum of: how much `error.total` moves on the coarse nodes, and on
            every second point of the lattice; what the nodes' moments miss of the prior's; what may
            hide between neighbours whose codes are more than about the noise apart; and the
            standard error of a simulation.
    """

    error: InversionError
    bits: float
    uncertainty: float


def code_error(
    nodes: Any,
    codes: ArrayLike | Callable[[np.ndarray], ArrayLike],
    noise_std: SupportsFloat,
    *,
    samples: SupportsIndex = 4096,
    rng: Randomness = None,
) -> CodeError:
    """The IIE of y = c(x) + s n, n ~ N(0, I), for any function c of x in d <= 3 coordinates.

    IIE = E||x - E[x | y]||^2 with E[x | y] = sum_i w_i(y) x_i, w_i(y) ~ p_i N(y; c(x_i), s^2).
    A precision must be stated: without noise a nonlinear code of a single number may be injective,
    hold all of x, and have an IIE of 0. Rank says how many numbers are let out; only with their
    precision does it say how much they tell.

    The integral over y is the trapezoidal rule on a lattice of step s / 2, which converges
    faster than any power of the step, in the at most three directions in which the codes vary.
    (The noise in the others is independent of everything: a rotation takes it away.) Codes that
    vary in more directions get `samples` simulated releases, with a standard error.

    The nodes must be fine enough that neighbours have codes within about the noise of each other:
    else the attacker recognises the node, and the result is too small. That is checked, and what
    may hide between them is part of `uncertainty`. A code that is given as a function is tried on
    finer and finer grids, until it is resolved or the grid has 2^18 nodes. What no check can see is
    a code that swings between the nodes and is back at each of them.

    Memory: the nodes, and below about 0.3 GB; no array of nodes by nodes.

    Args:
        nodes: x_i and p_i, the law of the input; `prior_nodes` makes some. With a function, the
            prior itself: a Gaussian or a GaussianMixture.
        codes: c(x_i), "n r", or c itself, a function that takes "n d" to "n r".
        noise_std: s, above 0, a standard deviation in units of the code.
        samples: simulated releases where the codes vary in more than three directions, at least 2.
        rng: draws them: a generator or a seed; None is the seed 0.

    Raises:
        ValueError: if there is not one code a node, `noise_std` is not positive, or it is so small
            that the lattice would not fit; for a function, as for `prior_nodes`.

    Examples:
        >>> from iie import Gaussian, prior_nodes
        >>> nodes = prior_nodes(Gaussian([[1.0]]))
        >>> result = code_error(nodes, nodes.points, noise_std=1.0)
        >>> round(result.error.total, 9), round(result.bits, 9)  # half stays unknown: half a bit
        (0.5, 0.5)
        >>> code_error(Gaussian([[1.0]]), np.tanh, noise_std=0.1).error.kind
        'exact'

    Source: ours (Bayes' rule; that no attacker does better is classical).
    Proof: proofs/ideal_attacker.py
    """
    source = generator(rng)
    if callable(codes) and not isinstance(nodes, Nodes):
        return _refined(nodes, codes, noise_std, samples, source)
    if callable(codes):
        codes = codes(nodes.points.copy())
    if not isinstance(nodes, Nodes):
        msg = f"`nodes` must be Nodes where `codes` is an array, got a {type(nodes).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - as everywhere: one kind of error for bad input
    c = checks.real_array("codes", codes, 2)
    if len(c) != len(nodes.points):
        msg = f"`codes` must have one row a node, got {len(c)} for {len(nodes.points)} nodes"
        raise ValueError(msg)
    sigma = checks.number("noise_std", noise_std)
    if sigma <= 0:
        msg = f"`noise_std` must be positive (without it, a code may be injective), got {sigma:g}"
        raise ValueError(msg)
    n = checks.count("samples", samples, at_least=2)
    p = nodes.weights
    x = nodes.points - p @ nodes.points
    y = _varying(c, p, sigma)
    route = _by_lattice if y.shape[1] <= MAX_DIM else _by_simulation
    total, bits, sem, uncertainty = route(nodes, x, y, n, source)
    uncertainty += nodes.off
    exact = nodes.shape is not None and sem is None and uncertainty <= SETTLED * total
    error = inversion_error(
        total,
        float(p @ np.sum(x**2, axis=1)),
        x.shape[1],
        "exact" if exact else "estimate",
        formula=FORMULA,
        source="ours: Bayes' rule, summed over nodes",
        assumptions=(A1_NODES, A2_CODE, A3),
        standard_error=sem,
    )
    return CodeError(error, max(bits, 0.0), uncertainty)


def _refined(
    prior: Any,
    code: Callable[[np.ndarray], ArrayLike],
    noise_std: SupportsFloat,
    samples: SupportsIndex,
    rng: np.random.Generator,
) -> CodeError:
    """The code on finer and finer grids, until one calls it exact and agrees with the one before.

    The next grid is no refinement of the last one: a code that swings in step with one
    grid is seen on the next.
    """
    side, last = max(FIRST_SIDE, needed_side(prior)), math.inf
    while True:
        nodes = prior_nodes(prior, side)
        result = code_error(nodes, code(nodes.points.copy()), noise_std, samples=samples, rng=rng)
        error, moved = result.error, abs(result.error.total - last)
        if error.kind == "exact" and moved <= SETTLED * error.total:
            return result
        simulated_enough = result.uncertainty <= 2 * (error.standard_error or 0.0)
        side, last = math.ceil(side * GROWTH) | 1, error.total
        if side ** nodes.points.shape[1] > NODES or simulated_enough:
            doubt = moved if math.isfinite(moved) else 0.0
            error = dataclasses.replace(error, kind="estimate")
            return CodeError(error, result.bits, result.uncertainty + doubt)


def _by_lattice(
    nodes: Nodes,
    x: Float64[np.ndarray, "n d"],
    y: Float64[np.ndarray, "n k"],
    samples: int,
    rng: np.random.Generator,
) -> tuple[float, float, float | None, float]:
    """(IIE, bits, no standard error, uncertainty)."""
    p, coarse = nodes.weights, nodes.coarse
    fine = on_lattice(x, p, y)
    fewer = on_lattice(x[coarse], p[coarse] / p[coarse].sum(), y[coarse]).total
    off = abs(fine.total - fine.coarse) + abs(fine.total - fewer)
    if nodes.shape is not None:
        ends = np.stack(steep_edges(nodes.shape, y), axis=1)
        off += float(hidden_error(x[ends], p[ends], fine.means[ends]).sum())
    return fine.total, fine.bits, None, off


def _by_simulation(
    nodes: Nodes,
    x: Float64[np.ndarray, "n d"],
    y: Float64[np.ndarray, "n k"],
    samples: int,
    rng: np.random.Generator,
) -> tuple[float, float, float | None, float]:
    """(IIE, bits, standard error, uncertainty)."""
    p = nodes.weights
    run = simulated(x, p, y, nodes.coarse, samples, rng)
    off = run.standard_error + run.moves
    if nodes.shape is not None:
        ends = np.stack(steep_edges(nodes.shape, y), axis=1)
        some = rng.permutation(ends)[:EDGES]
        means = posterior_means(x, p, y, y[some.ravel()]).reshape(*some.shape, x.shape[1])
        share = len(ends) / max(len(some), 1)
        off += share * float(hidden_error(x[some], p[some], means).sum())
    return run.total, run.bits, run.standard_error, off


def _varying(
    codes: Float64[np.ndarray, "n r"], p: Float64[np.ndarray, " n"], noise: float
) -> Float64[np.ndarray, "n k"]:
    """The codes in units of the noise, along orthonormal directions in which they vary.

    A direction in which they span less than 1e-6 of the noise tells below 1e-12 of a nat.
    """
    centred = (codes - p @ codes) / noise
    # The root of p makes the first directions the likely ones, which keeps the lattice small.
    _, _, Vt = np.linalg.svd(np.sqrt(p)[:, None] * centred, full_matrices=False)
    turned = centred @ Vt.T
    return turned[:, np.ptp(turned, axis=0) > 1e-6]
