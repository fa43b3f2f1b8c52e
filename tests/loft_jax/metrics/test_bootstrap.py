"""Bootstrap intervals: coverage on normal means by simulation, exact cases, pairing."""

import math

import numpy as np
import pytest

from loft_jax.errors import InputError
from loft_jax.metrics.bootstrap import (
    bootstrap_interval,
    crossed_interval,
    paired_interval,
    strongest_interval,
)

SIMULATIONS = 600


def covers(interval, truth):
    return interval.low <= truth <= interval.high


def binomial_error(p):
    return math.sqrt(p * (1 - p) / SIMULATIONS)


@pytest.mark.parametrize("k", [10, 50])
def test_95_of_100_intervals_hold_the_mean_of_normal_classes(k):
    rng = np.random.default_rng(k)
    held = 0
    for _ in range(SIMULATIONS):
        classes = 2 + rng.standard_normal((k, 1))
        values = classes + 0.5 * rng.standard_normal((k, 4))
        held += covers(bootstrap_interval(values, rng, resamples=1000), 2)
    # Three standard errors of the simulation, and 1 % for the percentiles of 1000 resamples.
    assert held / SIMULATIONS == pytest.approx(0.95, abs=3 * binomial_error(0.95) + 0.01)


def test_reconstructions_of_one_class_are_not_taken_for_independent():
    rng = np.random.default_rng(0)
    classes = rng.standard_normal((20, 1))
    once, often = classes, np.repeat(classes, 50, axis=1)
    first, second = (bootstrap_interval(v, np.random.default_rng(1)) for v in (once, often))
    assert first == pytest.approx(second, abs=1e-12)


def test_the_half_width_is_students_for_normal_classes():
    # 200 classes whose sample standard deviation is 1: t_199 / sqrt(200).
    values = np.random.default_rng(2).standard_normal((200, 1))
    values = (values - values.mean()) / values.std(ddof=1)
    found = bootstrap_interval(values, np.random.default_rng(3), resamples=40_000)
    half = 1.9720 / math.sqrt(200)
    assert found.value == pytest.approx(0, abs=1e-12)
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.03)


def test_equal_classes_leave_no_width_and_one_class_has_no_interval():
    rng = np.random.default_rng(4)
    assert bootstrap_interval(np.full((9, 2), 0.5), rng) == pytest.approx((0.5, 0.5, 0.5, 9))
    assert bootstrap_interval(np.array([[True, False]]), rng) == (0.5, None, None, 1)


def test_the_same_generator_gives_the_same_interval():
    values = np.random.default_rng(5).random((12, 3))
    again = [bootstrap_interval(values, np.random.default_rng(6)) for _ in range(2)]
    assert again[0] == again[1]
    assert bootstrap_interval(values, np.random.default_rng(7)).low != again[0].low


def test_pairing_removes_what_classes_have_in_common():
    rng = np.random.default_rng(8)
    hardness = 10 * rng.standard_normal((40, 1))
    first = hardness + 1 + 0.1 * rng.standard_normal((40, 3))
    second = hardness + 0.1 * rng.standard_normal((40, 5))
    found = paired_interval(first, second, rng)
    assert found.value == pytest.approx(first.mean() - second.mean())
    assert covers(found, 1)
    alone = bootstrap_interval(first, rng)
    assert found.high - found.low < 0.1 < 1 < alone.high - alone.low


@pytest.mark.parametrize("r", [3, 8])
def test_crossed_intervals_hold_the_mean_over_seeds_and_classes_at_least_95_times_in_100(r):
    rng = np.random.default_rng(r)
    held, widths = 0, []
    for _ in range(SIMULATIONS):
        seeds, classes = rng.standard_normal((r, 1, 1)), rng.standard_normal((1, 20, 1))
        values = 1 + seeds + classes + 0.5 * rng.standard_normal((r, 20, 2))
        found = crossed_interval(values, rng, resamples=400)
        held += covers(found, 1)
        widths.append(found.high - found.low)
    assert held / SIMULATIONS > 0.95 - 3 * binomial_error(0.95)
    # Conservative, but not idle: below 1.5 x the interval of a t test on the seeds' means and the
    # classes' means with known variances.
    from scipy.stats import t

    known = 2 * t.ppf(0.975, r - 1) * math.sqrt(1 / r + 1 / 20 + 0.125 / (20 * r))
    assert np.mean(widths) < 1.5 * known


def test_classes_alone_understate_what_seeds_add():
    rng = np.random.default_rng(9)
    seeds = rng.standard_normal((4, 1, 1))
    values = seeds + 0.1 * rng.standard_normal((4, 30, 2))
    crossed = crossed_interval(values, rng)
    pooled = bootstrap_interval(values.mean(axis=0), rng)
    assert crossed.value == pytest.approx(pooled.value)
    assert crossed.high - crossed.low > 10 * (pooled.high - pooled.low)


def drawn_means(values, rng, resamples):
    """Means over seeds and classes drawn with replacement, [resamples, a], one at a time."""
    _, r, k = values.shape
    for _ in range(resamples):
        seeds, classes = rng.integers(r, size=r), rng.integers(k, size=k)
        yield values[:, seeds][:, :, classes].mean((1, 2))


@pytest.mark.parametrize(("r", "k"), [(3, 12), (1, 12), (4, 1)])
def test_intervals_of_the_strongest_are_those_of_a_loop(r, k):
    from scipy.stats import norm, t

    rng = np.random.default_rng(10)
    first, second = rng.random((3, r, k)), rng.random((2, r, k))
    found = strongest_interval(first, second, np.random.default_rng(0), resamples=40_000)
    assert found.value == first.mean((1, 2)).max() - second.mean((1, 2)).max()
    draws = np.array(list(drawn_means(np.concatenate([first, second]), rng, 8000)))
    draws = draws[:, :3].max(1) - draws[:, 3:].max(1)
    m = min(r, k) if min(r, k) > 1 else max(r, k)
    reach = math.sqrt(m / (m - 1)) * t.ppf(0.975, m - 1)
    if min(r, k) > 1:
        ends = found.value - reach * draws.std(), found.value + reach * draws.std()
    else:
        ends = np.quantile(draws, (norm.cdf(-reach), norm.cdf(reach)))
    assert (found.low, found.high) == pytest.approx(ends, abs=0.04 * (ends[1] - ends[0]))
    assert found.n == k


def test_one_attack_a_side_is_the_interval_of_their_difference():
    rng = np.random.default_rng(13)
    first, second = rng.random((2, 1, 3, 9))
    alone = crossed_interval((first - second)[0, :, :, None], np.random.default_rng(1))
    found = strongest_interval(first, second, np.random.default_rng(1))
    assert found == pytest.approx(alone)


@pytest.mark.parametrize("gap", [0.0, 0.5])
def test_intervals_of_the_strongest_hold_the_difference_of_the_best_true_means(gap):
    # Four attacks against three, with noise of their own on every seed and class. At gap 0 all are
    # equally strong, where a choice by chance does most harm.
    rng = np.random.default_rng(14)
    true = [np.array([0.6, 0.6 - gap, 0.6 - gap, 0.6 - gap]), np.array([0.9, 0.9 - gap, 0.9 - gap])]
    held = 0
    for _ in range(SIMULATIONS):
        shared = rng.normal(0, 0.1, (3, 1)) + rng.normal(0, 0.2, (1, 20))
        sides = [
            mean[:, None, None] + shared + rng.normal(0, 0.1, (len(mean), 3, 1))
            + rng.normal(0, 0.2, (len(mean), 3, 20))
            for mean in true
        ]  # fmt: skip
        held += covers(strongest_interval(sides[0], sides[1], rng, resamples=400), -0.3)
    assert held / SIMULATIONS > 0.95 - 3 * binomial_error(0.95)


def test_bad_input_is_named():
    rng = np.random.default_rng(12)
    with pytest.raises(InputError, match="`values` must not be empty"):
        bootstrap_interval(np.zeros((0, 3)), rng)
    with pytest.raises(InputError, match="`values` must be finite"):
        crossed_interval(np.full((2, 2, 2), np.nan), rng)
    with pytest.raises(InputError, match="`resamples` must be at least 1, got 0"):
        bootstrap_interval(np.ones((2, 2)), rng, resamples=0)
    with pytest.raises(InputError, match="`second` must not be empty"):
        strongest_interval(np.ones((1, 2, 2)), np.ones((0, 2, 2)), rng)
    with pytest.raises(InputError, match="must hold the same classes, got 3 and 2"):
        paired_interval(np.ones((3, 1)), np.ones((2, 1)), rng)
