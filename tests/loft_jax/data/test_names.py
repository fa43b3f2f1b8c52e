"""Names that can be printed, compared as people count, and told apart."""

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loft_jax.data.names import natural_key, printable, printable_names


def test_numbers_in_names_are_in_order_of_their_values():
    names = [f"person {number}" for number in range(120)]
    shuffled = random.Random(0).sample(names, len(names))
    assert sorted(shuffled, key=natural_key) == names
    assert sorted(["10", "9", "2", "1", "0", "11"], key=natural_key) == [
        "0",
        "1",
        "2",
        "9",
        "10",
        "11",
    ]


@given(st.lists(st.text(st.characters(exclude_categories=["Nd"]))))
def test_names_without_numbers_are_in_order_of_their_letters(names):
    assert sorted(names, key=natural_key) == sorted(names)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (os.fsdecode(b"Jos\xe9"), r"Jos\xe9"),
        ("José 李小龙", "José 李小龙"),
        ("new\nline\ttab", r"new\nline\ttab"),
        ("\x1b[31mred\x00", r"\x1b[31mred\x00"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_what_cannot_be_printed_is_written_out(name, expected):
    assert printable(name) == expected


@given(st.lists(st.binary(max_size=6), unique=True, max_size=20))
def test_names_of_any_bytes_stay_distinct_and_can_be_encoded(names):
    printed = printable_names([os.fsdecode(name) for name in names])
    assert len(set(printed)) == len(names)
    assert all("\n" not in name and name.encode() for name in printed if name)


def test_what_would_become_one_name_is_numbered():
    assert printable_names(["a\n", r"a\n", "b"]) == (r"a\n", r"a\n (2)", "b")
