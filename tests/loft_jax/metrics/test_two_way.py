"""Mean squares by a table of a textbook's kind, reach by simulation of the fiducial law."""

import numpy as np
import pytest
from scipy import stats

from loft_jax.metrics.two_way import OWN, mean_squares, reach

# Two seeds of three classes. By hand: grand mean 6, rows 5 and 7, columns 3, 6, 9;
# SS rows 3 (1 + 1) = 6, SS columns 2 (9 + 0 + 9) = 36, total 46, rest 46 - 42 = 4.
TABLE = np.array([[[1.0, 6.0, 8.0], [5.0, 6.0, 10.0]]])


def test_mean_squares_are_those_of_a_table_worked_by_hand():
    found = mean_squares(TABLE)
    assert [part.item() for part in found] == pytest.approx([6.0, 18.0, 2.0])
    assert mean_squares(TABLE[:, :1]).seeds.item() == 0
    assert mean_squares(TABLE[:, :, :1]).classes.item() == 0


def test_mean_squares_have_the_expectations_of_two_way_random_effects():
    rng = np.random.default_rng(0)
    r, k, many = 3, 8, 40_000
    values = (
        0.5 * rng.standard_normal((many, r, 1)) + 2.0 * rng.standard_normal((many, 1, k))
        + rng.standard_normal((many, r, k))
    )  # fmt: skip
    for found, expected in zip(mean_squares(values), (1 + k / 4, 1 + r * 4, 1), strict=True):
        assert found.mean() == pytest.approx(expected, abs=5 * found.std() / np.sqrt(many))


@pytest.mark.parametrize("shape", [(1, 9), (9, 1)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_seeds_alone_and_classes_alone_are_students(shape, level):
    values = np.linspace(-1, 1, 9)  # lighter tails than a normal law
    half = stats.t.ppf((1 + level) / 2, 8) * stats.sem(values)
    assert stats.kurtosis(values, bias=False) < 0
    assert reach(values.reshape(1, *shape), level).item() == pytest.approx(half)


def test_one_of_both_has_no_reach_and_equal_numbers_none():
    assert np.isnan(reach(np.ones((1, 1, 1)))).all()
    assert reach(np.full((1, 3, 4), 0.5)).item() == 0


@pytest.mark.parametrize("r", [2, 3, 6])
def test_reach_is_the_quantile_of_the_fiducial_law(r):
    rng = np.random.default_rng(r)
    k = 12
    values = 0.3 * rng.standard_normal((r, 1)) + rng.uniform(-1, 1, (1, k)) + 0 * np.ones((r, k))
    values += 0.2 * rng.standard_normal((r, k))
    a, b, e = (part.item() for part in mean_squares(values[None]))
    assert stats.kurtosis(values.mean(0), bias=False) < 0
    n, many = r - 1 + OWN, 400_000
    of_a = np.maximum(n * a / rng.chisquare(n, many) - e, 0)
    of_b = np.maximum((k - 1) * b / rng.chisquare(k - 1, many) - e, 0)
    law = np.abs(rng.standard_normal(many)) * np.sqrt((of_a + of_b + e) / (r * k))
    assert reach(values[None]).item() == pytest.approx(np.quantile(law, 0.95), rel=0.08)


def test_many_at_once_are_each_alone():
    values = np.random.default_rng(1).random((5, 3, 7))
    alone = [reach(one[None]).item() for one in values]
    np.testing.assert_allclose(reach(values), alone, rtol=1e-12)


def test_a_heavy_tail_of_classes_widens():
    # One class of twelve that is found, the mean and the variance of both alike.
    one = np.eye(1, 12)
    even = np.tile([-1.0, 1.0], 6) * one.std(ddof=0) + one.mean()
    assert reach(one[None]).item() > 1.1 * reach(even[None, None]).item()
