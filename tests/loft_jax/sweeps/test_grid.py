"""From axes to cells: nothing twice, nothing missing, what needs what."""

import dataclasses
import itertools

import pytest

from loft_jax.errors import InputError
from loft_jax.reproductions.compressed_grid import compressed_grid
from loft_jax.reproductions.experiments import EXPERIMENTS
from loft_jax.runs.settings import RunConfig
from loft_jax.sweeps.cells import Attack, Model, Prior
from loft_jax.sweeps.grid import grid
from loft_jax.sweeps.settings import SweepConfig, check, quick
from loft_jax.sweeps.units import read_unit, write_unit

SMALL = SweepConfig(rank=("none", "8", "4"), seeds=(0, 1))


def test_a_plain_head_has_no_activation_so_it_is_there_once():
    config = dataclasses.replace(
        SMALL, activation=("none", "tanh", "relu"), input_norm=("no", "yes")
    )
    heads = [model.config.model for model in grid(config).models]
    assert sum(head.rank is None for head in heads) == len(config.seeds)
    loft = {(h.rank, h.activation, h.input_norm) for h in heads if h.rank is not None}
    assert loft == set(itertools.product((8, 4), config.activation, (False, True)))


def test_an_attack_sees_through_an_activation_only_where_there_is_one():
    every = ("none", "straight-through", "logit")
    config = dataclasses.replace(SMALL, activation=("none", "tanh"), adaptive=every)
    for model in grid(config).models:
        head = model.config.model
        found = {a.config.adaptive for a in grid(config).attacks if a.model == model}
        linear = head.rank is None or head.activation == "none"
        assert found == ({"none", "logit"} if linear else set(every))


def test_an_attack_that_descends_the_logit_already_is_made_once():
    config = dataclasses.replace(SMALL, attack=("gmi", "lomma"), adaptive=("none", "logit"))
    for model in grid(config).models:
        own = [a.config for a in grid(config).attacks if a.model == model]
        found = [(one.attack, one.adaptive) for one in own]
        assert found == [("gmi", "none"), ("gmi", "logit"), ("lomma", "none")]
    alone = dataclasses.replace(config, attack=("lomma",), adaptive=("logit",))
    assert {attack.config.adaptive for attack in grid(alone).attacks} == {"none"}


def test_a_plain_head_is_attacked_even_if_only_an_adaptive_attack_is_asked_for():
    config = dataclasses.replace(SMALL, rank=("none", "8"), adaptive=("straight-through",))
    found = {(a.model.config.model.rank, a.config.adaptive) for a in grid(config).attacks}
    assert found == {(None, "none"), (8, "straight-through")}


def test_all_seeds_share_people_split_and_judges():
    cells = grid(SMALL)
    assert {model.config.data_seed for model in cells.models} == {0}
    assert len(cells.judges) == 2
    trunks = {judge.config.model.trunk for judge in cells.judges}
    assert len(trunks) == 2
    assert "small_cnn" not in trunks
    seeds = {judge.config.run.seed for judge in cells.judges}
    assert not seeds & {model.config.run.seed for model in cells.models}


def test_a_name_says_what_a_cell_is_and_not_where_it_lies_or_what_it_runs_on():
    model = grid(SMALL).models[0]
    elsewhere = RunConfig(seed=model.config.run.seed, out="/somewhere", device="cpu", cache=False)
    assert Model(dataclasses.replace(model.config, run=elsewhere)).name == model.name
    shorter = dataclasses.replace(model.config.optim, epochs=3)
    others = [
        Model(dataclasses.replace(model.config, run=RunConfig(seed=7))),
        Model(dataclasses.replace(model.config, optim=shorter)),
        Model(model.config, ("svd", 4)),
        Model(model.config, ("covariance", 4)),
    ]
    assert len({one.name for one in [model, *others]}) == 5
    attack = grid(SMALL).attacks[0]
    moved = dataclasses.replace(attack.config, path="/a", out="/b", evaluators=("/c",))
    assert dataclasses.replace(attack, config=moved).name == attack.name
    for change in ({"steps": 3}, {"seed": 9}, {"adaptive": "logit"}, {"classes": "0:2"}):
        other = dataclasses.replace(attack.config, **change)
        assert dataclasses.replace(attack, config=other).name != attack.name


@pytest.mark.parametrize("attack", ["gmi", "ked-mi", "plg-mi", "if-gmi", "lomma"])
def test_a_recipe_that_needs_a_trained_prior_gets_one(attack):
    cells = grid(dataclasses.replace(SMALL, attack=(attack,)))
    assert all(isinstance(one.prior, Prior) for one in cells.attacks)
    fitted_to_targets = attack in ("ked-mi", "plg-mi")
    assert len(cells.priors) == (len(cells.models) if fitted_to_targets else 1)
    # Fitted alike, they have one name in the table: else no two heads could be compared.
    assert len({prior.label for prior in cells.priors}) == 1


def test_attacks_with_priors_of_two_kinds_are_two_attacks():
    # Their settings but for the kind are equal.
    cells = grid(dataclasses.replace(SMALL, prior=("dcgan", "style"), adaptive=("none",)))
    assert len(cells.attacks) == 2 * len(cells.models)
    assert len({attack.name for attack in cells.attacks}) == len(cells.attacks)
    assert {prior.config.prior for prior in cells.priors} == {"dcgan", "style"}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_unit_comes_after_what_it_needs(name):
    experiment = EXPERIMENTS[name]
    cells = experiment.cells(experiment.laptop)
    done: set[str] = set()
    for stage in cells.stages(experiment.laptop):
        made: set[str] = set()
        for unit in stage:
            here: set[str] = set()
            for cell in unit.cells:
                needs = [
                    *([cell.original] if isinstance(cell, Model) and cell.compression else []),
                    *([cell.target] if isinstance(cell, Prior) and cell.target else []),
                    *([cell.model, *cell.judges] if isinstance(cell, Attack) else []),
                ]
                needs += [p for p in [getattr(cell, "prior", None)] if isinstance(p, Prior)]
                assert {needed.name for needed in needs} <= done | here
                here.add(cell.name)
            assert not here & made  # no two units of a stage write the same folder
            made |= here
        done |= made
    assert done == {
        cell.name for cell in (*cells.models, *cells.judges, *cells.priors, *cells.attacks)
    } | {model.original.name for model in cells.models}


def test_figures_share_the_cells_of_the_rank_table():
    table = {attack.name for attack in grid(EXPERIMENTS["table-rank"].laptop).attacks}
    for name in ("fig1", "fig5"):
        assert {attack.name for attack in grid(EXPERIMENTS[name].laptop).attacks} <= table


def test_a_compressed_grid_cuts_every_plain_head_by_both_methods():
    cells = compressed_grid(EXPERIMENTS["fig3"].laptop)
    assert {model.config.model.rank for model in cells.models} == {None}
    cuts = {model.compression for model in cells.models}
    ranks = (64, 32, 16, 8, 4)
    assert cuts == {None, *itertools.product(("svd", "covariance"), ranks)}


def test_a_unit_survives_its_file(tmp_path):
    for name in ("table-attacks", "fig3"):
        experiment = EXPERIMENTS[name]
        for stage in experiment.cells(experiment.laptop).stages(experiment.laptop):
            for unit in stage[:2]:
                write_unit(tmp_path / "unit.json", unit)
                assert read_unit(tmp_path / "unit.json") == unit


def test_a_smoke_keeps_the_plain_head_and_one_rank():
    small = quick(SweepConfig())
    assert small.rank == ("none", "4")
    assert len(small.seeds) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rank": ()}, "`--rank` must list at least one value, got an empty grid"),
        ({"rank": ("0",)}, "`--rank` must list none or whole numbers of at least 1, got 0"),
        ({"seeds": (1, 1)}, "`--seeds` must list different values, got 1 1"),
        ({"seeds": (-1,)}, "`--seeds` must be a whole number of at least 0, got -1"),
        ({"jobs": 0}, "`--jobs` must be a whole number of at least 1, got 0"),
    ],
)
def test_bad_settings_are_refused(change, said):
    with pytest.raises(InputError, match=said):
        check(dataclasses.replace(SMALL, **change))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rank": ("129",)}, r"`--rank` must list numbers up to 128 \(the width of small_cnn\)"),
        ({"attack": ("nope",)}, "`--attack` must be one of"),
        ({"data": ("nowhere",)}, "`--data` must list faces, digits, npz files or folders"),
        ({"prior": ("nowhere",)}, "`--prior` must list pixels, renderer, dcgan"),
        ({"classes": "0:200"}, "`--classes` must be all, FIRST:END"),
        ({"trunk": ("nope",)}, "`trunk` must be one of"),
    ],
)
def test_impossible_grids_are_refused(change, said):
    with pytest.raises(InputError, match=said):
        grid(dataclasses.replace(SMALL, **change))
