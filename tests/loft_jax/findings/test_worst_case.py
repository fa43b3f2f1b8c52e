"""Worst cases: which attacks count, and the strongest found by hand."""

import numpy as np
import polars as pl
import pytest
from attacked_tables import NORMED, PLAIN, cut, loft, rows_with, table_of

from loft_jax.findings.worst_case import VERIFIED, worst_cases

KNOWS = {"adaptive": "pre-code"}


def share(value, seed=0):
    """Outcomes [3, 8] with this mean, exactly."""
    noise = np.random.default_rng(seed).uniform(-0.1, 0.1, (3, 8))
    return value + noise - noise.mean()


def test_each_side_is_under_the_attack_with_its_highest_mean():
    table = table_of(
        rows_with(share(0.9), accuracy=[0.9, 0.8, 1.0], **PLAIN),
        rows_with(share(0.7, 1), accuracy=[0.9, 0.8, 1.0], **PLAIN, **KNOWS),
        rows_with(share(0.1, 2), accuracy=0.6, **loft(4)),
        rows_with(share(0.35, 3), accuracy=0.6, **loft(4, **KNOWS)),
    )
    (found,) = worst_cases(table)
    assert (found.setting["strength"], found.setting["adaptive"]) == (4, "pre-code")
    assert (found.against["defense"], found.against["adaptive"]) == ("none", "none")
    assert found.leakage.value == pytest.approx(0.35 - 0.9)
    assert found.utility.value == pytest.approx(0.6 - 0.9)
    assert found.seeds == 3


@pytest.mark.parametrize("more", [{"attack": "ppa"}, {"prior": "faces"}, KNOWS])
def test_attacks_that_the_head_was_spared_do_not_count_against_the_plain_one(more):
    table = table_of(
        rows_with(share(0.5), **PLAIN),
        rows_with(share(0.8, 1), **{**PLAIN, **more}),
        rows_with(share(0.3, 2), **loft(4)),
    )
    (found,) = worst_cases(table)
    assert found.leakage.value == pytest.approx(0.3 - 0.5)


def test_attacks_of_other_recipes_and_priors_compete():
    table = table_of(
        rows_with(share(0.5), **PLAIN),
        rows_with(share(0.6, 1), **PLAIN, attack="ppa", prior="faces"),
        rows_with(share(0.3, 2), **loft(4)),
        rows_with(share(0.2, 3), **loft(4), attack="ppa", prior="faces"),
    )
    (found,) = worst_cases(table)
    assert (found.setting["attack"], found.against["attack"]) == ("gmi", "ppa")
    assert found.leakage.value == pytest.approx(0.3 - 0.6)


def test_only_seeds_and_classes_of_all_attacks_are_compared():
    whole, head = share(0.9), share(0.2, 1)
    table = table_of(
        rows_with(whole, **PLAIN),
        rows_with(head, **loft(4)),
        rows_with(head[:2, 3:] + 0.1, labels=range(3, 8), **loft(4, **KNOWS)),
    )
    (found,) = worst_cases(table)
    expected = (head[:2, 3:] + 0.1).mean() - whole[:2, 3:].mean()
    assert found.leakage.value == pytest.approx(expected)
    assert (found.seeds, found.leakage.n) == (2, 5)


def test_the_first_baseline_that_was_attacked_counts():
    rows = [
        rows_with(share(0.9), **PLAIN),
        rows_with(share(0.2, 1), **loft(4)),
        rows_with(share(0.3, 2), **loft(4, "BatchNorm first")),
    ]
    found = worst_cases(table_of(*rows))
    assert [one.leakage.value for one in found] == pytest.approx([0.2 - 0.9, 0.3 - 0.9])
    rows.append(rows_with(share(0.7, 3), **NORMED))
    found = worst_cases(table_of(*rows))
    assert [one.leakage.value for one in found] == pytest.approx([0.2 - 0.9, 0.3 - 0.7])


def test_a_baseline_may_be_a_defense_itself():
    table = table_of(
        rows_with(share(0.9), **PLAIN),
        rows_with(share(0.5, 1), **cut(8)),
        rows_with(share(0.1, 2), **loft(8, baselines="svd:8 none")),
    )
    found = {one.setting["defense"]: one for one in worst_cases(table)}
    assert found["loft"].against["label"] == "SVD cut rank 8"
    assert found["loft"].leakage.value == pytest.approx(0.1 - 0.5)
    assert found["svd"].against["defense"] == "none"


def test_without_a_plain_head_in_common_nothing_is_compared():
    assert worst_cases(table_of(rows_with(share(0.2), **loft(4)))) == []
    other = rows_with(share(0.9), labels=range(20, 28), **PLAIN)
    assert worst_cases(table_of(rows_with(share(0.2), **loft(4)), other)) == []
    people = rows_with(share(0.9), **PLAIN, fingerprint="f1")
    assert worst_cases(table_of(rows_with(share(0.2), **loft(4)), people)) == []


def test_the_strongest_may_be_so_by_another_judge_whom_no_fault_of_the_evaluators_touches():
    table = table_of(
        rows_with(share(0.9), **PLAIN),
        rows_with(share(0.5, 1), **PLAIN, **KNOWS),
        rows_with(share(0.8, 2), **loft(4)),
        rows_with(share(0.7, 3), **loft(4, **KNOWS)),
    ).with_columns(pl.lit("poor judges").alias("withheld"))
    assert worst_cases(table, VERIFIED) == []  # it was not measured
    judged = table.with_columns((1 - pl.col("accuracy_at_1")).alias(VERIFIED))
    (found,) = worst_cases(judged, VERIFIED)
    assert (found.setting["adaptive"], found.against["adaptive"]) == ("pre-code", "pre-code")
    assert found.leakage.value == pytest.approx((1 - 0.7) - (1 - 0.5))
    assert found.withheld is None
    assert worst_cases(judged)[0].withheld == "poor judges"
    partly = judged.with_columns(
        pl.when(pl.col("adaptive") == "none").then(VERIFIED).otherwise(None).alias(VERIFIED)
    )
    assert worst_cases(partly, VERIFIED) == []
