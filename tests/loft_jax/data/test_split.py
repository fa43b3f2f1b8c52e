"""Splits are partitions, stratified, and a function of labels and seed."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loft_jax.data.split import Split, split_indices
from loft_jax.errors import InputError

PARTS = ("train", "validation", "test")


def repeated(counts, order_seed=0):
    labels = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return np.random.default_rng(order_seed).permutation(labels)


@given(
    counts=st.lists(st.integers(2, 40), min_size=1, max_size=8),
    test_fraction=st.floats(0.01, 0.99),
    validation_fraction=st.floats(0, 0.99),
    seed=st.integers(0, 2**40),
)
def test_parts_are_a_partition_with_train_and_test_in_every_class(
    counts, test_fraction, validation_fraction, seed
):
    labels = repeated(counts)
    split = split_indices(
        labels, test_fraction=test_fraction, validation_fraction=validation_fraction, seed=seed
    )
    together = np.concatenate([getattr(split, part) for part in PARTS])
    assert sorted(together.tolist()) == list(range(len(labels)))
    assert set(labels[split.train]) == set(labels[split.test]) == set(range(len(counts)))
    tested = np.bincount(labels[split.test])
    rest = np.array(counts) - tested
    held = np.bincount(labels[split.validation], minlength=len(counts))
    assert np.all((np.abs(tested - test_fraction * np.array(counts)) <= 0.5 + 1e-9) | (tested == 1)
                  | (rest == 1))  # fmt: skip
    assert np.all((np.abs(held - validation_fraction * rest) < 1 + 1e-9) | (held == rest - 1))


def test_of_32_pictures_24_train_or_validate_and_8_test():
    labels = repeated([32] * 5)
    split = split_indices(labels, seed=0)
    assert np.bincount(labels[split.test]).tolist() == [8] * 5
    assert set(np.bincount(labels[split.validation])) <= {2, 3}  # 24 * 0.1 = 2.4
    without = split_indices(labels, seed=0, validation_fraction=0.0)
    assert np.bincount(labels[without.train]).tolist() == [24] * 5
    np.testing.assert_array_equal(without.test, split.test)


def test_the_mean_share_of_validation_is_exact_even_where_classes_are_small():
    classes = 4000
    split = split_indices(repeated([6] * classes), test_fraction=1 / 3, seed=1)
    rounding_up = 0.4  # 4 pictures remain, 0.1 of them: 0 or 1
    error = 5 * np.sqrt(rounding_up * (1 - rounding_up) / classes)
    assert abs(len(split.validation) / classes - rounding_up) <= error


def test_every_picture_is_equally_likely_to_be_tested():
    runs = 600
    labels = repeated([8, 8])
    hits = sum(np.isin(np.arange(16), split_indices(labels, seed=k).test) for k in range(runs))
    np.testing.assert_allclose(hits / runs, 0.25, atol=5 * np.sqrt(0.25 * 0.75 / runs))


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    labels = repeated([20] * 4)
    first, again, other = (split_indices(labels, seed=seed) for seed in (3, 3, 4))
    for part in PARTS:
        np.testing.assert_array_equal(getattr(first, part), getattr(again, part))
    assert first.test.tolist() != other.test.tolist()


def test_adding_a_class_leaves_the_others_as_they_were():
    labels = repeated([9, 12, 7])
    more = np.concatenate([labels, np.full(11, 3, np.int32)])
    few, many = split_indices(labels, seed=5), split_indices(more, seed=5)
    for part in PARTS:
        kept = getattr(many, part)
        np.testing.assert_array_equal(kept[kept < len(labels)], getattr(few, part))


def test_classes_of_two_give_one_to_train_one_to_test_and_none_to_validate():
    split = split_indices(repeated([2] * 6), validation_fraction=0.9, seed=0)
    assert [len(getattr(split, part)) for part in PARTS] == [6, 0, 6]


def test_json_keeps_the_split():
    split = split_indices(repeated([10, 20]), seed=0)
    again = Split.from_json(json.loads(json.dumps(split.to_json())), images=30)
    for part in PARTS:
        np.testing.assert_array_equal(getattr(split, part), getattr(again, part))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "lists of integers train, validation and test"),
        (None, "lists of integers train, validation and test"),
        ({"train": [0], "test": [1]}, "got 'validation'"),
        ({"train": [0], "validation": 2, "test": [1]}, "lists of integers"),
        ({"train": [0.5], "validation": [], "test": [1]}, "lists of integers"),
        ({"train": [True], "validation": [], "test": [1]}, "lists of integers"),
        ({"train": [2**70], "validation": [], "test": [1]}, "lists of integers"),
        ({"train": [0, 4], "validation": [], "test": [1]}, r"indices 0..3, got 0..4"),
        ({"train": [0, -1], "validation": [], "test": [1]}, r"indices 0..3, got -1..1"),
        ({"train": [0, 1], "validation": [], "test": [1]}, "must be disjoint"),
    ],
)
def test_a_bad_split_file_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        Split.from_json(values, images=4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"test_fraction": 0.0}, r"`test_fraction` must be in \(0, 1\), got 0.0"),
        ({"test_fraction": 1.0}, r"`test_fraction` must be in \(0, 1\), got 1.0"),
        ({"test_fraction": float("nan")}, "`test_fraction` must be in .* got nan"),
        ({"validation_fraction": 1.0}, r"`validation_fraction` must be in \[0, 1\), got 1.0"),
        ({"validation_fraction": -0.1}, "`validation_fraction` must be in"),
        ({"seed": -1}, "`seed` must be at least 0, got -1"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        split_indices(repeated([4, 4]), **({"seed": 0} | arguments))


def test_a_class_of_one_is_refused():
    with pytest.raises(InputError, match="at least 2 pictures, got: class 1 has 1"):
        split_indices(repeated([4, 1]), seed=0)
