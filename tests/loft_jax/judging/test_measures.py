"""What is made of a judge's answers, which are the pictures' own pixels here."""

from pathlib import Path

import numpy as np
import pytest

from loft_jax.data.dataset import Dataset
from loft_jax.fitting.predict import Answers
from loft_jax.judging import measures
from loft_jax.judging.evaluators import Evaluator
from loft_jax.judging.open_set import OpenSet
from loft_jax.judging.private import Private
from loft_jax.runs.devices import data_mesh

K = 3


def picture(*scores):
    """A picture of which the judge says these scores."""
    return np.array([scores, [0] * K, [0] * K], np.uint8)[..., None]


def answered(evaluator, images, mesh):
    scores = images[:, 0, :, 0].astype(np.float32) * float(evaluator.trunk)
    return Answers(scores, scores, None)


@pytest.fixture
def private():
    """Of each class two pictures that train and two that the judge was not trained on."""
    train = [picture(9, 0, 0), picture(0, 9, 0), picture(0, 0, 9),
             picture(200, 0, 0), picture(0, 200, 0), picture(0, 0, 200)]  # fmt: skip
    held = [picture(8, 0, 0), picture(3, 5, 0), picture(0, 8, 0), picture(0, 6, 0),
            picture(9, 0, 1), picture(9, 0, 2)]  # fmt: skip
    labels = np.array([0, 1, 2, 0, 1, 2, 0, 0, 1, 1, 2, 2], np.int32)
    data = Dataset("x", np.stack(train + held), labels, ("a", "b", "c"))
    attacked = np.array([2, 0])
    parts = [np.array([2, 5]), np.array([0, 3])]
    return Private(data, attacked, parts, [np.array([10, 11]), np.array([6, 7])])


@pytest.fixture
def found():
    """Two classes, 2 and 0, two pictures each."""
    return {
        "labels": np.array([2, 0]),
        "images": np.stack([
            [picture(0, 0, 7), picture(0, 5, 4)],
            [picture(6, 0, 0), picture(4, 0, 0)],
        ]),
        "lookalikes": np.stack([
            [picture(0, 1, 2), picture(0, 2, 1)],
            [picture(0, 2, 1), picture(0, 2, 1)],
        ]),
    }  # fmt: skip


@pytest.fixture
def told(monkeypatch, network):
    """What `measured` says if judges, by name, score pixels by a factor each."""
    monkeypatch.setattr(measures, "answers", answered)

    def said(found, private, open_set, **factors):
        judges = [
            Evaluator(name, factor, network(), 0.5, 1.0, Path(name), np.arange(6, 12))
            for name, factor in factors.items()
        ]
        return measures.measured(judges, found, private, open_set, data_mesh())

    return said


def test_reconstructions_lookalikes_and_real_pictures_are_judged_alike(told, found, private):
    thresholds = {Path("one"): np.array([5.0, 5.0, 3.0]), Path("two"): np.array([9.0, 9.0, 9.0])}
    open_set = OpenSet({"strangers": 1000}, thresholds)
    result = told(found, private, open_set, one="1", two="2")
    one, two = result.numbers["evaluators"]
    # Class 2: 7 is the highest of its picture, 4 is not; class 0: both are.
    assert one["accuracy_at_1"] == two["accuracy_at_1"] == 0.75
    # Lookalikes: one of four.
    assert one["lookalike_accuracy_at_1"] == 0.25
    # Real ones of class 2 are never named, of class 0 one of two.
    assert one["real_accuracy_at_1"] == 0.25
    # 7, 4 > 3, whoever is higher; 6 > 5, 4 is not. Twice the scores: 14, 8, 12, 8 against 9.
    assert (one["open_set_accuracy"], two["open_set_accuracy"]) == (0.75, 0.5)
    assert (one["lookalike_open_set_accuracy"], two["lookalike_open_set_accuracy"]) == (0, 0)
    assert (one["real_open_set_accuracy"], two["real_open_set_accuracy"]) == (0.25, 0.25)
    # Over evaluators, class by class: classes 2 and 0.
    np.testing.assert_array_equal(result.outcomes["accuracy_at_1"], [0.5, 1])
    np.testing.assert_array_equal(result.outcomes["open_set_accuracy"], [0.75, 0.5])
    np.testing.assert_array_equal(result.outcomes["real_accuracy_at_1"], [0, 0.5])
    assert result.recognised["recognised"].tolist() == 2 * [[[True, False], [True, True]]]
    assert result.recognised["lookalike_recognised"].tolist() == 2 * [[[True, False], 2 * [False]]]
    # Squared distances to (0, 0, 9): 4 and 25 + 25; to (9, 0, 0): 9 and 25.
    assert one["feature_distance"] == pytest.approx((27 + 17) / 2)
    assert "judges: 1 names 0.25 of real held-out pictures" in result.numbers["withheld"]
    alike = told(found, private, open_set, one="1", two="1")  # then only folders tell them apart
    assert "judges: one names 0.25 of real held-out pictures" in alike.numbers["withheld"]


def test_without_lookalikes_or_strangers_they_are_missing_and_not_zero(told, found, private):
    del found["lookalikes"]
    result = told(found, private, OpenSet({"missing": "why"}), one="1")
    (one,) = result.numbers["evaluators"]
    assert one["accuracy_at_1"] == 0.75
    for name in ("lookalike_accuracy_at_1", "open_set_accuracy", "lookalike_open_set_accuracy"):
        assert one[name] is one[f"{name}_low"] is one[f"{name}_high"] is None
        assert name not in result.outcomes
    assert result.numbers["open_set"] == {"missing": "why"}
