"""An attack shows the target no picture of a kind that its training never saw, unless asked to."""

import dataclasses

import numpy as np
import pytest

from loft_jax.attacks.parts.transforms import NO_TRANSFORM, Transform
from loft_jax.attacks.recipes.gradient import GradientRecipe
from loft_jax.attacks.recipes.strongest import STRONGEST
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.attacks.request import recipe_for
from loft_jax.attacks.settings import AttackConfig
from loft_jax.data.settings import AugmentConfig
from loft_jax.defenses.loft import LoFt
from loft_jax.errors import InputError
from loft_jax.runs import schema

NOTHING = AugmentConfig()
TRAININGS = [
    NOTHING,
    AugmentConfig(flip=True),
    AugmentConfig(shift=0.08),
    AugmentConfig(flip=True, shift=0.1, erase=0.5),
    AugmentConfig(crop_scale=(0.85, 1.0), brightness=0.1, contrast=0.3),
]
DESCENTS = [name for name, one in RECIPES.items() if isinstance(one, GradientRecipe)]
VIEWERS = ["deep-inversion", "ppa", "plg-mi", "if-gmi", "mirror"]


def own(attack, training=None, **asked):
    """The recipe's numbers for a target of this training."""
    augmentation = None if training is None else schema.write(training)
    return recipe_for(AttackConfig(path="RUN", attack=attack, **asked), augmentation)


def views(recipe):
    """Every random view that the recipe shows a target."""
    mirror = Transform(flip=0.5) if recipe.selection.mirrored else NO_TRANSFORM
    kept = recipe.selection.transform if recipe.selection.views else NO_TRANSFORM
    return [recipe.objective.transform, kept, mirror]


def never_seen(view, training):
    """What the view does that the training never did: kinds, and strengths beyond its own."""
    least = training.crop_scale[0]
    return [
        name
        for name, done, allowed in (
            ("flip", view.flip, 0.5 * training.flip),
            ("crop", 1 - view.crop_scale[0], 1 - least),
            ("aspect", np.log(view.crop_ratio), np.log(4 / 3) * (least < 1)),
            ("shift", view.shift, training.shift),
            ("offset", view.offset, training.brightness),
            ("brightness", view.brightness, 0.0),  # a training adds, it never multiplies
            ("contrast", view.contrast, training.contrast),
        )
        if done > allowed
    ]


@pytest.mark.parametrize("training", TRAININGS)
@pytest.mark.parametrize("attack", DESCENTS)
def test_no_default_view_does_what_the_target_never_saw(attack, training):
    for view in views(own(attack, training)):
        assert never_seen(view, training) == []


@pytest.mark.parametrize("training", TRAININGS)
def test_nor_does_any_variant_among_which_the_strongest_is_searched(training):
    for variant in STRONGEST.variants(LoFt().adaptive):
        asked = variant.applied(AttackConfig(path="RUN", attack="strongest"))
        for view in views(recipe_for(asked, schema.write(training))):
            assert never_seen(view, training) == []


@pytest.mark.parametrize("attack", VIEWERS)
def test_a_recipe_with_views_takes_all_that_the_training_did(attack):
    training = AugmentConfig(flip=True, shift=0.1, crop_scale=(0.85, 1.0), brightness=0.1)
    found = own(attack, training).objective.transform
    assert found == Transform(
        crop_scale=(0.85, 1.0), crop_ratio=4 / 3, flip=0.5, shift=0.1, offset=0.1
    )


def test_a_view_that_changes_nothing_is_shown_once():
    plain, photos = own("plg-mi", NOTHING), own("plg-mi", AugmentConfig(flip=True))
    assert (plain.objective.views, photos.objective.views) == (1, 2)
    assert own("ppa", NOTHING).selection.views == 0
    assert own("ppa", AugmentConfig(flip=True)).selection.views == 32


def test_a_target_that_says_nothing_sees_the_recipes_views_but_for_flips():
    for attack in VIEWERS:
        mine, told = own(attack, views="recipe"), own(attack)
        for before, after in zip(views(mine), views(told), strict=True):
            assert after == dataclasses.replace(before, flip=0.0)


def test_views_that_are_asked_for():
    for attack in DESCENTS:
        assert own(attack, NOTHING, views="recipe") == RECIPES[attack]
        assert set(views(own(attack, AugmentConfig(flip=True), views="none"))) == {NO_TRANSFORM}


def has_a_published_form(recipe):
    return recipe.original is not None or recipe.fidelity.grade != "DEVIATES"


def test_a_published_form_keeps_its_views_and_its_place_in_the_table():
    for attack, recipe in RECIPES.items():
        if not has_a_published_form(recipe):
            continue
        published = recipe.form(published=True)
        assert own(attack, NOTHING, published=True) == published
        assert published.original is None
        assert (published.title, published.source) == (recipe.title, recipe.source)


def test_every_form_says_how_near_the_paper_it_is():
    for recipe in RECIPES.values():
        for form in (recipe, recipe.original or recipe):
            assert form.fidelity is not None
            assert form.fidelity.grade in ("FAITHFUL", "SCALED", "DEVIATES")
            assert form.fidelity.weakens.startswith(("no", "yes", "not known"))
            assert form.fidelity.how or form.fidelity.grade == "FAITHFUL"


def test_other_words_are_refused():
    with pytest.raises(InputError, match="views"):
        schema.read(AttackConfig, {**schema.write(AttackConfig()), "views": "flip"}, "config.json")
