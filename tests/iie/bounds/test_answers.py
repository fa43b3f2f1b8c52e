"""Bits in labels, lists and codes, by counting."""

import math

import pytest

import iie


def test_counts_of_answers():
    assert iie.answer_bits(530) == math.log2(530)
    assert iie.answer_bits(10, top=3) == pytest.approx(math.log2(120))
    assert iie.answer_bits(10, top=3, ordered=True) == pytest.approx(math.log2(720))
    assert iie.answer_bits(10, top=10) == 0
    assert iie.answer_bits(10, top=2, score_bits=8, queries=5) == pytest.approx(
        5 * (math.log2(45) + 16)
    )
    long = iie.answer_bits(100_000, top=2000, ordered=True)
    assert long == pytest.approx(sum(math.log2(100_000 - i) for i in range(2000)))
    unordered = long - sum(math.log2(i) for i in range(1, 2001))
    assert iie.answer_bits(100_000, top=2000) == pytest.approx(unordered)
    assert iie.code_bits(50, 4, queries=2) == 400


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: iie.answer_bits(0), "`classes` must be an integer at least 1"),
        (lambda: iie.answer_bits(3, top=4), r"`top` must be an integer in 1\.\.3"),
        (lambda: iie.answer_bits(3, score_bits=-1), "`score_bits` must be at least 0"),
        (lambda: iie.code_bits(3, -1), "`bits` must be at least 0"),
        (lambda: iie.code_bits(3, 1, queries=0), "`queries` must be an integer at least 1"),
    ],
)
def test_bad_input_is_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
