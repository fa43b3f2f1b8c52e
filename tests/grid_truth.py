"""Truth for bounds, by brute force: error and information of y = c(x) + N(0, s^2 I) on grids."""

import itertools

import numpy as np


def normal_grid(dim, side=161, reach=6.5):
    """Points and weights that stand for N(0, I) in `dim` coordinates."""
    axis = np.linspace(-reach, reach, side)
    points = np.array(list(itertools.product(axis, repeat=dim)))
    weights = np.exp(-np.sum(points**2, axis=1) / 2)
    return points, weights / weights.sum()


def error_and_bits(points, weights, codes, noise, step=0.4):
    """E||x - E[x | y]||^2 and I(x; y) in bits, by sums over a lattice of y (one or two)."""
    s, m = noise**0.5, codes.shape[1]
    axes = [np.arange(c.min() - 7 * s, c.max() + 7 * s, step * s) for c in codes.T]
    apart = [y[:, None] - c for y, c in zip(axes, codes.T, strict=True)]
    likelihoods = [np.exp(-(gap**2) / (2 * noise)) for gap in apart]
    first, second = likelihoods if m == 2 else (*likelihoods, np.ones((1, len(codes))))
    scale, cell = (2 * np.pi * noise) ** (-m / 2), (step * s) ** m
    density = scale * (first * weights) @ second.T
    seen = density > 1e-290
    entropy = -cell * np.sum(density[seen] * np.log2(density[seen]))
    error = weights @ np.sum(points**2, axis=1)
    for x in points.T:
        joint = scale * (first * (weights * x)) @ second.T
        error -= cell * np.sum(joint[seen] ** 2 / density[seen])
    return error, entropy - m / 2 * np.log2(2 * np.pi * np.e * noise)


def weiss_weinstein(f, s):
    """The largest a^2 eta(a)^2 / 2(1 - eta(2a)) for x ~ N(0, 1), by quadrature over x itself."""
    x = np.linspace(-12, 12, 4001)[:, None]

    def eta(h):
        p, q = (np.exp(-((x + shift) ** 2) / 4) for shift in (0, h))
        apart = (f(x + h) - f(x)) ** 2 / (8 * s**2)
        return np.trapezoid((p * q * np.exp(-apart))[:, 0], x[:, 0]) / np.sqrt(2 * np.pi)

    steps = np.linspace(0.02, 5, 400)
    return max(h**2 * eta(h) ** 2 / (2 * (1 - eta(2 * h))) for h in steps)
