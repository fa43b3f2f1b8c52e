"""Targets as one attack asks them: what is withheld, repeated, merged and counted."""

import numpy as np
import pytest
from scipy import stats

from loft_jax.targets.asked import SHAKE, Asked, commonest, merged
from loft_jax.targets.base import Answer, BudgetSpent
from loft_jax.targets.callback import CallbackTarget

KIND = {"size": 2, "channels": 1, "class_names": ("a", "b", "c")}


class Noisy:
    """Scores of the first three pixels, with noise; it writes down what came."""

    def __init__(self, access="scores", noise=1.0):
        self.asked, self.rng = [], np.random.default_rng(0)
        self.access, self.noise = access, noise

    def __call__(self, images):
        self.asked.append(images.copy())
        scores = images.reshape(len(images), -1)[:, :3].astype(float)
        scores = scores + self.noise * self.rng.standard_normal(scores.shape)
        return scores if self.access == "scores" else scores.argmax(1)

    def target(self):
        return CallbackTarget(self, **KIND, access=self.access)


def pictures(n):
    return np.random.default_rng(1).random((n, 2, 2, 1), np.float32)


def test_the_mean_of_many_answers_is_nearer_to_the_truth_by_its_root():
    server, x = Noisy(), pictures(100)
    target = server.target()
    found = Asked(target, "scores", 64).ask(x)
    truth = x.reshape(100, -1)[:, :3]
    wrong = found.scores - truth
    # Pixels move by SHAKE at most, which is little beside the noise.
    assert wrong.std() == pytest.approx(1 / 8, rel=0.15)
    np.testing.assert_array_equal(found.label, found.scores.argmax(1))
    assert target.queries == sum(map(len, server.asked)) == 6400


def test_the_first_time_the_picture_is_shown_as_it_is_and_then_a_little_moved():
    server, x = Noisy(), pictures(3)
    Asked(server.target(), "scores", 3).ask(x)
    first, *others = server.asked
    np.testing.assert_array_equal(first, x)
    for other in others:
        assert not np.array_equal(other, x)
        assert np.abs(other - x).max() <= SHAKE + 1e-7
        assert other.min() >= 0
        assert other.max() <= 1


def test_of_labels_the_commonest_is_taken_and_the_first_of_equals():
    labels = np.random.default_rng(0).integers(0, 5, (7, 200))
    np.testing.assert_array_equal(commonest(labels), stats.mode(labels, axis=0).mode)
    np.testing.assert_array_equal(commonest(np.array([[2], [1], [2], [1]])), [1])
    found = merged([Answer(np.array([0, 2])), Answer(np.array([1, 2])), Answer(np.array([1, 0]))])
    assert found.label.tolist() == [1, 2]
    assert found.scores is None


def test_no_more_is_shown_than_an_attack_needs():
    target = Noisy(noise=0.0).target()
    narrow, x = Asked(target, "label"), pictures(5)
    answer = narrow.ask(x)
    assert answer.scores is None
    np.testing.assert_array_equal(answer.label, x.reshape(5, -1)[:, :3].argmax(1))
    assert narrow.offers == {"label"}
    assert target.queries == 5


def test_every_time_is_a_question_of_the_budget():
    server = Noisy("label")
    target = server.target()
    often = Asked(target, "label", 4)
    with target.allowing(30), often.allowing(100):
        assert often.left == 7
        often.ask(pictures(5))
        assert often.left == 2
        with pytest.raises(BudgetSpent):
            often.ask(pictures(3))
    assert target.queries == sum(map(len, server.asked)) == 20
    with often.allowing(6):
        assert often.left == 6
        assert target.left == 24
    assert often.left == np.inf


def test_the_same_questions_get_the_same_answers_again():
    first, again = (Asked(Noisy().target(), "scores", 3) for _ in range(2))
    for x in (pictures(4), pictures(2)):
        np.testing.assert_array_equal(first.ask(x).scores, again.ask(x).scores)
