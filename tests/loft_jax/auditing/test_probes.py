"""Answers that cannot be reckoned with are refused or told of, by models made so."""

import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.auditing.probes import check_answers
from loft_jax.errors import InputError
from loft_jax.targets.base import Answer, Target
from loft_jax.targets.callback import CallbackTarget
from loft_jax.targets.function import FunctionTarget

pytestmark = pytest.mark.compile
KIND = {"size": 2, "channels": 3, "class_names": ("a", "b", "c")}
W = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
X = np.random.default_rng(1).random((6, 2, 2, 3), np.float32)


def linear(images):
    return images.reshape(len(images), -1) @ W


def softmax(logits):
    shares = np.exp(logits - logits.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


def callback(function, access="scores"):
    return CallbackTarget(function, **KIND, access=access)


def test_of_a_good_model_there_is_nothing_to_say():
    target = FunctionTarget(linear, **KIND)
    assert check_answers(target, X) == (True, True, True, ())
    assert target.queries == 2 * 6 + 1


def test_random_answers_are_told_with_their_size():
    rng = np.random.default_rng(2)
    found = check_answers(callback(lambda x: softmax(linear(x) + rng.normal(size=(len(x), 3)))), X)
    assert (found.repeats, found.alone) == (False, True)
    assert "not deterministic" in found.remarks[0]
    labels = callback(lambda x: rng.integers(0, 3, len(x)), "label")
    assert not check_answers(labels, np.tile(X, (5, 1, 1, 1))).repeats


def test_a_batch_that_is_normalised_by_itself_is_told():
    found = check_answers(callback(lambda x: softmax(linear(x - x.mean(0, keepdims=True)))), X)
    assert (found.repeats, found.alone) == (True, False)
    assert "alone" in found.remarks[0]


def test_a_model_that_always_says_the_same_is_told():
    found = check_answers(callback(lambda x: np.full((len(x), 3), 1 / 3)), X)
    assert (found.repeats, found.alone, found.varies) == (True, True, False)
    assert found.remarks == ("the model gives all 6 pictures the same answer",)
    assert not check_answers(callback(lambda x: np.zeros(len(x), int), "label"), X).varies


def test_scores_that_are_no_probabilities_are_told():
    found = check_answers(callback(lambda x: np.asarray(linear(x))), X)
    assert found.remarks == (
        "the model's scores are no probabilities: they do not add up to 1",
    )  # fmt: skip


def test_answers_that_are_not_finite_are_refused():
    dark = float(np.median(X[:, 0, 0, 0]))
    target = FunctionTarget(
        lambda x: linear(x) / (x[:, 0, 0, :1] > dark), **KIND
    )  # fmt: skip
    with pytest.raises(InputError, match=r"finite answers, got .* that are not to 3 of 6 pictures"):
        check_answers(target, X)
    with pytest.raises(InputError, match="finite scores"):
        check_answers(callback(lambda x: linear(x) * np.nan), X)


class Wide(Target):
    """Answers with a score too many."""

    label = fingerprint = "wide"

    def _answer(self, images):
        return Answer(np.zeros(len(images), int), np.ones((len(images), 4)))


def test_answers_of_a_wrong_shape_are_refused():
    with pytest.raises(InputError, match=r"scores of shape \(6, 3\), got \(6, 4\)"):
        check_answers(Wide(access="scores", **KIND), X)


def test_one_picture_is_too_few():
    with pytest.raises(InputError, match=r"`pictures` must be at least 2 .* got 1"):
        check_answers(FunctionTarget(lambda x: jnp.asarray(linear(x)), **KIND), X[:1])
