"""Sums over nodes on a lattice of releases y, in units of the noise."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

STEP = 0.5  # of the lattice of releases, in standard deviations of the noise
TAIL = 9.0  # of the noise, in standard deviations: beyond, its density is below 1e-17 of its peak
LATTICE = 2**21  # releases on the lattice, at most
BLOCK = 2**21  # numbers in a temporary array, at most: 16 MiB


@dataclass(frozen=True, eq=False)
class OnLattice:
    """What the sums give.

    Attributes:
        total: the IIE.
        bits: of mutual information.
        coarse: the IIE on every second point of the lattice.
        means: E[x | y] at the lattice point nearest to each code.
    """

    total: float
    bits: float
    coarse: float
    means: Float64[np.ndarray, "n d"]


def on_lattice(
    x: Float64[np.ndarray, "n d"], p: Float64[np.ndarray, " n"], c: Float64[np.ndarray, "n k"]
) -> OnLattice:
    """The integral over y for unit noise.

    With the sums f = sum_i p_i N(y; c_i), v = sum_i p_i x_i N(y; c_i), q = sum_i p_i |x_i|^2 N(y;
    c_i):  IIE = int q - |v|^2 / f dy, whose integrand is a posterior variance and never negative.

    Raises:
        ValueError: if the lattice would be too large.
    """
    if c.shape[1] == 0:
        variance = float(p @ np.sum(x**2, axis=1) - np.sum((p @ x) ** 2))
        return OnLattice(variance, 0.0, variance, np.tile(p @ x, (len(x), 1)))
    size = math.prod(np.ceil((np.ptp(c, axis=0) + 2 * TAIL) / STEP + 1).tolist())
    if size > LATTICE:
        msg = (
            f"`noise_std` must be coarse enough for at most {LATTICE} releases on a lattice of half"
            f" its step, got {size:.3g}; the codes span {np.ptp(c, axis=0).max():.3g} times the"
            " noise"
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
    nearest = tuple(
        np.rint((col - axis[0]) / STEP).astype(int) for col, axis in zip(c.T, axes, strict=True)
    )
    means = sums[nearest][:, 1:-1] / density[nearest][:, None]
    return OnLattice(total, bits, coarse, means)


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
