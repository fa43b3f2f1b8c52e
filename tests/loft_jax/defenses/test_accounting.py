"""Epsilon against integrals, against another accountant, and against what was published."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from loft_jax.defenses.accounting import _divergence, sampled_epsilon, shuffled_epsilon


@pytest.mark.parametrize(
    ("noise", "times"), [(1.0, 10**0.5), (4.0, 10**0.5), (0.7, 1.0), (9.0, 3.0)]
)
@pytest.mark.parametrize("delta", [1e-2, 1e-5])
def test_shuffled_delta_is_the_mass_by_which_one_law_exceeds_the_other(noise, times, delta):
    epsilon = shuffled_epsilon(noise, times, delta)
    mu = times / noise

    def excess(x):
        return max(norm.pdf(x, mu) - np.exp(epsilon) * norm.pdf(x), 0)

    border = mu / 2 + epsilon / mu  # where the densities' ratio is e^epsilon
    found, _ = quad(excess, border, border + 30, epsabs=1e-14, limit=200)
    assert found == pytest.approx(delta, rel=1e-6)


@pytest.mark.parametrize(
    ("noise", "times", "delta", "expected"),
    [(1.0, 10**0.5, 2772**-1.1, 15.698720), (2.0, 1.0, 1e-5, 1.993091),
     (4.0, 10**0.5, 1e-5, 3.341409)],
)  # fmt: skip
def test_shuffled_epsilon_is_that_of_another_accountant(noise, times, delta, expected):
    # dp-accounting 0.6.0, PLDAccountant, SelfComposedDpEvent(GaussianDpEvent(noise), times^2).
    assert shuffled_epsilon(noise, times, delta) == pytest.approx(expected, rel=1e-3)


def test_shuffled_epsilon_at_its_ends():
    assert shuffled_epsilon(1e6, 1.0, 1e-3) == 0.0
    assert shuffled_epsilon(1e-6, 1.0, 1e-3) == np.inf
    large = [shuffled_epsilon(noise, 3.0, 1e-5) for noise in (0.1, 0.2, 0.4)]
    assert np.isfinite(large).all()
    assert large == sorted(large, reverse=True)


@pytest.mark.parametrize("order", [2, 5, 17])
@pytest.mark.parametrize(("noise", "rate"), [(1.0, 0.02), (2.0, 0.3), (4.0, 1.0)])
def test_the_divergence_of_a_step_is_its_integral(noise, rate, order):
    def moment(x):
        ratio = 1 - rate + rate * np.exp((2 * x - 1) / (2 * noise**2))
        return norm.pdf(x, 0, noise) * ratio**order

    high = order + 12 * noise  # the integrand's last bump is at the order
    found, _ = quad(moment, -12 * noise, high, epsrel=1e-10, limit=500, points=[0.0, float(order)])
    assert _divergence(noise, rate, order) == pytest.approx(np.log(found) / (order - 1), rel=1e-6)


@pytest.mark.parametrize(
    ("noise", "rate", "steps", "delta", "expected"),
    [(4.0, 0.01, 10000, 1e-5, 1.035490), (1.1, 256 / 60000, 14040, 1e-5, 2.594818),
     (1.0, 64 / 2772, 430, 2772**-1.1, 2.782035)],
)  # fmt: skip
def test_sampled_epsilon_is_that_of_another_accountant(noise, rate, steps, delta, expected):
    # dp-accounting 0.6.0, RdpAccountant with whole orders, PoissonSampledDpEvent.
    assert sampled_epsilon(noise, rate, steps, delta) == pytest.approx(expected, rel=1e-5)


def test_sampled_epsilon_is_a_little_below_what_was_published():
    # Abadi et al. 2016, section 3.2: q = 0.01, noise 4, 10,000 steps, delta 1e-5: 1.26 by moments,
    # whose conversion to epsilon is the weaker log(1 / delta) / (a - 1).
    found = sampled_epsilon(4.0, 0.01, 10000, 1e-5)
    orders = range(2, 65)
    moments = [10000 * _divergence(4.0, 0.01, a) + np.log(1e5) / (a - 1) for a in orders]
    assert min(moments) == pytest.approx(1.26, abs=0.01)
    assert 0.75 * 1.26 < found < 1.26


def test_knowing_the_batches_costs():
    assert shuffled_epsilon(1.0, 10**0.5, 1e-5) > 3 * sampled_epsilon(1.0, 0.02, 500, 1e-5)
