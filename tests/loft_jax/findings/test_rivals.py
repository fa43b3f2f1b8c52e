"""Defenses against one another: which strengths count, and the safest found by hand."""

import numpy as np
import pytest
from attacked_tables import PLAIN, loft, rows_with, table_of, weighted

from loft_jax.findings.rivals import rivalries
from loft_jax.findings.sentence import conclusion
from loft_jax.metrics.strongest import safest_elsewhere


def halves(even, odd):
    """Outcomes [3, 8]: these shares on every second class, and on the others."""
    return np.tile([even, odd], (3, 4)).astype(float)


def test_strength_and_attack_are_chosen_on_the_other_half_of_the_classes():
    weak = np.stack([halves(0.9, 0.9), halves(0.2, 0.2)])
    # On odd classes the first attack is the stronger one (.5), on even ones the second (.7).
    strong = np.stack([halves(0.4, 0.5), halves(0.7, 0.3)])
    # So even classes report the first attack of the strong form, odd ones the second.
    expected = halves(0.4, 0.3)
    np.testing.assert_array_equal(safest_elsewhere([weak, strong]), expected)
    np.testing.assert_array_equal(safest_elsewhere([strong, weak]), expected)


def test_choosing_among_many_equally_safe_forms_does_not_flatter():
    rng = np.random.default_rng(0)
    means = [
        safest_elsewhere([rng.binomial(2, 0.5, (1, 1, 24)) / 2 for _ in range(8)]).mean()
        for _ in range(400)
    ]
    assert np.mean(means) == pytest.approx(0.5, abs=4 * np.std(means) / 20)
    naive = [
        min((rng.binomial(2, 0.5, (1, 1, 24)) / 2).mean() for _ in range(8)) for _ in range(400)
    ]
    assert np.mean(naive) < 0.45, "what is mended is there to be seen"


def defenses(*, mid=0.5):
    rows = [
        rows_with(halves(0.9, 0.9), validation_accuracy=0.95, **PLAIN),
        rows_with(halves(0.6, 0.6), validation_accuracy=0.94, **loft(16)),
        rows_with(halves(0.1, 0.1), validation_accuracy=0.5, **loft(2)),
        rows_with(halves(mid, mid), validation_accuracy=0.93, accuracy=0.8, **weighted(0.1)),
        rows_with(halves(0.8, 0.8), validation_accuracy=0.93, **weighted(0.01)),
    ]
    return table_of(*rows)


def test_strengths_that_do_not_classify_do_not_count():
    (found,) = rivalries(defenses())
    assert found.setting["label"] == "LoFt rank 16"
    assert found.against["label"] == "MID weight 0.1"
    assert found.leakage.value == pytest.approx(0.6 - 0.5)
    assert found.utility.value == pytest.approx(0.9 - 0.8)
    assert found.seeds == 3


@pytest.mark.parametrize(
    ("mid", "said"),
    [
        (0.0, "in LoFt rank 16 the strongest attack finds more people than in MID weight 0.1"),
        (0.6, "in LoFt rank 16 no difference is shown from MID weight 0.1"),
    ],
)
def test_the_sentence_says_how_it_stands_against_the_others(mid, said):
    (paragraph,) = conclusion(defenses(mid=mid))
    assert said in paragraph.rest


def test_without_the_champion_or_others_nothing_is_compared():
    assert rivalries(table_of(rows_with(halves(0.9, 0.9), **PLAIN))) == []
    alone = table_of(rows_with(halves(0.9, 0.9), **PLAIN), rows_with(halves(0.5, 0.5), **loft(4)))
    assert rivalries(alone) == []
    assert "safest" not in conclusion(alone)[0].rest


@pytest.mark.parametrize("why", [{"withheld": "poor judges"}, {"remark": "takes nothing away"}])
def test_what_no_verdict_may_rest_on_is_left_out(why):
    table = table_of(
        rows_with(halves(0.9, 0.9), **PLAIN),
        rows_with(halves(0.6, 0.6), **loft(16)),
        rows_with(halves(0.1, 0.1), **weighted(0.1, **why)),
    )
    assert rivalries(table) == []
