"""Groups: the crossing of seeds and classes, whatever the order of the rows and their gaps."""

import numpy as np
import polars as pl
import pytest
from attacked_tables import loft, rows_with, table_of

from loft_jax.errors import InputError
from loft_jax.findings.groups import groups, in_common

HITS = np.arange(12.0).reshape(3, 4) / 12


@pytest.mark.parametrize("shuffle", range(4))
def test_outcomes_stand_by_seed_and_class_whatever_the_order_of_rows(shuffle):
    table = table_of(rows_with(HITS, seeds=[5, 7, 30], labels=[2, 3, 11, 100]))
    (found,) = groups(table.sample(fraction=1, shuffle=True, seed=shuffle))
    assert found.seeds.tolist() == [5, 7, 30]
    assert found.labels.tolist() == [2, 3, 11, 100]
    np.testing.assert_array_equal(found.outcome("accuracy_at_1"), HITS)


def test_a_class_missing_under_one_seed_is_left_out():
    table = table_of(rows_with(HITS)).filter(~((pl.col("seed") == 1) & (pl.col("class") == 2)))
    (found,) = groups(table)
    assert found.labels.tolist() == [0, 1, 3]
    np.testing.assert_array_equal(found.outcome("accuracy_at_1"), HITS[:, [0, 1, 3]])


def test_a_setting_whose_seeds_share_no_class_is_left_out():
    apart = rows_with(HITS[:1], labels=[0, 1, 2, 3]) + rows_with(
        HITS[:1], seeds=[1], labels=range(4, 8)
    )
    assert not list(groups(table_of(apart)))
    assert not list(groups(table_of()))


def test_what_was_not_measured_is_none_and_whole_numbers_are_numbers():
    table = table_of([{**row, "code_rank": 4} for row in rows_with(HITS, ssim=0.5)])
    (found,) = groups(table)
    assert found.outcome("identity_error") is None
    assert found.by_seed("head_iie") is None
    np.testing.assert_array_equal(found.by_seed("code_rank"), [4, 4, 4])
    once_missing = table.with_columns(ssim=pl.when(pl.col("seed") > 0).then("ssim"))
    assert next(groups(once_missing)).outcome("ssim") is None


def test_settings_without_a_strength_are_one_group_each():
    table = table_of(rows_with(HITS), rows_with(HITS, **loft(4)), rows_with(HITS, prior="other"))
    assert sorted((g.setting["defense"], g.setting["prior"]) for g in groups(table)) == [
        ("loft", "gan"),
        ("none", "gan"),
        ("none", "other"),
    ]


def test_in_common_keeps_the_seeds_and_classes_of_all():
    first = rows_with(HITS, seeds=[0, 1, 2], labels=[0, 1, 2, 3])
    second = rows_with(10 + HITS, seeds=[2, 1, 9], labels=[3, 5, 1, 0], **loft(4))
    found = {g.setting["defense"]: g for g in groups(table_of(first, second))}
    plain, head = in_common(found["none"], found["loft"])
    assert plain.seeds.tolist() == head.seeds.tolist() == [1, 2]
    assert plain.labels.tolist() == head.labels.tolist() == [0, 1, 3]
    np.testing.assert_array_equal(plain.outcome("accuracy_at_1"), HITS[np.ix_([1, 2], [0, 1, 3])])
    np.testing.assert_array_equal(
        head.outcome("accuracy_at_1"), 10 + HITS[np.ix_([1, 0], [3, 2, 0])]
    )


def test_a_row_that_comes_twice_is_bad_input():
    with pytest.raises(
        InputError, match="one row for each setting, seed and class, got several of"
    ):
        list(groups(table_of(rows_with(HITS), rows_with(HITS[:1]))))
