"""The closing table of a judged attack: every number beside its controls."""

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from loft_jax.judging.closing import closing_table
from loft_jax.judging.intervals import pooled_numbers

HITS = np.array([1.0, 0.5, 1.0, 0.5])


@pytest.fixture
def result():
    outcomes = {
        "accuracy_at_1": HITS, "accuracy_at_5": HITS, "feature_distance": HITS,
        "lookalike_accuracy_at_1": HITS / 4, "real_accuracy_at_1": HITS / 2,
        "open_set_accuracy": HITS / 3, "lookalike_open_set_accuracy": HITS / 5,
        "real_open_set_accuracy": HITS / 6,
    }  # fmt: skip
    numbers = pooled_numbers(outcomes)
    judge = {"name": "resnet", "fid": None, "fid_missing": None, "test_accuracy": 0.9,
             "seconds_train": 3.0, **numbers}  # fmt: skip
    costs = dict.fromkeys(("target_confidence", "seconds_total"), 1.0)
    costs |= dict.fromkeys(("queries", "peak_memory_bytes", "memory_budget_bytes"), 1)
    open_set = {"false_rate": 0.001, "strangers": 8192, "of": "people", "missing": None}
    return {**costs, "pooled": numbers, "open_set": open_set, "withheld": None,
            "evaluators": [judge]}  # fmt: skip


def told(result):
    out = io.StringIO()
    Console(file=out, width=160).print(closing_table(result, Path("folder")))
    return out.getvalue()


def test_controls_stand_beside_acc_and_open_set(result):
    text = told(result)
    for number in (0.75, 0.75 / 4, 0.75 / 2, 0.75 * 3 / 4, 0.75 / 3, 0.75 / 5, 0.75 / 6):
        assert f"{number:.3f}" in text
    assert "above what 0.1 % of strangers reach, of 8192" in text
    assert "no verdict" not in text
    assert "retrieval" not in text  # nobody knows who there is


def test_without_lookalikes_it_says_so(result):
    names = ("lookalike_accuracy_at_1", "lookalike_open_set_accuracy")
    result["pooled"] |= dict.fromkeys(names)
    del result["pooled"]["accuracy_over_lookalikes"]
    result["open_set"]["missing"] = "no public pictures are known"
    text = told(result)
    assert "this attack kept none" in text
    assert "no public pictures are known" in text


def test_a_withheld_verdict_and_an_independent_judge_are_told(result):
    result["withheld"] = "no verdict may rest on these judges: resnet is poor"
    more = {"independent_verification": HITS / 7, "independent_lookalike_verification": HITS / 9}
    result["pooled"] |= {k: v for k, v in pooled_numbers(more).items() if v is not None}
    text = told(result)
    assert "resnet is poor" in text
    assert f"{0.75 / 7:.3f}" in text
    assert f"{0.75 / 9:.3f}" in text
