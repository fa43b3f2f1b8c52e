"""Releases and their way out, against counting by hand and brute force."""

import math
from itertools import combinations, permutations

import numpy as np
import pytest

from loft_jax.auditing.channel import Channel, channels, ends_of
from loft_jax.auditing.releases import (
    Release,
    check_shown,
    default_releases,
    numbers_of,
    release_named,
    shown_by,
)
from loft_jax.errors import InputError
from loft_jax.targets.base import Answer

SCORES = np.array([[0.1, 0.6, 0.3], [0.5, 0.2, 0.3]], np.float32)
UNIT = (np.zeros(3), np.ones(3))


def sent(channel, numbers=SCORES, ends=UNIT, seed=0):
    return channel.out([numbers], ends, np.random.default_rng(seed))


@pytest.mark.parametrize(
    "text", ["top-k", "top-k:0", "top-k:x", "top-k:-1", "labels", "", "code:3"]
)
def test_what_is_no_release_is_refused(text):
    with pytest.raises(InputError, match=r"`--release` must be features, code, logits, scores"):
        release_named(text)


def test_a_top_k_shows_the_k_largest_scores_in_their_places():
    found = Release("top-k", 2).of(SCORES)
    np.testing.assert_array_equal(found, np.float32([[0, 0.6, 0.3], [0.5, 0, 0.3]]))


def test_the_label_is_told_as_a_one_among_zeros():
    answer = Answer(np.array([2, 0]))
    np.testing.assert_array_equal(numbers_of(answer, "label", 3), [[0, 0, 1], [1, 0, 0]])
    assert shown_by(answer, 3) == ("label",)
    assert default_releases(("label",)) == (Release("label"),)


def test_by_default_the_code_the_logits_and_the_label_are_audited():
    shown = ("features", "code", "logits", "scores", "label")
    assert [one.kind for one in default_releases(shown)] == ["code", "logits", "label"]
    plain = ("features", "logits", "scores", "label")
    assert [one.kind for one in default_releases(plain)] == ["features", "logits", "label"]
    assert [one.kind for one in default_releases(("scores", "label"))] == ["scores", "label"]


def test_what_the_model_does_not_show_is_refused():
    with pytest.raises(InputError, match=r"shows \(scores, label\), got code"):
        check_shown((Release("code"),), ("scores", "label"), 3)
    with pytest.raises(InputError, match="fewer than the 3 classes, got top-k:3"):
        check_shown((Release("top-k", 3),), ("scores", "label"), 3)


def test_noise_of_many_answers_falls_as_one_over_their_number():
    zeros = np.zeros((20_000, 3))
    found = sent(Channel(Release("logits"), noise=2.0, queries=4), zeros)
    # Variance 4 / 4; five standard errors of an estimated variance, sqrt(2 / n).
    assert np.var(found) == pytest.approx(1.0, abs=5 * math.sqrt(2 / found.size))
    assert np.array_equal(found, sent(Channel(Release("logits"), noise=2.0, queries=4), zeros))


def test_answers_that_differ_are_each_used():
    first, second = np.zeros((2, 3)), np.ones((2, 3))
    channel = Channel(Release("logits"), queries=2)
    found = channel.out([first, second], UNIT, np.random.default_rng(0))
    np.testing.assert_array_equal(found, np.full((2, 3), 0.5))


def test_b_bits_leave_two_to_the_b_levels_between_the_ends():
    numbers = np.linspace(-0.5, 1.5, 1001)[:, None]
    found = sent(Channel(Release("logits"), bits=3), numbers, (np.zeros(1), np.ones(1)))
    np.testing.assert_allclose(np.unique(found), np.arange(8) / 7)
    inside = (numbers >= 0) & (numbers <= 1)
    assert np.abs(found - numbers)[inside].max() <= 1 / 14 + 1e-12


def test_scores_that_a_top_k_hides_stay_hidden_when_rounded():
    ends = (np.full(3, 0.1), np.ones(3))
    found = sent(Channel(Release("top-k", 1), bits=2), SCORES, ends)
    np.testing.assert_array_equal(found == 0, [[True, False, True], [False, True, True]])


def test_bits_are_those_of_all_lists_that_can_be_told():
    assert Channel(Release("label")).told(8) == 3
    assert Channel(Release("label"), queries=5).told(8) == 15
    assert Channel(Release("code"), bits=4).told(16) == 64
    lists = sum(1 for some in combinations(range(5), 2) for _ in permutations(some))
    assert Channel(Release("top-k", 2), bits=3).told(5) == pytest.approx(math.log2(lists) + 6)
    # Real numbers without noise are no finite number of bits.
    assert Channel(Release("code")).told(16) is None
    assert Channel(Release("code"), noise=1.0).told(16) is None


def test_a_label_is_audited_once_whatever_the_noise():
    made = channels((Release("code"), Release("label")), (0.0, 0.1), None, 1)
    assert [one.label for one in made] == ["code", "code, noise 0.1", "label"]


def test_ends_are_the_heads_own_or_those_of_the_samples():
    numbers = np.array([[0.0, -3.0], [0.5, 2.0]])
    np.testing.assert_array_equal(ends_of("code", numbers, (-1.0, 1.0)), [[-1, -1], [1, 1]])
    np.testing.assert_array_equal(ends_of("code", numbers, None), [[0, -3], [0.5, 2]])
    np.testing.assert_array_equal(ends_of("scores", numbers, None), [[0, 0], [1, 1]])
