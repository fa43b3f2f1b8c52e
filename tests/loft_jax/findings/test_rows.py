"""Outcomes of an attack's folder, as they are kept and as older attacks kept them."""

import numpy as np
import pytest

from loft_jax.errors import InputError
from loft_jax.findings.records import AttackResult
from loft_jax.findings.rows import outcomes
from loft_jax.runs.arrays import write_arrays
from loft_jax.runs.parts import part_of

LABELS = np.array([3, 5, 9])


def stored(path, **arrays):
    write_arrays(path / "outcomes.npz", labels=LABELS, **arrays)
    return outcomes(path / "outcomes.npz")


def test_outcomes_of_classes_are_taken_as_they_are(tmp_path):
    hits, control = np.array([0.5, 1.0, 0.0]), np.array([0.25, 0.0, 0.0])
    labels, found = stored(
        tmp_path, accuracy_at_1=hits, lookalike_accuracy_at_1=control,
        recognised=np.ones((2, 3, 4), bool),
    )  # fmt: skip
    assert labels == [3, 5, 9]
    assert sorted(found) == ["accuracy_at_1", "lookalike_accuracy_at_1"]
    np.testing.assert_array_equal(found["accuracy_at_1"], hits)
    np.testing.assert_array_equal(found["lookalike_accuracy_at_1"], control)


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 4)])
def test_outcomes_of_reconstructions_are_their_means_over_them_and_judges(shape, tmp_path):
    hits = np.random.default_rng(0).random(shape)
    _, found = stored(tmp_path, accuracy_at_1=hits)
    by_class = [np.moveaxis(hits, -2, 0)[i].mean() for i in range(3)]
    assert found["accuracy_at_1"] == pytest.approx(by_class)


@pytest.mark.parametrize("wrong", [np.ones(2), np.ones((3, 0)), np.array(1.0), np.ones((4, 3))])
def test_outcomes_of_other_classes_are_refused(wrong, tmp_path):
    with pytest.raises(InputError, match="must hold outcomes of each class of `labels`"):
        stored(tmp_path, accuracy_at_1=wrong)


def test_what_is_pooled_and_withheld_is_read_and_may_be_missing():
    numbers = {
        "run": "r", "attack": "ppa", "adaptive": "none", "prior": "faces", "evaluators": [],
        **dict.fromkeys(("seconds_compile", "seconds_candidates", "seconds_search",
                         "seconds_measure", "seconds_total"), 1.0), "peak_memory_bytes": 1,
    }  # fmt: skip
    old = part_of(AttackResult, numbers, "attack.json")
    assert old.pooled is old.withheld is None
    more = {"pooled": {"knowledge": 0.5, "accuracy_at_1": 0.2}, "withheld": "the judges are poor"}
    new = part_of(AttackResult, numbers | more, "attack.json")
    assert new.pooled is not None
    assert (new.pooled.knowledge, new.withheld) == (0.5, "the judges are poor")
