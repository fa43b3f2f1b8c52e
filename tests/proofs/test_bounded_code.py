"""The Gaussian rate-distortion step of the guarantee, by the Blahut-Arimoto algorithm."""

import numpy as np
import pytest
from scipy.optimize import minimize


def blahut_arimoto(slope, rounds=300):
    """Rate in nats and distortion of N(0, 1) on a grid, at d rate / d distortion = -slope."""
    x = np.linspace(-5, 5, 401)
    p = np.exp(-(x**2) / 2)
    p /= p.sum()
    kernel = np.exp(-slope * (x[:, None] - x) ** 2)
    q = np.full(len(x), 1 / len(x))
    for _ in range(rounds):
        q *= kernel.T @ (p / (kernel @ q))
    conditional = kernel * q / (kernel @ q)[:, None]
    distortion = np.sum(p[:, None] * conditional * (x[:, None] - x) ** 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = p[:, None] * conditional * np.log(conditional / (p @ conditional))
    return np.nansum(terms), distortion


@pytest.mark.parametrize("slope", [0.7, 1.0, 2.0, 8.0])
def test_one_normal_number_at_rate_r_has_distortion_exp_minus_2_r(slope):
    rate, distortion = blahut_arimoto(slope)
    assert rate > 0.05
    assert distortion == pytest.approx(np.exp(-2 * rate), rel=5e-3)
    assert distortion == pytest.approx(1 / (2 * slope), rel=5e-3)  # the slope of exp(-2 R)


@pytest.mark.parametrize(("k", "nats"), [(2, 0.5), (3, 2.0), (6, 1.0)])
def test_no_way_to_share_nats_among_k_numbers_beats_equal_shares(k, nats):
    # errors exp(-2 R_i) with R_i >= 0 that sum to R: the smallest sum is k exp(-2 R / k).
    def total(shares):
        weights = np.exp(shares - shares.max())
        return np.sum(np.exp(-2 * nats * weights / weights.sum()))

    rng = np.random.default_rng(0)
    found = min(minimize(total, rng.standard_normal(k)).fun for _ in range(5))
    assert found == pytest.approx(k * np.exp(-2 * nats / k), rel=1e-7)


def test_the_capacity_step_by_quadrature():
    """Codes in [-1, 1] with a fine grid of laws: I(c; c + e) is below 1/2 log(1 + 1/s^2)."""
    rng = np.random.default_rng(1)
    c = np.linspace(-1, 1, 41)
    for noise in (0.02, 0.2, 2.0):
        y = np.linspace(-1 - 8 * noise**0.5, 1 + 8 * noise**0.5, 4001)
        likelihood = np.exp(-((y - c[:, None]) ** 2) / (2 * noise)) / np.sqrt(2 * np.pi * noise)
        for p in (*rng.dirichlet(np.full(41, 0.1), 20), np.full(41, 1 / 41)):
            density = p @ likelihood
            seen = density > 0
            entropy = -np.trapezoid(np.where(seen, density, 1) * np.log(density + ~seen), y)
            told = entropy - np.log(2 * np.pi * np.e * noise) / 2
            assert told < np.log1p(1 / noise) / 2
