"""What each name computes: the grids of the paper's figures and tables, at both scales."""

import dataclasses
import functools

import pytest
from looks import Told

from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.defenses.table import DEFENSES
from loft_jax.errors import InputError
from loft_jax.reproductions.experiments import EXPERIMENTS
from loft_jax.reproductions.session import grid_of
from loft_jax.reproductions.settings import ReproduceConfig
from loft_jax.runs import schema
from loft_jax.sweeps.grid import grid
from loft_jax.sweeps.look import Look


@pytest.fixture(scope="module")
def cells():
    """Cells of a name, which are found once for all tests."""

    @functools.cache
    def made(name, **settings):
        return grid(grid_of(ReproduceConfig(name, **settings), EXPERIMENTS[name]), Told())

    return made


def specs(cells):
    return {model.config.model.defense.spec for model in cells.models}


def test_the_rank_table_has_the_ranks_of_the_laptop_and_of_the_paper(cells):
    laptop = specs(cells("table-rank"))
    assert laptop == {"none", *(f"loft:{rank}" for rank in (64, 16, 8))}
    paper = grid_of(
        ReproduceConfig("table-rank", scale="paper", data="."), EXPERIMENTS["table-rank"]
    )
    assert {int(rank) for rank in paper.rank if rank != "none"} >= {500, 300, 100, 50, 20}


def test_the_first_figure_computes_nothing_the_table_of_defenses_has_not(cells):
    shown, told = ({a.name for a in cells(name).attacks} for name in ("fig1", "table-defenses"))
    assert shown == told


def test_every_defense_that_the_laptop_can_train_is_compared(cells):
    found = {spec.partition(":")[0] for spec in specs(cells("table-defenses"))}
    shortcuts, answers = {"rolss", "ssf", "tts"}, {"noisy", "rounded", "ssd"}
    cuts = {"svd", "covariance", "random-cut", "lda", "least-cut"}
    own = {tag for tag, row in DEFENSES.items() if row.__module__.startswith("loft_jax")}
    assert found == own - shortcuts - answers - cuts


def test_every_activation_of_the_paper_is_tried(cells):
    made = [model.config.model.defense for model in cells("table-activation").models]
    found = {defense.activation for defense in made if defense.tag == "loft"}
    assert found == {"none", "relu", "relu6", "leaky_relu", "sigmoid", "tanh"}


def test_input_norm_is_there_with_and_without(cells):
    assert {"loft:16", "loft:16,input_norm=true"} <= specs(cells("table-input-norm"))


def test_every_recipe_by_weights_attacks_a_plain_and_a_loft_head_plainly_and_adaptively(cells):
    made = {
        (a.config.attack, not a.model.config.model.defense.baselines, a.config.adaptive == "none")
        for a in cells("table-attacks").attacks
    }
    white = [name for name, recipe in RECIPES.items() if recipe.asks == "white"]
    every = {(n, head, plain) for n in white for head in (True, False) for plain in (True, False)}
    # LOMMA descends the logit already, lookalikes nothing; the strongest is searched among all.
    names = ("lomma", "lookalikes", "strongest")
    assert made == every - {(name, head, False) for name in names for head in (True, False)}


@pytest.mark.parametrize("name", sorted(set(EXPERIMENTS) - {"fig5", "table-access"}))
def test_every_table_has_three_seeds_and_the_figure_of_faces_one(name, cells):
    assert {model.config.run.seed for model in cells(name).models} == {0, 1, 2}
    assert {model.config.run.seed for model in cells("fig5").models} == {0}


def test_weights_are_attacked_once_and_answers_with_every_number_of_questions(cells):
    made = {
        (a.model.config.model.defense.tag, a.config.attack, a.config.adaptive, a.config.queries)
        for a in cells("table-access", queries=(500, 2000)).attacks
    }
    budgets, expected = (500, 2000), set()
    for tag in ("none", "loft", "mid", "ssd"):
        expected.add((tag, "ppa", "none", None))
        # Only the answers of Stealthy Shield are random, so that asking again is of use.
        for form in ("none", "average") if tag == "ssd" else ("none",):
            for attack in ("evo", "label-nes"):
                expected |= {(tag, attack, form, budget) for budget in budgets}
    assert made == expected


def test_questions_are_the_matter_of_one_table(cells):
    with pytest.raises(InputError, match="`--queries` must be left out for table-rank"):
        cells("table-rank", queries=(1000,))
    with pytest.raises(InputError, match="`--data` must be faces for table-access"):
        cells("table-access", data="digits")
    with pytest.raises(InputError, match="`--queries` must be at least"):
        cells("table-access", queries=(10,))


def test_heads_are_cut_from_the_plain_ones_by_both_methods(cells):
    made = cells("fig3", seeds=(0,))
    cut = {f"{how}:{rank}" for how in ("svd", "covariance") for rank in (64, 32, 16, 8, 4)}
    assert specs(made) == {"none", *cut}
    (start,) = {model.start.name for model in made.models if model.start}
    assert start in {model.name for model in made.models}


def test_the_svd_of_a_weight_has_no_more_ranks_than_classes(cells):
    found = specs(cells("fig3", data="digits"))
    assert {spec for spec in found if spec.startswith("svd")} == {"svd:8", "svd:4"}
    assert "covariance:64" in found


@pytest.mark.parametrize("name", sorted(set(EXPERIMENTS) - {"table-attacks", "table-access"}))
def test_names_are_there_for_digits_too(name, cells):
    made = cells(name, data="digits").attacks
    assert {attack.model.config.data.data for attack in made} == {"digits"}
    assert {attack.prior.name for attack in made} == {"pixels"}
    assert {attack.config.classes for attack in made} == {"all"}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_settings_of_both_scales_and_of_smokes_can_be_run(name):
    for settings in ({}, {"scale": "paper", "data": "."}):
        for quick in (False, True):
            asked = ReproduceConfig(name, quick=quick, **settings)
            schema.check(grid_of(asked, EXPERIMENTS[name]))


def test_a_smoke_at_the_papers_scale_keeps_the_network_and_shrinks_the_pictures():
    config = ReproduceConfig("table-rank", scale="paper", data=".", quick=True)
    asked = grid_of(config, EXPERIMENTS["table-rank"])
    assert (asked.trunk, asked.preset, asked.size) == (("resnet152",), "paper-resnet152", 32)
    whole = grid_of(dataclasses.replace(config, quick=False), EXPERIMENTS["table-rank"])
    assert whole.size is None


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"scale": "paper"}, "`--data` must be a folder of class folders or an npz"),
        ({"data": "."}, "`--data` must be faces or digits for --scale laptop, got ."),
        ({"name": "table-attacks", "data": "digits"}, "`--data` must be faces for table-attacks"),
        ({"seeds": ()}, "`--seeds` must list at least one value"),
        ({"seeds": (1, 1)}, "`--seeds` must list different values, got 1 1"),
        ({"seeds": (2**70,)}, "`--seeds` must be a whole number"),
        ({"memory": 0.0}, "`--memory` must be a number, more than 0"),
        ({"jobs": 0}, "`--jobs` must be a whole number, at least 1"),
    ],
)
def test_what_cannot_be_is_said(settings, words):
    config = ReproduceConfig(**{"name": "table-rank", **settings})
    with pytest.raises(InputError, match=words):
        schema.check(grid_of(config, EXPERIMENTS[config.name]))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_name_says_first_what_all_its_cells_would_fail_at(name):
    config = ReproduceConfig(name, prior="nothing-there")
    asked = dataclasses.replace(grid_of(config, EXPERIMENTS[name]), identities=8, classes="0:4")
    with pytest.raises(InputError, match=r"`--prior` must be .*, got nothing-there"):
        grid(asked, Look())
