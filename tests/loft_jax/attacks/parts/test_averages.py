"""AlignMI's averages beside slopes that are averaged one by one."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.attacks.parts.averages import COPIES, NOISE, averaged
from loft_jax.attacks.parts.keys import folded
from loft_jax.attacks.parts.objective import Objective, score
from loft_jax.attacks.parts.public import PublicFacts
from loft_jax.attacks.parts.transforms import NO_TRANSFORM, Transform, transformed
from loft_jax.attacks.recipes.gradient import GradientRecipe
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.attacks.request import recipe_for
from loft_jax.attacks.settings import AttackConfig

WEIGHT = np.array([[1.0, -2.0, 0.5, 1.5], [0.5, 1.0, -1.0, 2.0], [-2.0, 0.0, 1.0, 0.5]])
LATENTS = jnp.asarray(np.sin(np.arange(8.0)).reshape(2, 4), jnp.float32)
LABELS = jnp.array([2, 0])
KEYS = jax.random.split(jax.random.key(3), 2)
FEW = 5
"""Copies whose slopes are averaged one by one; compiling all takes long."""


def slopes_one_by_one(view):
    """Mean over the copies of dL/dx = W' (softmax - onehot) at each, pulled back to z."""
    images = (LATENTS.reshape(2, 2, 2, 1) + 1) / 2
    total, changed = np.zeros((2, 4)), jax.jit(transformed, static_argnums=2)
    for copy in range(FEW):
        shown = changed(folded(KEYS, copy), images, view)
        logits = (2 * np.asarray(shown, float).reshape(2, 4) - 1) @ WEIGHT.T
        p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        by_logits = p - np.eye(3)[np.asarray(LABELS)]
        total += 2 * by_logits @ WEIGHT / FEW
    return total / 2  # pixels are (z + 1) / 2


def test_the_slope_is_the_mean_of_those_at_the_noisy_copies(linear, prior):
    objective = dataclasses.replace(averaged(Objective(), "noise", flips=True), views=FEW)

    def loss(latents):
        public = PublicFacts(LATENTS, jnp.zeros(4), None)
        images, networks = prior.decode(latents, LABELS), (linear(WEIGHT),)
        return score(objective, networks, prior, public, latents, images, LABELS, KEYS).loss.sum()

    expected = slopes_one_by_one(Transform(noise=NOISE))
    np.testing.assert_allclose(jax.jit(jax.grad(loss))(LATENTS), expected, atol=1e-5)


def test_noise_has_its_deviation_and_is_another_for_each_row_and_copy():
    images = jnp.full((2, 40, 40, 3), 0.5)
    first, second = (transformed(folded(KEYS, k), images, Transform(noise=0.1)) for k in (0, 1))
    flat = np.stack([np.asarray(part).reshape(2, -1) for part in (first, second)]).reshape(4, -1)
    np.testing.assert_allclose(flat.std(1), 0.1, rtol=5 / np.sqrt(2 * 4800))
    assert np.abs(np.corrcoef(flat) - np.eye(4)).max() < 5 / np.sqrt(4800)


@pytest.mark.parametrize("flips", [True, False])
def test_crops_take_the_place_of_a_recipes_own_views_and_flip_only_where_they_may(flips):
    own = Objective(transform=Transform(brightness=0.2))
    made = averaged(own, "crops", flips=flips)
    assert made.views == COPIES
    assert made.transform == Transform(
        crop_scale=(0.8, 1.0), crop_ratio=1.1, flip=0.5 if flips else 0.0
    )
    assert dataclasses.replace(made, views=1, transform=own.transform) == own


@pytest.mark.parametrize(
    "name", [name for name, recipe in RECIPES.items() if isinstance(recipe, GradientRecipe)]
)
def test_every_recipe_takes_them_and_none_has_them_by_default(name):
    plain = recipe_for(AttackConfig(attack=name))
    assert plain.objective.transform.noise == 0
    noisy = recipe_for(AttackConfig(attack=name, average="noise"))
    assert (noisy.objective.views, noisy.objective.transform.noise) == (COPIES, NOISE)
    assert recipe_for(AttackConfig(attack=name, average="crops")).objective.transform.flip == 0
    mirrored = recipe_for(AttackConfig(attack=name, average="crops"), {"flip": True})
    assert mirrored.objective.transform.flip == 0.5


def test_none_leaves_the_objective():
    assert averaged(Objective(), "none", flips=True) == Objective(transform=NO_TRANSFORM)
