"""Page's test against SciPy's and against its own level."""

import math

import numpy as np
import pytest
from scipy.stats import page_trend_test

from loft_jax.errors import InputError
from loft_jax.metrics.trend import trend_p_value


def test_the_p_value_is_scipys_exact_one_without_ties():
    values = np.random.default_rng(2).standard_normal((6, 4)) + 0.25 * np.arange(4)
    expected = page_trend_test(values, method="exact").pvalue
    found = trend_p_value(values, np.random.default_rng(3), resamples=5000)
    assert 0.01 < expected < 0.5
    assert found == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / 5000))


def test_without_a_trend_hits_and_misses_reject_at_most_5_of_100_times():
    rng = np.random.default_rng(4)
    simulations = 300
    rejected = sum(
        trend_p_value(rng.random((12, 4)) < 0.5, rng, resamples=99) <= 0.05
        for _ in range(simulations)
    )
    error = math.sqrt(0.05 * 0.95 / simulations)
    assert rejected / simulations < 0.05 + 3 * error
    assert rejected > 0


def test_a_rise_is_found_and_a_fall_is_not_a_rise():
    values = np.tile(np.arange(5.0), (8, 1))
    assert trend_p_value(values, np.random.default_rng(5), resamples=999) == 1 / 1000
    assert trend_p_value(-values, np.random.default_rng(5), resamples=999) == 1


def test_bad_input_is_named():
    rng = np.random.default_rng(6)
    with pytest.raises(InputError, match=r"at least two settings \(columns\), got 1"):
        trend_p_value(np.ones((4, 1)), rng)
    with pytest.raises(InputError, match="`resamples` must be at least 1"):
        trend_p_value(np.ones((4, 2)), rng, resamples=0)
