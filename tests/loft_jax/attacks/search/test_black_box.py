"""Attacks that only ask: what they ask, what they may ask, and what they make of the answers."""

import dataclasses
from dataclasses import dataclass

import jax
import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.special import softmax

from loft_jax.attacks.recipes.base import Setting
from loft_jax.attacks.recipes.black_box import BlackBoxRecipe
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.attacks.search.questions import best, confidence, worth
from loft_jax.errors import InputError
from loft_jax.runs.devices import data_mesh
from loft_jax.targets.base import Answer, BudgetSpent
from loft_jax.targets.callback import CallbackTarget

# Class i is bright where row i is positive; the best picture of it is black and white.
W = np.array([[2.0, -1, 1, -2], [-2, 2, -1, 1], [1, -2, 2, -1.0]])
KIND = {"size": 2, "channels": 1, "class_names": ("a", "b", "c")}


class Spy:
    """A server of scores: NumPy, which raises if it is traced; it writes down what came."""

    def __init__(self, access="scores"):
        self.sizes, self.pictures, self.access = [], [], access

    def __call__(self, images):
        assert type(images) is np.ndarray  # a tracer would mean that somebody differentiates
        self.sizes.append(len(images))
        self.pictures.append(images.copy())
        scores = softmax((2 * images.reshape(len(images), -1) - 1) @ W.T, axis=1)
        return scores if self.access == "scores" else scores.argmax(1)

    def target(self):
        return CallbackTarget(self, **KIND, access=self.access)


@dataclass(frozen=True, kw_only=True)
class Draws(BlackBoxRecipe):
    """Asks about fresh draws for ever."""

    def climb(self, questions, shared):
        for number in range(10**9):
            key = jax.random.fold_in(questions.key, number)
            questions.ask(questions.prior.sample(key, self.population))


DRAWS = Draws(title="Draws", source="", candidates=100, steps=3, population=40)


def bound(recipe, target, prior, per_class=2, seed=0):
    setting = Setting(target, (), prior, per_class, jax.random.key(seed), data_mesh())
    return recipe.start(setting)


def nobody(progress):
    pass


def test_the_counter_is_a_spys_count_and_no_more_is_asked_than_may_be(prior):
    spy = Spy()
    target = spy.target()
    search = bound(DRAWS, target, prior)
    assert target.queries == sum(spy.sizes) == 100
    search.reconstruct(np.array([2, 0]), nobody)
    assert target.queries == sum(spy.sizes) == 100 + 2 * 3 * 40
    assert max(spy.sizes) <= 128
    with target.allowing(70):  # an outer limit holds inside
        search.reconstruct(np.array([1, 0]), nobody)
    assert target.queries == sum(spy.sizes) == 340 + 40
    assert target.left == np.inf


def test_what_is_over_the_limit_is_not_asked_at_all(prior):
    spy = Spy()
    target = spy.target()
    with target.allowing(5):
        target.ask(np.zeros((3, 2, 2, 1), np.float32))
        assert target.left == 2
        with pytest.raises(BudgetSpent):
            target.ask(np.zeros((3, 2, 2, 1), np.float32))
        with target.allowing(100):
            assert target.left == 2
    assert spy.sizes == [3]


def test_results_are_the_best_of_all_that_was_asked_and_lookalikes_of_the_strangers(prior):
    spy = Spy()
    found = bound(DRAWS, spy.target(), prior).reconstruct(np.array([1]), nobody)
    seen = np.concatenate(spy.pictures)[:, :, :, 0].reshape(-1, 4)
    logits = (2 * seen - 1) @ W.T
    margin = logits[:, 1] - np.delete(logits, 1, 1).max(1)
    for shown, among in ((found.images, margin), (found.lookalikes, margin[:100])):
        expected = seen[np.argsort(-among, kind="stable")[:2]]
        np.testing.assert_allclose(shown[0].reshape(2, 4), expected, atol=1e-6)
    order = np.argsort(-margin)[:2]
    np.testing.assert_allclose(found.confidence[0], softmax(logits, axis=1)[order, 1], rtol=1e-5)
    shown = np.clip((found.latents[0] + 1) / 2, 0, 1)
    np.testing.assert_allclose(shown, found.images[0].reshape(2, 4), atol=1e-6)


def test_what_is_found_of_a_class_does_not_depend_on_the_others(prior):
    alone = bound(DRAWS, Spy().target(), prior).reconstruct(np.array([2]), nobody)
    spy = Spy()
    search = bound(DRAWS, spy.target(), prior)
    filled = search.reconstruct(np.array([0, 2, 2]), nobody)
    np.testing.assert_array_equal(filled.images[1], alone.images[0])
    np.testing.assert_array_equal(filled.images[2], alone.images[0])
    assert sum(spy.sizes) == 100 + 2 * 120  # a class that fills a chunk up is not asked about again
    other = bound(DRAWS, Spy().target(), prior, seed=1).reconstruct(np.array([2]), nobody)
    assert not np.array_equal(other.images, alone.images)


def test_worth_is_the_margin_of_the_logits_and_of_labels_whether_they_are_right():
    logits = np.array([[3.0, 1, -2], [0, 4, 5], [80, 0, 0]])
    answer = Answer(logits.argmax(1), softmax(logits, axis=1).astype(np.float32))
    # A probability of 1e-35 is below what is told apart: 69 is the most.
    np.testing.assert_allclose(worth(answer, 0), [2, -5, -np.log(1e-30)], rtol=1e-5)
    np.testing.assert_allclose(confidence(answer, 1), softmax(logits, axis=1)[:, 1], rtol=1e-6)
    labels = Answer(np.array([0, 2, 0]))
    np.testing.assert_array_equal(worth(labels, 0), [0, -1, 0])
    np.testing.assert_array_equal(confidence(labels, 2), [0, 1, 0])
    np.testing.assert_array_equal(best(np.array([1.0, 3, 3, 2]), 3), [1, 2, 3])


@pytest.mark.parametrize(
    ("queries", "classes", "steps", "candidates", "allowed"),
    [
        (2500, 4, None, 100, 61),  # (10,000 - 100) / 4 / 40
        (2500, 4, 5, 100, 5),
        (80, 4, None, 100, 1),  # 55 of each class, of which 40 can be asked at a time
        (90, 2, None, 90, 1),
    ],
)
def test_a_budget_is_shared_out(queries, classes, steps, candidates, allowed):
    cut = DRAWS.within(queries, classes, steps=steps)
    assert (cut.candidates, cut.steps) == (candidates, allowed)
    assert cut.candidates + classes * cut.each <= queries * classes


def test_a_small_budget_halves_the_population():
    cut = DRAWS.within(50, 4, steps=None)
    assert (cut.population, cut.candidates, cut.steps) == (20, 100, 1)


def test_a_budget_for_nothing_is_refused():
    with pytest.raises(InputError, match="`--queries` must be at least 32 for each class"):
        DRAWS.within(31, 4, steps=None)
    with pytest.raises(InputError, match="`--queries` must be left out for Plug & Play Attack"):
        RECIPES["ppa"].within(1000, 2, steps=None)


def test_labels_alone_are_enough_where_a_recipe_needs_no_more(prior):
    spy = Spy("label")
    found = bound(DRAWS, spy.target(), prior).reconstruct(np.array([0]), nobody)
    pixels = 2 * found.images[0].reshape(2, 4) - 1
    assert ((pixels @ W.T).argmax(1) == 0).all()
    np.testing.assert_array_equal(found.confidence, 1)


SMALL = {"candidates": 128, "population": 16}
STEPS = {"evo": 40, "mirror-bb": 40}
"""What it takes them; the others have to learn first, and take 16."""
BY_SCORES = [name for name, row in RECIPES.items() if "scores" in row.needs]


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow) if n == "rlb-mi" else n for n in BY_SCORES],
)
def test_it_comes_near_the_best_picture_of_a_linear_classifier(prior, name):
    recipe = dataclasses.replace(RECIPES[name], **SMALL, steps=STEPS.get(name, 16))
    spy = Spy()
    found = bound(recipe, spy.target(), prior).reconstruct(np.array([0, 1]), nobody)
    assert sum(spy.sizes) == 128 + 2 * recipe.steps * 16

    for place, label in enumerate((0, 1)):
        most = largest_margin(label)
        shown, control = (
            margins(part[place], label).max() for part in (found.images, found.lookalikes)
        )
        assert max(0.99 * most, control) < shown <= most + 1e-5


@pytest.mark.parametrize(("name", "first"), [("c2f-mi", 16), ("smile", 16)])
def test_what_strangers_taught_is_ahead_of_them_before_any_strategy(prior, name, first):
    recipe = dataclasses.replace(RECIPES[name], **SMALL, steps=2)
    spy = Spy()
    bound(recipe, spy.target(), prior).reconstruct(np.array([1]), nobody)
    pool, guesses = spy.pictures[0], spy.pictures[1]
    assert (len(pool), len(guesses)) == (128, first)
    strangers = np.sort(margins(pool, 1))
    found = margins(guesses, 1)
    assert found.max() > strangers[-1]
    assert found.mean() > strangers[-first:].mean() + strangers.std() / 4


def margins(images, label):
    logits = (2 * images.reshape(len(images), -1) - 1) @ W.T
    return logits[:, label] - np.delete(logits, label, 1).max(1)


def largest_margin(label):
    """The largest t with t <= (w_label - w_j) x for all others, x in [-1, 1]^4."""
    ahead = W[label] - np.delete(W, label, 0)
    upper = np.hstack([-ahead, np.ones((2, 1))])
    box = [(-1, 1)] * 4 + [(None, None)]
    return -linprog([0, 0, 0, 0, -1], upper, np.zeros(2), bounds=box).fun
