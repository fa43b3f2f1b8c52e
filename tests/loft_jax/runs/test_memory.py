"""What does not fit is refused by its numbers, and told in units that people read."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loft_jax.errors import InputError
from loft_jax.runs import memory
from loft_jax.runs.memory import available, check_fits, readable

POWERS = {"KiB": 1, "MiB": 2, "GiB": 3, "TiB": 4, "PiB": 5, "EiB": 6, "ZiB": 7, "YiB": 8}


def test_there_is_memory_for_a_picture_and_none_for_a_yobibyte():
    assert 2**20 < available() <= 2**40
    check_fits("one picture", 3 * 1024**2)
    with pytest.raises(InputError, match=r"^x must fit into memory, got 1\.0 YiB where .*iB are"):
        check_fits("x", 2**80)


def test_the_limit_itself_still_fits(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 1000)
    check_fits("x", 1000)
    with pytest.raises(InputError, match="got 1001 bytes where 1000 bytes are free"):
        check_fits("x", 1001)


@given(st.integers(1024, 2**90 - 1))
def test_a_unit_is_the_largest_that_leaves_a_whole_number(count):
    number, unit = readable(count).split()
    exact = Decimal(count) / Decimal(1024) ** POWERS[unit]
    assert 1 <= exact < 1024
    assert 0 <= exact - Decimal(number) < Decimal("0.1")


def test_numbers_beyond_all_units_and_floats_are_told_too():
    assert readable(0) == "0 bytes"
    assert readable(10**4000) == "more than 1023 YiB"
    assert np.isinf(float("1e999"))  # and dividing would have overflowed
