"""Summary: means by hand, intervals by scipy and by simulation."""

import numpy as np
import polars as pl
import pytest
from attacked_tables import loft, rows_with, table_of
from scipy import stats

from loft_jax.findings.summary import over_seeds, summary


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


def test_one_seed_is_students_interval_over_classes_in_wilsons_form():
    # Half-width h at p: the roots of (x - p)^2 = h^2 x (1 - x) / (p (1 - p)), by numpy.roots.
    hits = np.random.default_rng(1).integers(0, 9, (1, 16)) / 8
    (row,) = summary(table_of(rows_with(hits)))
    p = hits.mean()
    assert stats.kurtosis(hits[0], bias=False) < 0  # no heavy tail: all 15 degrees of freedom
    half = stats.t.ppf(0.975, 15) * stats.sem(hits[0])
    w = half**2 / (p * (1 - p))
    ends = sorted(np.roots([1 + w, -2 * p - w, p**2]))
    found = [row[name] for name in ("accuracy_at_1_low", "accuracy_at_1_high")]
    assert row["accuracy_at_1"] == pytest.approx(p)
    assert found == pytest.approx(ends)
    assert row["test_accuracy"] == pytest.approx(0.9)
    assert row["test_accuracy_low"] is None


def test_intervals_of_shares_lie_between_0_and_1_and_have_a_width_at_the_ends():
    high, low = np.full((3, 6), 1.0), np.zeros((3, 6))
    table = table_of(rows_with(high, accuracy=[0.99, 0.9, 1.0], ssim=0.5),
                     rows_with(low, accuracy=0.5, **loft(4)))  # fmt: skip
    # Wilson's with six trials and Student's t of five degrees of freedom in place of z.
    width = stats.t.ppf(0.975, 5) ** 2 / 6
    for row, ends in zip(
        summary(table), ((0, width / (1 + width)), (1 / (1 + width), 1)), strict=True
    ):
        found = row["accuracy_at_1_low"], row["accuracy_at_1_high"]
        assert found == pytest.approx(ends)
        assert row["test_accuracy_high"] <= 1


def test_what_an_attack_adds_to_its_lookalikes_is_paired_and_withheld_is_told():
    rng = np.random.default_rng(2)
    easy = rng.uniform(0.1, 0.8, (3, 12))
    rows = rows_with(easy + 0.1)
    for row, control in zip(rows, easy.ravel(), strict=True):
        row["lookalike_accuracy_at_1"] = control
    (row,) = summary(table_of(rows))
    assert row["over_lookalikes"] == pytest.approx(0.1)
    # All of the spread is shared, so the difference is much surer than either side.
    alone = row["accuracy_at_1_high"] - row["accuracy_at_1_low"]
    assert row["over_lookalikes_high"] - row["over_lookalikes_low"] < alone / 4
    assert row["open_set_over_lookalikes"] is row["withheld"] is None
    (held,) = summary(table_of(rows_with(easy, withheld="the judges are poor")))
    assert held["withheld"] == "the judges are poor"
    assert held["over_lookalikes"] is None
