"""Information from above, entropies and counts, each against another route."""

import numpy as np
import pytest
from scipy import stats

import iie
from iie.bounds.densities import Kernels, Mixture, fit_mixture
from iie.bounds.output_law import LEADING, fits

RNG = np.random.default_rng(6)
SURE = 0.9999


@pytest.mark.parametrize(("d", "m"), [(3, 2), (2, 5), (34, 36)])
def test_a_gaussian_release_is_met_by_a_gaussian(d, m):
    W = RNG.standard_normal((m, d)) / d**0.5
    A = RNG.standard_normal((m, m + 2)) / m**0.5
    noise = A @ A.T + 0.1 * np.eye(m)
    true = np.linalg.slogdet(np.eye(m) + np.linalg.solve(noise, W @ W.T))[1] / 2 / np.log(2)
    x = RNG.standard_normal((6_000, d))
    limit = iie.information_upper_bound(x @ W.T, noise, confidence=SURE)
    assert true < limit.bits < 1.03 * true + 0.15
    assert limit.estimate < limit.bits
    assert limit.estimate > true - 5 * limit.standard_error


def test_clusters_are_met_by_a_mixture():
    # 8 points far apart in 6 dimensions, and a little spread: 3 bits and that of the spread.
    centres = RNG.standard_normal((8, 6)) * 20
    spread = 0.5
    f = centres[RNG.integers(8, size=12_000)] + spread * RNG.standard_normal((12_000, 6))
    limit = iie.information_upper_bound(f, 1.0, confidence=SURE)
    true = 3 + 6 / 2 * np.log2(1 + spread**2)
    assert limit.law.startswith("a mixture of")
    assert true < limit.bits < true + 0.3
    one = iie.information_upper_bound(f[:, :1] * 0, 1.0)
    assert one.bits == pytest.approx(0, abs=1e-9)


def test_more_outputs_than_samples_and_than_leading_axes():
    f = RNG.standard_normal((60, 100)) * 0.1
    true = 50 * np.log2(1.01)
    assert iie.information_upper_bound(f, 1.0).bits > true
    wide = RNG.standard_normal((1000, LEADING + 10)) * 0.5
    bits = iie.information_upper_bound(wide, 1.0, confidence=SURE).bits
    assert bits > (LEADING + 10) / 2 * np.log2(1.25)


def test_every_law_is_a_density_and_its_divergence_that_of_brute_force():
    """One dimension: q integrates to 1, and the divergence is the integral of p log p / q."""
    f = np.concatenate([RNG.normal(-3, 0.5, 300), RNG.normal(2, 1.0, 300)])[:, None]
    y = np.linspace(-20, 20, 8001)
    for fit in fits(600, 1):
        law = fit(f, np.random.default_rng(0))

        def density(y, law=law):
            z = (y[:, None] - law.mean) @ law.axes
            if law.lead is None:
                v = law.variances[0]
                return np.exp(-(z[:, 0] ** 2) / 2 / v) / np.sqrt(2 * np.pi * v)
            return np.exp(law.lead.log_density(z)) / np.sqrt(2 * np.pi)

        q = density(y)
        assert np.trapezoid(q, y) == pytest.approx(1, abs=1e-6)
        here = np.array([[0.7]])
        p = stats.norm.pdf(y, 0.7)
        true = np.trapezoid(p * (stats.norm.logpdf(y, 0.7) - np.log(q)), y)
        draws = law.divergences(np.repeat(here, 40_000, axis=0), np.random.default_rng(1))
        sem = max(draws.std() / 200, 1e-6)
        assert draws.mean() == pytest.approx(true, abs=5 * sem), law.name


def test_mixtures_are_scipys_densities():
    root = np.linalg.cholesky(np.array([[2.0, 0.5], [0.5, 1.0]]))
    law = Mixture(np.array([0.3, 0.7]), np.array([[0.0, 1], [2, -1]]), np.stack([root, np.eye(2)]))
    y = RNG.standard_normal((5, 2))
    one = stats.multivariate_normal([0, 1], root @ root.T).pdf(y)
    other = stats.multivariate_normal([2, -1]).pdf(y)
    expected = np.log(0.3 * one + 0.7 * other) + np.log(2 * np.pi)
    np.testing.assert_allclose(law.log_density(y), expected)
    kernels = Kernels(law.means).log_density(y)
    two = stats.multivariate_normal([0, 1]).pdf(y)
    np.testing.assert_allclose(kernels, np.log(two / 2 + other / 2) + np.log(2 * np.pi))


def test_expectation_and_maximisation_find_two_clusters():
    f = np.concatenate([RNG.normal(-30, 2, (500, 1)), RNG.normal(30, 1, (1500, 1))])
    law = fit_mixture(f, 2, np.random.default_rng(3))
    order = np.argsort(law.means[:, 0])
    np.testing.assert_allclose(law.weights[order], [0.25, 0.75], atol=1e-6)
    np.testing.assert_allclose(law.means[order, 0], [f[:500].mean(), f[500:].mean()], atol=1e-6)
    spread = np.sqrt([f[:500].var() + 1, f[500:].var() + 1])
    np.testing.assert_allclose(law.roots[order, 0, 0], spread, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: iie.information_upper_bound([1.0] * 50, 1.0), "`releases` must hold one sample"),
        (lambda: iie.information_upper_bound(np.ones((39, 1)), 1.0), "at least 40, to fit and to"),
        (lambda: iie.information_upper_bound(np.ones((50, 1)), 0.0), "`noise` must be positive"),
    ],
)
def test_bad_input_is_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
