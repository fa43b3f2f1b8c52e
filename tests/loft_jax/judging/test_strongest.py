"""The strongest attack is found on people who are not reported, and kept as a recipe by name."""

import contextlib
import dataclasses
import io

import jax
import numpy as np
import pytest

import loft_jax
from loft_jax.attacks.recipes.base import Setting
from loft_jax.attacks.recipes.strongest import STRONGEST, people
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.attacks.request import content_of, recipe_for
from loft_jax.attacks.settings import AttackConfig
from loft_jax.attacks.variant import Variant
from loft_jax.defenses.loft import LoFt
from loft_jax.errors import InputError
from loft_jax.judging.strongest import Trial, halving
from loft_jax.priors.pixels import PixelPrior
from loft_jax.runs import schema
from loft_jax.runs.devices import data_mesh
from loft_jax.runs.files import read_json, write_json
from loft_jax.targets.callback import CallbackTarget

VARIANT = Variant("ppa", "logit", 3.0, 140, 4, "auto")


@pytest.mark.parametrize("asked", [np.arange(50), np.array([7, 3, 99]), np.arange(124)])
def test_people_of_the_search_are_never_reported(asked):
    found = people(asked, 128, 0)
    np.testing.assert_array_equal(found.reported, asked)
    assert not set(found.aside) & set(asked)
    assert len(found.aside) == len(set(found.aside)) == 128 - len(asked)
    np.testing.assert_array_equal(found.aside, people(asked, 128, 0).aside)
    if len(asked) < 124:
        assert list(found.aside) != list(people(asked, 128, 1).aside)


def test_of_all_people_a_part_is_kept_aside():
    found = people(np.arange(128), 128, 0)
    assert len(found.aside) == 24
    assert sorted([*found.reported, *found.aside]) == list(range(128))
    assert len(people(np.arange(40), 40, 0).aside) == 10


def test_too_few_to_search_on_are_refused():
    with pytest.raises(InputError, match=r"`--classes` must leave at least 4 people .* 125 of 128"):
        people(np.arange(125), 128, 0)
    with pytest.raises(InputError, match="got 10 of 10"):
        people(np.arange(10), 10, 0)


def test_every_loss_is_tried_at_every_weight_and_the_defenses_own_forms():
    tried = STRONGEST.variants(LoFt().adaptive)
    assert len(tried) == len(set(tried)) == 4 * 3 + 2
    assert {one.adaptive for one in tried} == {
        "none", "cross-entropy", "logit", "max-margin", "straight-through", "pre-code"
    }  # fmt: skip
    for one in tried:  # all of them are attacks of their own
        content_of(one.applied(AttackConfig(path="RUN", attack="strongest")), LoFt())


def test_efforts_that_are_asked_for_are_no_axis():
    assert [(one.steps, one.restarts) for one in STRONGEST.harder(VARIANT, 70, 2)] == [
        (70, 2), (70, 8)
    ]  # fmt: skip
    fixed = STRONGEST.with_effort(5, 99, 1).with_prior_weight(2.0)
    assert [(one.steps, one.restarts) for one in fixed.harder(VARIANT, 70, 2)] == [(5, 1)]
    assert {one.prior_weight for one in fixed.variants({})} == {2.0}


def test_a_variant_is_what_its_flags_are(tmp_path):
    path = tmp_path / "mine.json"
    write_json(path, schema.write(VARIANT))
    by_file = AttackConfig(path="RUN", attack=str(path))
    flags = AttackConfig(
        path="RUN", attack="ppa", adaptive="logit", prior_weight=3.0, steps=140, restarts=4
    )
    assert recipe_for(by_file) == recipe_for(flags)
    mine, same = content_of(by_file, LoFt()), content_of(flags, LoFt())
    assert mine["recipe"] == same["recipe"]
    assert str(VARIANT) == (
        "--attack ppa --adaptive logit --prior-weight 3.0 --steps 140 --restarts 4"
    )
    # What is asked for beside the file is heeded.
    assert recipe_for(dataclasses.replace(by_file, steps=7)).search[0].steps == 7


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"attack": "strongest"}, "must be a variant of a recipe, got one of strongest"),
        ({"steps": 0}, "steps"),
        ({"views": "upside-down"}, "views"),
        ({"more": 1}, "`more`, which is no setting"),
    ],
)
def test_a_file_that_is_no_variant_is_refused(tmp_path, change, said):
    path = tmp_path / "mine.json"
    write_json(path, {**schema.write(VARIANT), **change})
    with pytest.raises(InputError, match=said):
        recipe_for(AttackConfig(path="RUN", attack=str(path)))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"got .*none\.json, which is not there"):
        recipe_for(AttackConfig(path="RUN", attack=str(tmp_path / "none.json")))


def test_without_judges_nothing_is_the_strongest():
    kind = {"size": 2, "channels": 1, "class_names": ("dark", "light")}
    target = CallbackTarget(lambda images: np.zeros(len(images), int), **kind)
    key, mesh = jax.random.key(0), data_mesh()
    with pytest.raises(InputError, match="where the private pictures are not there"):
        STRONGEST.start(Setting(target, (), PixelPrior(2, 1), 1, key, mesh))
    with pytest.raises(InputError, match="tries every form"):
        content_of(AttackConfig(path="RUN", attack="strongest", adaptive="logit"), LoFt())


def test_halving_keeps_the_best_of_every_rung():
    # Variants are judged by their weight alone, harder ones a little better.
    recipe = dataclasses.replace(STRONGEST, people=(3, 5, 7), kept=(4, 2))
    weights = (5.0, 3.0, 9.0, 1.0, 7.0)
    first = [dataclasses.replace(VARIANT, prior_weight=weight, steps=1) for weight in weights]
    asked = []

    def trial(rung, variant, count):
        asked.append((rung, variant.prior_weight, variant.steps, count))
        return Trial(rung, variant, count, variant.prior_weight + variant.steps / 10, 0)

    def harder(variant):
        return [dataclasses.replace(variant, steps=steps) for steps in (1, 2, 3)]

    rungs = list(halving(recipe, first, harder, trial))
    assert asked == [
        *((0, weight, 1, 3) for weight in weights),
        *((1, weight, 1, 5) for weight in (9.0, 7.0, 5.0, 3.0)),
        *((2, weight, steps, 7) for weight in (9.0, 7.0) for steps in (1, 2, 3)),
    ]
    assert max(rungs[-1], key=lambda one: one.score).variant.steps == 3


@pytest.fixture(scope="module")
def small():
    """A search of two losses and the defense's own forms."""
    row = RECIPES["strongest"]
    del RECIPES["strongest"]
    RECIPES["strongest"] = dataclasses.replace(
        STRONGEST, losses=("none", "logit"), people=(4, 4, 4), kept=(2, 1)
    )
    yield
    del RECIPES["strongest"]
    RECIPES["strongest"] = row


@pytest.fixture(scope="module")
def found(small, tiny_run, tiny_judges, tmp_path_factory):
    """A judged attack by the strongest variant, in few steps, and what it printed."""
    out, said = tmp_path_factory.mktemp("strongest") / "found", io.StringIO()
    with contextlib.redirect_stdout(said):
        result = loft_jax.attack(
            tiny_run, attack="strongest", classes="0:2", per_class=2, steps=2, restarts=1,
            candidates=128, evaluators=[str(one) for one in tiny_judges], cache=False,
            out=str(out),
        )  # fmt: skip
    return result, said.getvalue()


@pytest.mark.slow
def test_the_search_is_told_before_and_kept_after(found):
    result, said = found
    assert "searching the strongest of 4 variants of ppa" in said
    assert "people who are not reported" in " ".join(said.split())
    trials = read_json(result.folder / "trials.json")
    assert not set(trials["people"]) & {0, 1}
    best = max((one for one in trials["trials"] if one["rung"] == 2), key=lambda one: one["score"])
    kept = read_json(result.folder / "strongest.json")
    assert kept == best["variant"] == result.numbers["variant"]
    # Each rung keeps the best of the one before.
    first, second = (
        sorted(
            (one for one in trials["trials"] if one["rung"] == rung), key=lambda one: -one["score"]
        )
        for rung in (0, 1)
    )
    assert [one["variant"] for one in first[:2]] == [
        one["variant"] for one in trials["trials"] if one["rung"] == 1
    ]
    assert {one["variant"]["adaptive"] for one in trials["trials"] if one["rung"] == 2} <= {
        one["variant"]["adaptive"] for one in second[:1]
    }


@pytest.mark.slow
def test_queries_are_those_of_the_attack_alone(found):
    numbers = found[0].numbers
    # 128 candidates, 2 classes x 2 pictures x 2 steps, and 32 shifted views of each at the end.
    assert numbers["queries"] == 128 + 2 * 2 * 2 + 2 * 2 * 32


@pytest.mark.slow
def test_what_was_found_is_an_attack_by_its_name(found, tiny_run, tiny_judges, tmp_path):
    result, _ = found
    again = loft_jax.attack(
        tiny_run, attack=str(result.folder / "strongest.json"), classes="0:2", per_class=2,
        candidates=128, evaluators=[str(one) for one in tiny_judges], cache=False,
        out=str(tmp_path / "again"),
    )  # fmt: skip
    with (
        np.load(result.folder / "reconstructions.npz") as mine,
        np.load(again.folder / "reconstructions.npz") as other,
    ):
        for name in mine.files:
            np.testing.assert_array_equal(mine[name], other[name])


@pytest.mark.slow
def test_it_goes_on_without_another_search(found, tiny_run):
    result, _ = found
    (result.folder / "attack.json").unlink()
    (result.folder / "search.json").unlink()
    again = loft_jax.attack(resume=str(result.folder))
    assert again.numbers["variant"] == result.numbers["variant"]
