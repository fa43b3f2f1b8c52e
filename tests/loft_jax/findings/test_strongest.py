"""The strongest attack on each classifier: named, and reported on classes it was not chosen on."""

import numpy as np
import pytest
from attacked_tables import PLAIN, loft, rows_with, table_of

from loft_jax.findings.strongest import strongest_rows


def halves(even, odd):
    """Outcomes [3, 8]: these shares on every second class, and on the others."""
    return np.tile([even, odd], (3, 4)).astype(float)


def test_it_is_named_by_all_classes_and_reported_on_those_it_was_not_chosen_on():
    table = table_of(
        rows_with(halves(0.5, 0.9), seconds_train=20.0, open_set_accuracy=0.4, **PLAIN),
        rows_with(halves(0.7, 0.6), adaptive="logit", open_set_accuracy=0.3, **PLAIN),
        rows_with(halves(0.2, 0.2), seconds_train=30.0, **loft(4)),
    )
    found = {row["defense"]: row for row in strongest_rows(table)}
    plain, head = found["none"], found["loft"]
    assert (plain["adaptive"], plain["attacks"], head["attacks"]) == ("none", 2, 1)
    # Even classes: chosen on odd ones, where the first is stronger; odd ones likewise, the second.
    assert plain["accuracy_at_1"] == pytest.approx((0.5 + 0.6) / 2)
    assert plain["accuracy_at_1_low"] < 0.55 < plain["accuracy_at_1_high"]
    assert (plain["open_set_accuracy"], plain["seconds_train"]) == (pytest.approx(0.4), 20)
    assert (head["accuracy_at_1"], head["seconds_train"]) == (pytest.approx(0.2), 30)


def test_attacks_without_a_common_seed_have_no_row():
    table = table_of(
        rows_with(halves(0.5, 0.5), seeds=[0, 1, 2], **PLAIN),
        rows_with(halves(0.5, 0.5), seeds=[3, 4, 5], adaptive="logit", **PLAIN),
    )
    assert strongest_rows(table) == []
