"""Intervals of means, shares and differences: Wilson, Newcombe, and coverage by simulation."""

import numpy as np
import pytest
from scipy import stats

from loft_jax.errors import InputError
from loft_jax.metrics.crossed import mean_interval, share_difference, share_interval
from loft_jax.metrics.interval import Interval


@pytest.mark.parametrize("share", [0, 1])
@pytest.mark.parametrize("r", [1, 3])
def test_where_all_are_hits_or_none_the_ends_are_wilsons_with_a_trial_a_class(share, r):
    # Wilson's equation at p = 0 or 1 with t in place of z: x = t^2 / (k + t^2).
    found = share_interval(np.full((r, 20), float(share)))
    width = stats.t.ppf(0.975, 19) ** 2 / (20 + stats.t.ppf(0.975, 19) ** 2)
    ends = (0.0, width) if share == 0 else (1 - width, 1.0)
    assert found == (share, *map(pytest.approx, ends), 20)


def test_many_classes_of_single_hits_are_wilsons_own():
    # 2,000 people, one reconstruction each: scipy's interval of a binomial share.
    hits = np.arange(2000) < 100
    found = share_interval(np.random.default_rng(0).permutation(hits)[None].astype(float))
    expected = stats.binomtest(100, 2000).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=0.01)


def test_a_single_class_of_a_single_seed_has_no_interval():
    assert share_interval(np.array([[0.5]])) == (0.5, None, None, 1)
    assert mean_interval(np.array([[2.0]])) == (2.0, None, None, 1)
    assert share_difference(np.array([[0.5]]), np.array([[0.25]])) == (0.25, None, None, 1)


def test_pairing_removes_what_classes_have_in_common():
    rng = np.random.default_rng(8)
    easy = rng.uniform(0.1, 0.8, (3, 20))
    noise = 0.02 * rng.standard_normal((2, 3, 20))
    first, second = easy + 0.1 + noise[0], easy + noise[1]
    found = share_difference(first, second)
    assert found.value == pytest.approx(first.mean() - second.mean())
    assert found.low < 0.1 < found.high
    alone = share_interval(first)
    assert found.high - found.low < (alone.high - alone.low) / 5


def test_without_pairing_the_ends_are_newcombes_from_both_shares():
    # Two sides that vary apart: with correlation 0 the ends are sums of squares.
    side = np.array([[0.0, 1.0, 0.0, 1.0] * 6]), np.array([[0.0, 0.0, 1.0, 1.0] * 6])
    one, other = (share_interval(values) for values in side)
    found = share_difference(*side)
    assert np.corrcoef(*(values[0] for values in side))[0, 1] == 0
    half = np.hypot(one.value - one.low, other.high - other.value)
    assert found == (0, pytest.approx(-half), pytest.approx(half), 24)


def test_all_against_none_is_within_one_and_has_a_width():
    found = share_difference(np.zeros((3, 8)), np.ones((3, 8)))
    assert found.value == -1
    assert found.low == -1
    assert -1 < found.high < -0.3


def test_differences_are_mirrored():
    rng = np.random.default_rng(3)
    first, second = rng.random((2, 2, 9))
    found, back = share_difference(first, second), share_difference(second, first)
    assert (found.low, found.high) == pytest.approx((-back.high, -back.low))


def test_a_higher_level_is_wider():
    values = np.random.default_rng(4).random((3, 12))
    for interval in (mean_interval, share_interval):
        inner, outer = interval(values), interval(values, 0.99)
        assert outer.low < inner.low < inner.high < outer.high


@pytest.mark.parametrize("few", [2, 3, 5])
def test_few_classes_of_one_seed_are_not_taken_for_certain(few):
    rng = np.random.default_rng(few)
    held = 0
    for _ in range(600):
        easy = rng.uniform(0.2, 0.8, few)
        found = share_interval(rng.binomial(8, easy)[None] / 8)
        held += found.low <= 0.5 <= found.high
    assert held / 600 > 0.93 - 3 * np.sqrt(0.05 * 0.95 / 600)


def test_ends_can_be_cut():
    assert Interval(0.5, -1.0, 2.0, 3).within(0.0, 1.0) == (0.5, 0, 1, 3)
    assert Interval(0.5, None, None, 1).within(0.0, 1.0) == (0.5, None, None, 1)


def test_bad_input_is_named():
    with pytest.raises(InputError, match="`values` must not be empty"):
        mean_interval(np.zeros((0, 3)))
    with pytest.raises(InputError, match="`values` must be finite"):
        share_interval(np.full((2, 2), np.nan))
    with pytest.raises(InputError, match="`values` must hold shares from 0 to 1, got 0 to 2"):
        share_interval(np.array([[0.0, 2.0]]))
    with pytest.raises(InputError, match="must hold the same seeds and classes, got shapes"):
        share_difference(np.ones((3, 1)), np.ones((2, 1)))
