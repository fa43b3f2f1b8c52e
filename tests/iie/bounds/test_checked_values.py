"""Three codes of one number whose error, information and bounds are known by quadrature."""

import numpy as np
import pytest
from grid_truth import error_and_bits, normal_grid, weiss_weinstein

import iie

CODES = {
    "tanh 3x": (lambda x: np.tanh(3 * x), lambda x: 3 / np.cosh(3 * x) ** 2, 0.3),
    "sin 3x": (lambda x: np.sin(3 * x), lambda x: 3 * np.cos(3 * x), 0.2),
    "x^2": (lambda x: x**2, lambda x: 2 * x, 0.5),
}
#            MMSE, van Trees, Weiss-Weinstein, information with rate-distortion
CHECKED = {
    "tanh 3x": (0.287, 0.054, 0.147, 0.174),
    "sin 3x": (0.998, 0.009, 0.823, 0.099),
    "x^2": (1.000, 0.059, 0.100, 0.201),
}
GRID, WEIGHTS = normal_grid(1, 4001, reach=9)
X = np.random.default_rng(0).standard_normal((20_000, 1))
SURE = 0.9999  # so that a limit that does not hold is a fault, not chance


@pytest.mark.parametrize("name", CODES)
def test_brute_force_gives_the_checked_values(name):
    f, slope, s = CODES[name]
    error, bits = error_and_bits(GRID, WEIGHTS, f(GRID), s**2)
    van_trees = 1 / (1 + WEIGHTS @ slope(GRID[:, 0]) ** 2 / s**2)
    found = error, van_trees, weiss_weinstein(f, s), 2 ** (-2 * bits)
    # Weiss-Weinstein for sin 3x is checked to the step of its table only.
    off = np.abs(np.subtract(found, CHECKED[name]))
    assert (off <= [6e-4, 6e-4, 2.5e-3, 6e-4]).all(), found


@pytest.mark.parametrize("name", CODES)
def test_van_trees_from_samples_is_that_by_quadrature(name):
    _, slope, s = CODES[name]
    true = 1 / (1 + WEIGHTS @ slope(GRID[:, 0]) ** 2 / s**2)
    bound = iie.van_trees_bound([[1.0]], slope(X)[:, :, None], s**2, samples=X, confidence=SURE)
    assert bound.standard_error < 0.02 * true + 1e-4
    assert bound.total < true
    assert bound.total == pytest.approx(true, abs=5 * bound.standard_error)


@pytest.mark.parametrize("name", CODES)
def test_weiss_weinstein_from_samples_is_that_by_quadrature(name):
    f, _, s = CODES[name]
    true = weiss_weinstein(f, s)
    bound = iie.weiss_weinstein_bound([[1.0]], f, s**2, samples=X, confidence=SURE)
    # The step is chosen on samples: its own error is of second order.
    assert bound.standard_error < 0.02 * true
    assert bound.total == pytest.approx(true, abs=5 * bound.standard_error + 0.002 * true)


@pytest.mark.parametrize(
    "name",
    [name if name == "tanh 3x" else pytest.param(name, marks=pytest.mark.slow) for name in CODES],
)
def test_information_from_samples_is_that_by_quadrature(name):
    f, _, s = CODES[name]
    _, bits = error_and_bits(GRID, WEIGHTS, f(GRID), s**2)
    # x^2 has a long tail: so many that 3.7 standard errors are within 0.05.
    x = np.random.default_rng(1).standard_normal((80_000, 1))
    limit = iie.information_upper_bound(f(x), s**2, confidence=SURE)
    assert bits < limit.bits < bits + 0.05
    assert limit.law == "the samples' own law"
    bound = iie.information_bound([[1.0]], f(x), s**2, confidence=SURE)
    assert bound.total == pytest.approx(2 ** (-2 * limit.bits))
    assert 0.92 * 2 ** (-2 * bits) < bound.total < 2 ** (-2 * bits)
    slope = 2 * np.log(2) * 2 ** (-2 * limit.estimate)  # of 2^(-2 bits)
    assert bound.standard_error == pytest.approx(slope * limit.standard_error, rel=0.05)


@pytest.mark.parametrize("name", CODES)
def test_every_bound_of_the_table_holds_and_none_dominates(name):
    f, slope, s = CODES[name]
    true, _ = error_and_bits(GRID, WEIGHTS, f(GRID), s**2)
    table = iie.lower_bound(
        [[1.0]], samples=X, releases=f, noise=s**2, jacobian=slope(X)[:, :, None], confidence=SURE
    )
    assert len(table.table) == 3
    assert all(bound.total <= true for bound in table.table)
    upper = iie.upper_bound(X, f(X), noise=s**2, confidence=SURE)
    assert table.best.total < true <= upper.best.total
    best = {"tanh 3x": "information", "sin 3x": "Weiss-Weinstein", "x^2": "information"}
    assert table.best.name == best[name]
