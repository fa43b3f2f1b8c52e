"""Adaptive attackers: tanh hides gradients from a plain attack only; patterns are classes."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from loft_jax.attacks.adaptive import adapted, form_named, useful
from loft_jax.attacks.parts import losses
from loft_jax.attacks.parts.public import class_patterns
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.defenses.answers import NoisyAnswers
from loft_jax.defenses.loft import LoFt, straight_through
from loft_jax.defenses.loft_noise import NoisyLoFt
from loft_jax.defenses.none import NoDefense
from loft_jax.defenses.ssd import StealthyShield
from loft_jax.errors import InputError

FIRST = np.array([[30.0, 0.0, 0.0, 0.0], [0.0, 20.0, 0.0, 0.0]])
SECOND = np.array([[1.0, -1.0], [-1.0, 1.0], [0.5, 0.5]])


@pytest.fixture
def saturated(linear):
    """A rank-2 head whose tanh is saturated nearly everywhere."""
    return linear((FIRST, SECOND), rank=2)


def gradient(target, images):
    return jax.grad(lambda x: target.outputs(x).logits[:, 0].sum())(images)


def test_straight_through_changes_no_answer_and_gives_the_linear_heads_gradient(saturated):
    images = jax.random.uniform(jax.random.key(0), (3, 2, 2, 1))
    attacked = straight_through(saturated)
    np.testing.assert_allclose(
        attacked.outputs(images).logits, saturated.outputs(images).logits, atol=1e-5
    )
    expected = 2 * (SECOND @ FIRST)[0]  # of the map 2 x - 1 as well
    got = gradient(attacked, images).reshape(3, 4)
    np.testing.assert_allclose(got, np.broadcast_to(expected, (3, 4)), rtol=1e-5)
    far = jnp.full((1, 2, 2, 1), 0.9)
    assert np.abs(gradient(saturated, far)).max() < 1e-3


def test_a_linear_head_has_nothing_to_go_straight_through():
    for defense in (NoDefense(), LoFt(activation="none")):
        with pytest.raises(
            InputError, match=r"one of none, pre-code, cross-entropy, .* got straight-through"
        ):
            form_named("straight-through", defense.adaptive)


def test_the_slope_of_the_head_is_the_product_of_its_layers(saturated):
    np.testing.assert_allclose(saturated.head.slope(jnp.zeros(4)), SECOND @ FIRST, rtol=1e-6)


def test_patterns_of_a_linear_discriminant_are_its_class_means():
    # Weights S^-1 (m_y - m) up to a common vector, with S known: directions come back exactly.
    rng = np.random.default_rng(0)
    root = rng.normal(size=(5, 5))
    covariance, means = root @ root.T + np.eye(5), rng.normal(size=(3, 5))
    weight = means @ np.linalg.inv(covariance) + rng.normal(size=5)
    got = class_patterns(jnp.asarray(weight, jnp.float32), jnp.asarray(covariance, jnp.float32))
    np.testing.assert_allclose(got, means - means.mean(0), rtol=1e-3, atol=1e-3)


def test_variants_change_the_identity_term_and_nothing_else():
    own = LoFt().adaptive
    for name, recipe in RECIPES.items():
        if not recipe.identities:  # of a control that never asks it
            continue
        code = adapted(recipe, "pre-code", own)
        logit = adapted(recipe, "logit", own) if name != "lomma" else recipe
        assert code.objective.identity == "pattern"
        for changed in (code, logit):
            own_weight, weight = (one.objective.identity_weight for one in (recipe, changed))
            own_scale, other = (losses.scale(one.objective.identity) for one in (recipe, changed))
            assert weight * other == pytest.approx(own_weight * own_scale)
            beside = dataclasses.replace(
                changed.objective, identity=recipe.objective.identity, identity_weight=own_weight
            )
            assert beside == recipe.objective
        assert {"features", "head"} <= code.needed
        assert logit.objective.identity == "logit"
        assert adapted(recipe, "straight-through", own) == recipe == adapted(recipe, "none", own)
        assert code.search == logit.search == recipe.search


def test_forms_that_change_nothing_are_told_apart():
    assert useful(RECIPES["ppa"], LoFt().adaptive) == (
        "none", "straight-through", "pre-code", "cross-entropy", "logit", "max-margin"
    )  # fmt: skip
    assert useful(RECIPES["mirror"], NoDefense().adaptive) == (
        "none", "pre-code", "logit", "max-margin", "poincare"
    )  # fmt: skip
    assert useful(RECIPES["lomma"], {}) == ("none", "cross-entropy", "max-margin", "poincare")
    assert useful(RECIPES["lookalikes"], NoDefense().adaptive) == ("none",)


def test_what_descends_the_logit_already_has_no_form_that_does():
    with pytest.raises(InputError, match=r"for LOMMA .*, got logit"):
        adapted(RECIPES["lomma"], "logit", {})


def test_a_saturated_head_stops_the_plain_attack_and_not_the_adaptive_ones(linear, prior, bind):
    from loft_jax.attacks.parts.objective import Objective
    from loft_jax.attacks.parts.projections import L2Ball
    from loft_jax.attacks.parts.selection import Selection
    from loft_jax.attacks.parts.spaces import Points
    from loft_jax.attacks.search.gradient import Phase, Rule

    target = linear((200 * FIRST, SECOND), rank=2)
    recipe = dataclasses.replace(
        RECIPES["ppa"],
        objective=Objective(identity="cross-entropy"),
        rule=Rule("sgd", 1e-2, momentum=0.0),
        search=(Phase(Points(L2Ball(3.0)), 200),),
        selection=Selection(candidates=32, best=False),
    )

    def moved(variant, attacked):
        attack = bind(adapted(recipe, variant, LoFt().adaptive), attacked, prior, 3)
        start = attack.candidates.latents[0]
        return np.linalg.norm(
            attack.reconstruct(np.array([0]), lambda _: None).latents[0, 0] - start
        )

    assert moved("none", target) < 1e-6
    assert moved("straight-through", straight_through(target)) > 0.5
    assert moved("pre-code", target) > 0.5


def test_the_frozen_classifier_keeps_its_activation(saturated):
    straight_through(saturated)
    head = nnx.merge(saturated.graph, saturated.params, saturated.stats).head
    assert not head.straight_through


def test_who_only_asks_has_a_form_of_his_own_and_none_of_those_with_the_weights():
    own = StealthyShield().adaptive
    assert {"average", "pre-code"} <= set(own)
    assert useful(RECIPES["brep-mi"], own) == useful(RECIPES["evo"], own) == ("none", "average")
    assert useful(RECIPES["brep-mi"], LoFt().adaptive) == ("none",)
    assert "average" not in useful(RECIPES["ppa"], own)
    assert "average" not in useful(RECIPES["lookalikes"], own)
    assert "average" not in {one.adaptive for one in RECIPES["strongest"].variants(own)}
    assert adapted(RECIPES["brep-mi"], "average", own) == RECIPES["brep-mi"]
    with pytest.raises(InputError, match=r"of none, average for BREP-MI, which only asks, got pre"):
        adapted(RECIPES["brep-mi"], "pre-code", own)
    with pytest.raises(InputError, match=r"for Plug & Play Attack, which is given the .* average"):
        adapted(RECIPES["ppa"], "average", own)


@pytest.mark.parametrize("defense", [StealthyShield(), NoisyLoFt(), NoisyAnswers()])
def test_random_answers_can_be_averaged(defense):
    assert form_named("average", defense.adaptive).repeats > 1
