"""What the attacks by scores make of answers: children, profiles and rewards."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import softmax

from loft_jax.attacks.listing import listing
from loft_jax.attacks.recipes.base import Setting
from loft_jax.attacks.recipes.c2f_mi import profiles_of
from loft_jax.attacks.recipes.mirror_bb import offspring
from loft_jax.attacks.recipes.rlb_mi import reward
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.attacks.search.questions import Pool
from loft_jax.errors import InputError
from loft_jax.runs.devices import data_mesh
from loft_jax.targets.base import Answer
from loft_jax.targets.callback import CallbackTarget

FITNESS = np.array([0.5, 0.3, 0.2, 0.0])
GENES, REACH = 50, 2.5


def children(mutation, times=400):
    """Of four members, each of whose genes all are its number."""
    members = jnp.repeat(jnp.arange(4.0)[:, None], GENES, axis=1)
    logs = jnp.log(jnp.asarray(FITNESS, jnp.float32) + 1e-30)
    made = jax.vmap(lambda key: offspring(key, members, logs, mutation, 1.0, REACH))(
        jax.random.split(jax.random.key(0), times)
    )
    return np.asarray(made).reshape(-1, GENES)


def test_genes_come_from_parents_in_proportion_to_their_fitness():
    made = children(0.0)
    assert set(np.unique(made)) == {0.0, 1.0, 2.0}
    # A gene is of member i if both parents are, or one is and wins by f_i / (f_i + f_j).
    pairs = np.outer(FITNESS, FITNESS)
    wins = FITNESS[:, None] / np.maximum(FITNESS[:, None] + FITNESS[None], 1e-30)
    expected = 2 * (pairs * wins).sum(1)
    found = np.array([(made == member).mean() for member in range(4)])
    # Genes of one child are not independent: count children for the standard error.
    np.testing.assert_allclose(found, expected, atol=4 * 0.5 / np.sqrt(len(made)))
    # Both parents are in the child: where two differ, its genes are mixed.
    mixed = np.array([len(np.unique(child)) for child in made])
    assert mixed.max() == 2
    apart = 1 - np.sum(FITNESS**2)
    assert abs(np.mean(mixed == 2) - apart) < 4 * np.sqrt(apart * (1 - apart) / len(made))


def test_as_many_genes_are_mutated_as_were_to_be_and_all_stay_in_the_box():
    made = children(0.1)
    changed = np.mean(~np.isin(made, [0, 1, 2]))
    assert abs(changed - 0.1) < 4 * np.sqrt(0.09 / made.size)
    assert made.max() == REACH


def test_profiles_are_the_logits_up_to_a_constant():
    logits = np.random.default_rng(0).normal(size=(5, 7))
    found = profiles_of(softmax(logits, axis=1).astype(np.float32))
    np.testing.assert_allclose(found, logits - logits.mean(1, keepdims=True), atol=1e-5)


def test_an_affine_map_from_scores_back_to_latents_is_learnt(prior):
    # Seven classes and four Gaussian latents: logits tell them but for rounding and the penalty.
    rng = np.random.default_rng(1)
    weight, latents = rng.normal(size=(7, 4)), rng.standard_normal((600, 4)).astype(np.float32)
    scores = softmax(latents @ weight.T, axis=1).astype(np.float32)
    pool = Pool(latents, Answer(scores.argmax(1), scores), np.zeros(600, int))
    nobody = CallbackTarget(lambda _: [], size=2, channels=1, class_names=("a", "b"))
    setting = Setting(nobody, (), prior, 1, jax.random.key(0), data_mesh())
    inversion = RECIPES["c2f-mi"].prepare(setting, pool)
    fresh = rng.standard_normal((100, 4))
    found = inversion(profiles_of(softmax(fresh @ weight.T, axis=1).astype(np.float32)))
    wanted = (fresh - latents.mean(0)) / latents.std(0)
    np.testing.assert_allclose(found, wanted, atol=0.05)


def test_rewards_are_those_of_the_authors_numbers():
    scores = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]], np.float32)
    answer = Answer(scores.argmax(1), scores)
    # 2 log p(state) + 2 log p(action) + 8 log max(1e-7, margin), state and action the same.
    expected = [4 * np.log(0.7) + 8 * np.log(0.5), 4 * np.log(0.1) + 8 * np.log(1e-7)]
    np.testing.assert_allclose(reward(answer, 0), expected, rtol=1e-5)


def test_a_form_that_deviates_is_not_called_published():
    for name in ("c2f-mi", "smile", "lokt"):
        with pytest.raises(InputError, match="`--published` must be left out for"):
            RECIPES[name].form(published=True)
    assert RECIPES["evo"].form(published=True) is RECIPES["evo"]


def test_the_list_says_how_much_is_asked():
    told = listing().plain
    assert "asks about 2,500 pictures for all classes and 1,008 for each" in told
    assert "asks about 128 pictures for all classes and 40,000 for each" in told


def test_published_forms_ask_as_often_as_was_published():
    each = {name: RECIPES[name].form(published=True).each for name in ("mirror-bb", "rlb-mi")}
    assert each == {"mirror-bb": 100_000, "rlb-mi": 40_000}
    assert (RECIPES["smile"].candidates, RECIPES["smile"].each) == (2500, 1008)
