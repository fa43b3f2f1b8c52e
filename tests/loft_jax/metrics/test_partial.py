"""Partial correlations and slopes against matrices of covariance and plain correlations."""

import numpy as np
import pytest

from loft_jax.errors import InputError
from loft_jax.metrics.partial import partial_correlation, standard_slopes

NONE = np.empty((40, 0))


@pytest.fixture
def numbers():
    rng = np.random.default_rng(0)
    held = rng.standard_normal((40, 2))
    x = held @ [1.0, -2.0] + rng.standard_normal(40)
    y = held @ [3.0, 1.0] + 0.5 * x + rng.standard_normal(40)
    return x, y, held


def test_it_is_that_of_the_inverse_covariance(numbers):
    x, y, held = numbers
    P = np.linalg.inv(np.cov(np.column_stack([x, y, held]).T))
    assert partial_correlation(x, y, held) == pytest.approx(-P[0, 1] / np.sqrt(P[0, 0] * P[1, 1]))
    assert partial_correlation(x, y, NONE) == pytest.approx(np.corrcoef(x, y)[0, 1])


def test_levels_of_a_group_are_held_by_their_means():
    rng = np.random.default_rng(1)
    group = np.arange(40) % 3
    x, y = rng.standard_normal(40) + 5 * group, rng.standard_normal(40) - 7 * group
    levels = (group[:, None] == np.arange(3)).astype(float)  # one too many, with the constant
    inside = [v - np.array([v[group == g].mean() for g in group]) for v in (x, y)]
    found = partial_correlation(x, y, levels)
    assert found == pytest.approx(np.corrcoef(*inside)[0, 1])
    assert partial_correlation(x, y, NONE) < -0.9


def test_where_nothing_is_left_there_is_none(numbers):
    x, y, held = numbers
    assert partial_correlation(held[:, 0], y, held) is None
    assert partial_correlation(x, np.ones(40), held) is None
    assert partial_correlation(x[:4], y[:4], held[:4]) is None
    assert standard_slopes(np.column_stack([x, x]), y) is None
    assert standard_slopes(np.column_stack([x, np.ones(40)]), y) is None
    assert standard_slopes(held[:3], y[:3]) is None


def test_slopes_are_those_of_the_normal_equations(numbers):
    x, y, held = numbers
    R = np.corrcoef(np.column_stack([x, held, y]).T)
    expected = np.linalg.solve(R[:3, :3], R[:3, 3])
    assert standard_slopes(np.column_stack([x, held]), y) == pytest.approx(expected)
    assert standard_slopes(1e6 * np.column_stack([x, held]), -y) == pytest.approx(-expected)


def test_bad_input_is_said(numbers):
    x, y, held = numbers
    with pytest.raises(InputError, match="`x` must be finite"):
        partial_correlation(np.where(x > 0, np.nan, x), y, held)
    with pytest.raises(InputError, match="`held` must be finite"):
        partial_correlation(x, y, np.where(held > 0, np.inf, held))
    with pytest.raises(InputError, match="`y` must be finite"):
        standard_slopes(held, np.where(y > 0, np.nan, y))
