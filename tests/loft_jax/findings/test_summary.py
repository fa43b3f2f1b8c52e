"""Summary: means by hand, intervals by scipy and by simulation."""

import math

import numpy as np
import polars as pl
import pytest
from attacked_tables import loft, rows_with, table_of
from scipy import stats

from loft_jax.findings.summary import over_both, over_seeds, summary
from loft_jax.metrics.bootstrap import bootstrap_interval

SIMULATIONS = 200


def test_means_are_those_of_the_rows():
    rng = np.random.default_rng(0)
    table = table_of(
        rows_with(rng.random((3, 7)), accuracy=[0.5, 0.6, 0.9], ssim=0.25),
        rows_with(rng.random((3, 7)), accuracy=[0.4, 0.6, 0.8], **loft(4)),
    )
    by_hand = table.group_by("defense").agg(pl.col("accuracy_at_1", "test_accuracy", "ssim").mean())
    truth = {row["defense"]: row for row in by_hand.to_dicts()}
    for row in summary(table.sample(fraction=1, shuffle=True, seed=1)):
        for name in ("accuracy_at_1", "test_accuracy", "ssim"):
            assert row[name] == pytest.approx(truth[row["defense"]][name])
        assert (row["seeds"], row["attacked_classes"], row["classes"]) == (3, 7, 40)
        assert row["head_iie"] is row["head_iie_low"] is row["identity_error_high"] is None


def test_over_seeds_is_the_t_interval():
    values = np.array([0.3, 0.5, 0.45, 0.9])
    found = over_seeds(values)
    truth = stats.t.interval(0.95, 3, loc=values.mean(), scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx(truth)
    assert over_seeds(values[:1]) == (0.3, None, None, 1)


def test_one_seed_is_the_bootstrap_over_classes():
    hits = np.random.default_rng(1).random((1, 15))
    (row,) = summary(table_of(rows_with(hits)))
    truth = bootstrap_interval(hits.T, np.random.default_rng(0))
    names = ("accuracy_at_1", "accuracy_at_1_low", "accuracy_at_1_high")
    assert tuple(row[name] for name in names) == pytest.approx(truth[:3])
    assert row["test_accuracy"] == pytest.approx(0.9)
    assert row["test_accuracy_low"] is None


def test_intervals_of_shares_end_where_shares_do_and_others_where_t_says():
    high, low = np.full((3, 6), 1.0), np.zeros((3, 6))
    high[0], low[1] = 0.8, 0.1  # one seed apart, so that Student's t goes beyond the ends
    table = table_of(
        rows_with(high, accuracy=[0.99, 0.9, 1.0], ssim=0.5),
        rows_with(low, accuracy=0.5, **loft(4)),
    )
    for row, hits in zip(summary(table), (low, high), strict=True):
        free = over_both(hits)
        ends = row["accuracy_at_1_low"], row["accuracy_at_1_high"]
        assert not 0 <= free.low <= free.high <= 1
        assert ends == pytest.approx((max(free.low, 0), min(free.high, 1)))
        assert row["test_accuracy_high"] <= 1


@pytest.mark.parametrize("r", [1, 3, 5])
def test_95_of_100_intervals_hold_the_probability_of_a_hit(r):
    # Seeds and classes are drawn anew, mean probability 0.5; one seed says nothing of others, and
    # is asked for its own mean.
    rng = np.random.default_rng(r)
    held = 0
    for _ in range(SIMULATIONS):
        seeds, classes = rng.uniform(-0.15, 0.15, (r, 1)), rng.uniform(-0.3, 0.3, (1, 20))
        hits = rng.binomial(8, 0.5 + seeds + classes) / 8
        found = over_both(hits)
        truth = 0.5 + (seeds[0, 0] if r == 1 else 0)
        held += found.low <= truth <= found.high
    error = math.sqrt(0.95 * 0.05 / SIMULATIONS)
    assert held / SIMULATIONS > 0.95 - 3 * error
    if r == 1:
        assert held / SIMULATIONS < 0.95 + 3 * error
