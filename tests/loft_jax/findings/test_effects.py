"""Effects: what is compared with what, differences and slopes against numbers by hand."""

import numpy as np
import pytest
from attacked_tables import NORMED, PLAIN, cut, drawn, loft, rows_with, table_of, weighted
from scipy import stats

from loft_jax.findings.effects import differences, lowers, protects, raises
from loft_jax.findings.trends import strength_effects
from loft_jax.metrics.interval import Interval

RANKS = (2, 4, 16, 64)
TABLES = 40


def rng(seed=0):
    return np.random.default_rng(seed)


def test_the_same_outcomes_differ_by_nothing():
    hits = drawn(0.5, rng())
    (found,) = differences(table_of(rows_with(hits), rows_with(hits, **loft(4))))
    assert found.leakage.value == 0
    assert found.leakage.low < 0 < found.leakage.high
    assert found.utility[:3] == (0, 0, 0)
    assert not lowers(found.leakage)
    assert not raises(found.leakage)


def test_a_difference_is_the_heads_number_minus_the_plain_ones():
    plain, head = drawn(0.8, rng(1)), drawn(0.3, rng(2))
    before, after = np.array([0.9, 0.92, 0.88]), np.array([0.89, 0.9, 0.88])
    table = table_of(rows_with(plain, accuracy=before), rows_with(head, accuracy=after, **loft(4)))
    (found,) = differences(table)
    assert found.leakage.value == pytest.approx(head.mean() - plain.mean())
    assert lowers(found.leakage)
    assert found.seeds == 3
    lost = after - before
    truth = stats.t.interval(0.95, 2, loc=lost.mean(), scale=stats.sem(lost))
    assert (found.utility.low, found.utility.high) == pytest.approx(truth)


def test_no_difference_of_shares_is_said_to_be_beyond_one():
    plain, cut = np.full((3, 6), 1.0), np.zeros((3, 6))
    cut[0] = 0.3
    (found,) = differences(table_of(rows_with(plain), rows_with(cut, **loft(4))))
    assert found.leakage.value == pytest.approx(-0.9)
    assert -1 <= found.leakage.low < -0.95
    assert found.leakage.high > -0.9
    none = np.zeros((3, 6))
    (whole,) = differences(table_of(rows_with(plain), rows_with(none, **loft(4))))
    # All of six people against none of six is not certain of all people.
    assert whole.leakage.low == -1
    assert -1 < whole.leakage.high < -0.2


def test_only_the_seeds_and_classes_of_both_are_compared():
    plain, head = drawn(0.8, rng(3), classes=4), drawn(0.3, rng(4), seeds=1, classes=3)
    table = table_of(
        rows_with(plain, accuracy=[0.7, 0.8, 0.9]),
        rows_with(head, seeds=[2], labels=[3, 0, 9], accuracy=0.85, **loft(4)),
    )
    (found,) = differences(table)
    assert found.seeds == 1
    assert found.leakage.n == 2
    assert found.leakage.value == pytest.approx(head[0, :2].mean() - plain[2, [3, 0]].mean())
    assert found.utility == (pytest.approx(-0.05), None, None, 1)


@pytest.mark.parametrize(
    "other", [NORMED, {"data": "digits"}, {"fingerprint": "f1"}, {"trunk": "big"},
              {"attack": "ppa"}, {"prior": "none"}, {"noun": "digits"}]
)  # fmt: skip
def test_a_plain_head_that_is_not_alike_is_no_baseline(other):
    assert not differences(table_of(rows_with(drawn(0.9, rng()), **other),
                                    rows_with(drawn(0.1, rng()), **loft(4))))  # fmt: skip


def baseline(head, *plains):
    """The setting that a head is compared with."""
    hits = drawn(0.5, rng())
    (found,) = differences(
        table_of(rows_with(hits, **head), *(rows_with(hits, **plain) for plain in plains))
    )
    return {"adaptive": found.against["adaptive"], "normed": found.against["variant"] != ""}


def test_an_adaptive_attack_is_compared_with_itself_else_with_the_attack_as_it_is():
    own = {"adaptive": "pre-code"}
    assert baseline(loft(4, **own), {}, own)["adaptive"] == "pre-code"
    assert baseline(loft(4, **own), {}, {"adaptive": "logit"})["adaptive"] == "none"
    assert baseline(loft(4), {}, own)["adaptive"] == "none"


def test_of_the_baselines_that_a_defense_names_the_first_that_was_attacked_counts():
    normed = loft(4, "BatchNorm first")
    assert baseline(normed, PLAIN, NORMED)["normed"]
    assert not baseline(normed, PLAIN)["normed"]
    assert not baseline(loft(4), PLAIN, NORMED)["normed"]
    # The baseline stays the same for every adaptive form.
    known = {**normed, "adaptive": "logit"}
    assert baseline(known, NORMED, {"adaptive": "logit"}) == {"adaptive": "none", "normed": True}


def test_a_baseline_without_common_seeds_gives_way():
    hits = drawn(0.5, rng())
    table = table_of(
        rows_with(hits, seeds=[7, 8, 9], **NORMED),
        rows_with(hits),
        rows_with(hits, **loft(4, "BatchNorm first")),
    )
    (found,) = differences(table)
    assert found.against["spec"] == "none"


def curve(probabilities, generator, *, seeds=3, ranks=RANKS):
    hits = [drawn(p, generator, seeds=seeds) for p in probabilities]
    return hits, table_of(*(rows_with(h, **loft(r)) for h, r in zip(hits, ranks, strict=True)))


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_slope_is_the_least_squares_line_through_the_means(seeds):
    hits, table = curve((0.2, 0.3, 0.5, 0.9), rng(5), seeds=seeds)
    (found,) = strength_effects(table)
    truth = np.polyfit(np.log2(RANKS), [h.mean() for h in hits], 1)[0]
    assert found.slope.value == pytest.approx(truth)
    assert raises(found.slope)
    assert found.strengths == list(RANKS)
    # Three seeds of four ranks allow 24^3 permutations; one seed speaks for its classes.
    assert found.p_value < 0.001


@pytest.mark.parametrize("seeds", [1, 3])
def test_without_a_trend_p_values_are_no_smaller_than_uniform(seeds):
    # Each model leaks more or less as a whole, unless there is one seed: then nothing tells that
    # from a trend.
    generator = rng(6)
    p_values = []
    for _ in range(TABLES):
        spread = 0.3 if seeds > 1 else 0.0
        tables = []
        for rank in RANKS:
            leaks = 0.5 + generator.uniform(-spread, spread, (seeds, 1))
            hits = generator.binomial(8, leaks, (seeds, 6)) / 8
            tables.append(rows_with(hits, **loft(rank)))
        (found,) = strength_effects(table_of(*tables))
        p_values.append(found.p_value)
    # Kolmogorov and Smirnov, one-sided: permuted ranks are exact or, with ties, conservative.
    assert stats.kstest(p_values, "uniform", alternative="greater").pvalue > 0.001
    assert np.mean(p_values) > 0.5 - 3 * np.sqrt(1 / 12 / TABLES)
    assert np.mean(p_values) < 0.6 + 3 * np.sqrt(1 / 12 / TABLES)


def test_two_seeds_of_two_ranks_say_no_more_than_one_in_four_however_many_classes():
    # Two rises of two seeds are one of four equally likely cases; one seed's classes say 2^-12.
    low, high = np.zeros((2, 12)), np.ones((2, 12))
    (found,) = strength_effects(table_of(rows_with(low, **loft(4)), rows_with(high, **loft(8))))
    assert abs(found.p_value - 0.25) < 5 * np.sqrt(0.25 * 0.75 / 10_000)
    (one,) = strength_effects(
        table_of(rows_with(low[:1], **loft(4)), rows_with(high[:1], **loft(8)))
    )
    assert one.p_value < 0.002


def test_ranks_are_compared_over_the_seeds_and_classes_they_share():
    first, second = drawn(0.2, rng(7)), drawn(0.8, rng(8), seeds=1)
    table = table_of(rows_with(first, **loft(4)), rows_with(second, seeds=[1], **loft(8)))
    (found,) = strength_effects(table)
    assert found.seeds == 1
    assert found.slope.value == pytest.approx(second.mean() - first[1].mean())
    apart = table_of(rows_with(first, **loft(4)), rows_with(second, seeds=[9], **loft(8)))
    assert not strength_effects(apart)


def test_curves_are_apart_by_defense_and_attack_and_one_strength_is_none():
    hits = drawn(0.5, rng(9))
    one = [rows_with(hits, **loft(r, variant)) for r in (2, 4) for variant in ("", "relu")]
    table = table_of(*one, *(rows_with(hits, **cut(r)) for r in (2, 4)),
                     rows_with(hits, **loft(2, adaptive="logit")), rows_with(hits))  # fmt: skip
    found = [(e.setting["defense"], e.setting["variant"]) for e in strength_effects(table)]
    assert sorted(found) == [("loft", ""), ("loft", "relu"), ("svd", "")]


def test_strengths_may_be_fractions_and_zero_has_no_doubling():
    hits = [drawn(p, rng(10)) for p in (0.9, 0.6, 0.2)]
    weights = (0.0, 0.25, 1.0)
    table = table_of(*(rows_with(h, **weighted(w)) for h, w in zip(hits, weights, strict=True)))
    (found,) = strength_effects(table)
    assert found.strengths == [0.25, 1.0]
    # Two points, two doublings apart.
    assert found.slope.value == pytest.approx((hits[2].mean() - hits[1].mean()) / 2)
    assert not strength_effects(table_of(rows_with(hits[0], **weighted(0.0)),
                                         rows_with(hits[1], **weighted(1.0))))  # fmt: skip


def test_what_can_lower_nothing_never_protects():
    high, low = np.full((3, 8), 0.9), np.zeros((3, 8))
    for remark, expected in ((None, True), ("of no use", False)):
        (found,) = differences(table_of(rows_with(high), rows_with(low, **loft(64, remark=remark))))
        assert lowers(found.leakage)
        assert protects(found) == expected


def test_zero_within_or_no_interval_shows_nothing():
    for interval in (Interval(-1, None, None, 1), Interval(-1, -2, 0, 5), Interval(-1, -2, 0.1, 5)):
        assert not lowers(interval)
        assert not raises(interval)
    assert lowers(Interval(-1, -2, -0.1, 5))
    assert raises(Interval(1, 0.1, 2, 5))
