"""The figure on top of the page: what is compared has a line of its own."""

import numpy as np
import pytest
from attacked_tables import PLAIN, drawn, loft, rows_with, table_of

from loft_jax.reports.headline import figure

NINE = ("mi-face", "deep-inversion", "gmi", "ked-mi", "vmi", "ppa", "plg-mi", "if-gmi", "mirror")


def attacked(heads, attacks):
    rng = np.random.default_rng(0)
    cases = [{**head, "attack": attack} for head in heads for attack in attacks]
    return table_of(*(rows_with(drawn(0.5, rng), **case) for case in cases))


@pytest.mark.parametrize(
    ("heads", "attacks", "words"),
    [
        ((PLAIN, loft(4), loft(8)), NINE, "against the rank of the defense"),
        ((PLAIN, loft(4)), NINE[:2], "and test accuracy of each model"),
        ((PLAIN, loft(4)), NINE, "of each attack"),
    ],
)
def test_its_words_say_what_a_line_is(heads, attacks, words):
    picture = figure(attacked(heads, attacks))
    assert picture is not None
    assert f"Attack accuracy (Acc@1) {words}, chance" in picture.alt


def test_many_attacks_on_few_heads_have_room():
    few, many = (figure(attacked((PLAIN, loft(4)), attacks)) for attacks in (NINE[:2], NINE))
    assert few is not None
    assert many is not None
    assert many.size[1] > 2 * few.size[1]
