"""The ideal inversion error of any code of an input of few coordinates, by sums over nodes."""

import math
from dataclasses import dataclass
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np
from jaxtyping import Float64, Int

from iie._input import checks
from iie._input.types import ArrayLike
from iie.attackers.simulation import Welford
from iie.error.nodes import MAX_DIM, Nodes
from iie.error.result import A3, InversionError, inversion_error

STEP = 0.5  # of the lattice of releases, in standard deviations of the noise
TAIL = 9.0  # of the noise, in standard deviations: beyond, its density is below 1e-17 of its peak
LATTICE = 2**21  # releases on the lattice, at most
BLOCK = 2**21  # numbers in a temporary array, at most: 16 MiB
SETTLED = 1e-3  # of tr S: a result that moves by less when halved is called exact

A1_NODES = "A1: the private input has this law, x = x_i with probability p_i on fine nodes"
A2_CODE = "A2: what is released is y = c(x) + noise n, n ~ N(0, I)"
FORMULA = "sum_i p_i E ||x_i - E[x | c(x_i) + noise n]||^2"


@dataclass(frozen=True)
class CodeError:
    """The ideal inversion error of a code with noise, and how far the sums can be trusted.

    Attributes:
        error: in u^2. Its `kind` is "exact" if `uncertainty` is at most 1e-3 of tr S, and
            "estimate" if not, or if the releases had to be simulated.
        bits: I(x; y), mutual information of input and release, at least 0.
        uncertainty: in u^2: by how much `error.total` moves on the coarse nodes, plus on every
            second point of the lattice, plus the standard error of a simulation. No bound, but
            both are far coarser than what was used.
    """

    error: InversionError
    bits: float
    uncertainty: float


def code_error(
    nodes: Nodes,
    codes: ArrayLike,
    noise: SupportsFloat,
    *,
    samples: SupportsIndex = 4096,
    rng: np.random.Generator | None = None,
) -> CodeError:
    """The IIE of y = c(x) + noise n, n ~ N(0, I), for any function c of x in d <= 3 coordinates.

    IIE = E||x - E[x | y]||^2 with E[x | y] = sum_i w_i(y) x_i, w_i(y) ~ p_i N(y; c(x_i), noise^2).
    A precision must be stated: without noise a nonlinear code of a single number may be injective,
    hold all of x, and have an IIE of 0. Rank says how many numbers are let out; only with their
    precision does it say how much they tell.

    The integral over y is the trapezoidal rule on a lattice of step noise / 2, which converges
    faster than any power of the step, in the at most three directions in which the codes vary.
    (The noise in the others is independent of everything: a rotation takes it away.) Codes that
    vary in more directions get `samples` simulated releases, with a standard error.

    The nodes must be fine enough that neighbours have codes within about the noise of each other:
    else the attacker recognises the node, and the result is too small. `uncertainty` shows it.

    Memory: the nodes, and below about 0.3 GB; no array of nodes by nodes.

    Args:
        nodes: x_i and p_i, the law of the input; `prior_nodes` makes some.
        codes: c(x_i), "n r".
        noise: standard deviation, above 0, in units of the code.
        samples: simulated releases where the codes vary in more than three directions, at least 2.
        rng: draws them; None is numpy.random.default_rng(0).

    Raises:
        ValueError: if there is not one code a node, `noise` is not positive, or it is so small that
            the lattice would not fit.

    Examples:
        >>> from iie import Gaussian, prior_nodes
        >>> nodes = prior_nodes(Gaussian([[1.0]]), reach=8)
        >>> result = code_error(nodes, nodes.points, noise=1.0)
        >>> round(result.error.total, 9), round(result.bits, 9)  # half stays unknown: half a bit
        (0.5, 0.5)

    Source: ours (Bayes' rule; that no attacker does better is classical).
    Proof: proofs/ideal_attacker.py
    """
    c = checks.real_array("codes", codes, 2)
    if len(c) != len(nodes.points):
        msg = f"`codes` must have one row a node, got {len(c)} for {len(nodes.points)} nodes"
        raise ValueError(msg)
    sigma = checks.number("noise", noise)
    if sigma <= 0:
        msg = f"`noise` must be positive (without it, a code may be injective), got {sigma:g}"
        raise ValueError(msg)
    n = checks.count("samples", samples, at_least=2)
    p, coarse = nodes.weights, nodes.coarse
    x = nodes.points - p @ nodes.points
    variance = float(p @ np.sum(x**2, axis=1))
    y = _varying(c, p, sigma)
    facts: dict[str, Any] = {
        "formula": FORMULA,
        "source": "ours: Bayes' rule, summed over nodes",
        "assumptions": (A1_NODES, A2_CODE, A3),
    }
    if y.shape[1] > MAX_DIM:
        rng = np.random.default_rng(0) if rng is None else rng
        total, bits, sem, uncertainty = _simulated(x, p, y, coarse, n, rng)
        facts["standard_error"] = sem
    else:
        total, bits, sparse = _on_lattice(x, p, y)
        fewer = _on_lattice(x[coarse], p[coarse] / p[coarse].sum(), y[coarse])[0]
        uncertainty, sem = abs(total - sparse) + abs(total - fewer), None
    exact = sem is None and uncertainty <= SETTLED * variance
    kind = "exact" if exact else "estimate"
    error = inversion_error(total, variance, x.shape[1], kind, **facts)
    return CodeError(error, max(bits, 0.0), uncertainty)


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


def _on_lattice(
    x: Float64[np.ndarray, "n d"], p: Float64[np.ndarray, " n"], c: Float64[np.ndarray, "n k"]
) -> tuple[float, float, float]:
    """(IIE, bits, IIE on every second point) for unit noise.

    With the sums f = sum_i p_i N(y; c_i), v = sum_i p_i x_i N(y; c_i), q = sum_i p_i |x_i|^2 N(y;
    c_i):  IIE = int q - |v|^2 / f dy, whose integrand is a posterior variance and never negative.
    """
    if c.shape[1] == 0:
        variance = float(p @ np.sum(x**2, axis=1) - np.sum((p @ x) ** 2))
        return variance, 0.0, variance
    size = math.prod(np.ceil((np.ptp(c, axis=0) + 2 * TAIL) / STEP + 1).tolist())
    if size > LATTICE:
        msg = (
            f"`noise` must be coarse enough for at most {LATTICE} releases on a lattice of half its"
            f" step, got {size:.3g}; the codes span {np.ptp(c, axis=0).max():.3g} times the noise"
        )
        raise ValueError(msg)
    axes = [np.arange(col.min() - TAIL, col.max() + TAIL + STEP, STEP) for col in c.T]
    sums, k = _sums(x, p, c, axes), c.shape[1]
    density, error = _integrand(sums)
    every_second = (slice(None, None, 2),) * k
    total = float(error.sum()) * STEP**k
    coarse = float(error[every_second].sum()) * (2 * STEP) ** k
    positive = density[density > 0]
    entropy = -float(positive @ np.log(positive)) * STEP**k
    bits = (entropy - k / 2 * math.log(2 * math.pi * math.e)) / math.log(2)
    return total, bits, coarse


def _sums(
    x: Float64[np.ndarray, "n d"],
    p: Float64[np.ndarray, " n"],
    c: Float64[np.ndarray, "n k"],
    axes: list[np.ndarray],
) -> Float64[np.ndarray, "..."]:
    """sum_i p_i (1, x_i, |x_i|^2) N(y; c_i) on the lattice of the axes.

    The noise's density is a product over axes, so the sum over nodes is a matrix product.
    """
    order = np.argsort(c[:, 0])  # so that a block of nodes meets a few rows of the lattice only
    x, p, c = x[order], p[order], c[order]
    terms = p[:, None] * np.column_stack([np.ones(len(x)), x, np.sum(x**2, axis=1)])
    shape = (*(len(axis) for axis in axes), terms.shape[1])
    sums = np.zeros((shape[0], math.prod(shape[1:])))
    block = max(1, BLOCK // max(sums.shape))
    for start in range(0, len(x), block):
        part = slice(start, start + block)
        right = terms[part]
        for axis, column in zip(axes[:0:-1], c[part, :0:-1].T, strict=True):
            kernel = _normal(column[:, None] - axis)
            right = (kernel[:, :, None] * right[:, None, :]).reshape(len(right), -1)
        first = c[part, 0]
        low, high = np.searchsorted(axes[0], [first[0] - TAIL, first[-1] + TAIL])
        sums[low:high] += _normal(first - axes[0][low:high, None]) @ right
    return sums.reshape(shape)


def _normal(z: Float64[np.ndarray, "..."]) -> Float64[np.ndarray, "..."]:
    """The standard normal density; 0 beyond the tail, where slow denormal numbers would arise."""
    return np.where(np.abs(z) < TAIL, np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi), 0.0)


def _integrand(
    sums: Float64[np.ndarray, "..."],
) -> tuple[Float64[np.ndarray, "..."], Float64[np.ndarray, "..."]]:
    """(density of y, density times posterior variance of x)."""
    f, v, q = sums[..., 0], sums[..., 1:-1], sums[..., -1]
    # Where the density is below all numbers, so is its share of the error.
    seen = np.divide(np.sum(v**2, axis=-1), f, out=np.zeros_like(f), where=f > 1e-200)
    return f, np.maximum(q - seen, 0.0)


def _simulated(
    x: Float64[np.ndarray, "n d"],
    p: Float64[np.ndarray, " n"],
    c: Float64[np.ndarray, "n k"],
    coarse: Int[np.ndarray, " m"],
    samples: int,
    rng: np.random.Generator,
) -> tuple[float, float, float, float]:
    """(IIE, bits, standard error, uncertainty) for unit noise, from simulated releases."""
    squares, terms = np.sum(c**2, axis=1) / 2, np.column_stack([x, np.sum(x**2, axis=1)])
    errors, information, moves = Welford(), Welford(), Welford()
    block = max(1, BLOCK // len(x))
    with np.errstate(divide="ignore"):  # a node of weight 0 never is it
        logs = np.log(p) - squares
    for start in range(0, samples, block):
        drawn = rng.choice(len(x), size=min(block, samples - start), p=p)
        y = c[drawn] + rng.standard_normal((len(drawn), c.shape[1]))
        shares = y @ c.T + logs
        peak = shares.max(axis=1, keepdims=True)
        shares = np.exp(shares - peak)
        total = shares.sum(axis=1)
        # log p(y | x) - log p(y), up to a term in |y|^2 that both have.
        own = np.sum(y * c[drawn], axis=1) - squares[drawn]
        information.add((own - peak[:, 0] - np.log(total)) / math.log(2))
        variance = _variance(shares, terms)
        errors.add(variance)
        moves.add(variance - _variance(shares[:, coarse], terms[coarse]))
    error = errors.estimate()
    return error.mean, information.mean, error.sem, error.sem + abs(moves.mean)


def _variance(
    shares: Float64[np.ndarray, "m n"], terms: Float64[np.ndarray, "n k"]
) -> Float64[np.ndarray, " m"]:
    """Posterior variance of x, summed over coordinates, from unnormalised probabilities."""
    # A release may lie so far from all coarse nodes that none of them explains it.
    moments = (shares @ terms) / np.maximum(shares.sum(axis=1, keepdims=True), 1e-300)
    return np.maximum(moments[:, -1] - np.sum(moments[:, :-1] ** 2, axis=1), 0.0)
