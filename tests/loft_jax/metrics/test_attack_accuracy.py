"""Attack accuracy against a loop, and ties."""

import numpy as np
import pytest

from loft_jax.errors import InputError
from loft_jax.metrics.attack_accuracy import attack_accuracy


@pytest.mark.parametrize("top", [1, 5])
def test_a_hit_has_its_class_among_the_largest_scores(top):
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((7, 4, 12)).astype(np.float32)
    targets = rng.integers(0, 12, 7)
    found = attack_accuracy(logits, targets, top=top)
    for i in range(7):
        for j in range(4):
            largest = sorted(range(12), key=lambda c: -logits[i, j, c])[:top]
            assert found[i, j] == (targets[i] in largest)
    assert 0 < found.mean() < 1


def test_an_evaluator_without_an_opinion_recognises_nobody():
    logits = np.zeros((3, 2, 10), np.float32)
    assert not attack_accuracy(logits, np.array([0, 4, 9]), top=5).any()
    assert attack_accuracy(logits, np.array([0, 4, 9]), top=10).all()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"targets": np.array([0, 3])}, "`targets` must be classes 0..2 of the evaluator"),
        ({"targets": np.array([-1, 0])}, "got -1 to 0"),
        ({"top": 0}, "`top` must be at least 1, got 0"),
        ({"logits": np.full((2, 1, 3), np.nan, np.float32)}, "`logits` must be finite"),
        ({"logits": np.zeros((2, 0, 3), np.float32)}, "`logits` must not be empty"),
    ],
)
def test_bad_input_is_named(change, match):
    good = {"logits": np.zeros((2, 1, 3), np.float32), "targets": np.array([0, 1])}
    with pytest.raises(InputError, match=match):
        attack_accuracy(**{**good, **change})
