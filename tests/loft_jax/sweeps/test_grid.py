"""From axes to cells: nothing twice, nothing missing, what needs what."""

import dataclasses
import itertools

import numpy as np
import pytest

from loft_jax.attacks.recipes.strongest import people
from loft_jax.attacks.settings import attacked_classes
from loft_jax.data.sources import SOURCES
from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.fitting.settings import TrainConfig
from loft_jax.reproductions.experiments import EXPERIMENTS
from loft_jax.runs import identity
from loft_jax.runs.settings import RunConfig
from loft_jax.sweeps import cells as kinds
from loft_jax.sweeps.axes import training
from loft_jax.sweeps.cells import Attack, Model, Prior
from loft_jax.sweeps.grid import grid
from loft_jax.sweeps.look import Look
from loft_jax.sweeps.settings import SweepConfig, quick
from loft_jax.sweeps.units import read_unit, write_unit

SMALL = SweepConfig(rank=("none", "8", "4"), seeds=(0, 1))


def like(**changes):
    return dataclasses.replace(SMALL, **changes)


def specs(cells):
    return {model.config.model.defense.spec for model in cells.models}


def test_a_rank_is_short_for_loft(told):
    long = like(rank=(), defense=("none", "loft:8", "loft:4"))
    names = [attack.name for attack in grid(SMALL, told).attacks]
    assert sorted(attack.name for attack in grid(long, told).attacks) == sorted(names)
    assert specs(grid(SweepConfig(), told)) == {
        "none", "loft:64", "loft:32", "loft:16", "loft:8"
    }  # fmt: skip
    both = like(rank=("4",), defense=("none", "svd:4"))
    assert specs(grid(both, told)) == {"none", "svd:4", "loft:4"}


def test_axes_of_loft_leave_other_defenses_as_they_are(told):
    config = like(activation=("none", "tanh", "relu"), input_norm=("no", "yes"))
    made = [model.config.model.defense for model in grid(config, told).models]
    assert sum(defense.tag == "none" for defense in made) == len(config.seeds)
    loft = {(d.rank, d.activation, d.input_norm) for d in made if d.tag == "loft"}
    assert loft == set(itertools.product((8, 4), config.activation, (False, True)))
    own = like(rank=(), defense=("loft:8,activation=relu",), activation=("none", "tanh"))
    assert specs(grid(own, told)) == {"loft:8,activation=relu"}


def test_an_attack_sees_through_an_activation_only_where_there_is_one(told):
    every = ("none", "straight-through", "logit")
    cells = grid(like(activation=("none", "tanh"), adaptive=every), told)
    for model in cells.models:
        found = {a.config.adaptive for a in cells.attacks if a.model == model}
        linear = getattr(model.config.model.defense, "activation", "none") == "none"
        assert found == ({"none", "logit"} if linear else set(every))


def test_an_attack_that_descends_the_logit_already_is_made_once(told):
    cells = grid(like(attack=("gmi", "lomma"), adaptive=("none", "logit")), told)
    for model in cells.models:
        own = [a.config for a in cells.attacks if a.model == model]
        found = [(one.attack, one.adaptive) for one in own]
        assert found == [("gmi", "none"), ("gmi", "logit"), ("lomma", "none")]
    alone = grid(like(attack=("lomma",), adaptive=("logit",)), told)
    assert {attack.config.adaptive for attack in alone.attacks} == {"none"}


def test_the_strongest_is_searched_once_on_each_head_whatever_forms_are_asked_for(told):
    cells = grid(like(attack=("strongest",), adaptive=("none", "logit", "straight-through")), told)
    assert len(cells.attacks) == len(cells.models)
    assert {(a.config.attack, a.config.adaptive) for a in cells.attacks} == {("strongest", "none")}
    assert {a.prior_label for a in cells.attacks} == {"renderer"}


def test_the_first_seed_searches_the_strongest_for_all_seeds_of_a_head(told, tmp_path):
    asked = like(rank=("none", "8"), seeds=(3, 4, 5), attack=("strongest", "ppa"), identities=40)
    cells = grid(asked, told)
    strongest = [a for a in cells.attacks if a.config.attack == "strongest"]
    searching = [a for a in strongest if a.searched is None]
    assert [a.config.seed for a in searching] == [3, 3]
    for attack in strongest:
        if attack.searched is not None:
            own, other = attack.model.config, attack.searched.model.config
            assert own.model == other.model
            assert attack.searched in attack.needs()
    placed = [unit.cells for stage in cells.stages(asked) for unit in stage]
    order = [cell.name for unit in placed for cell in unit]
    assert sorted(order) == sorted(cell.name for cell in cells.cells)
    for attack in strongest:
        assert all(order.index(need.name) < order.index(attack.name) for need in attack.needs())
    last = cells.stages(asked)[-1]
    assert {cell.searched is not None for unit in last for cell in unit.cells} == {True}
    write_unit(tmp_path / "unit.json", last[0])
    assert read_unit(tmp_path / "unit.json") == last[0]


def test_who_was_searched_on_is_reported_for_no_seed(told):
    cells = grid(like(seeds=(0, 1), attack=("strongest",), classes="all"), told)
    for attack in cells.attacks:
        if attack.searched is not None:
            classes = attack.model.pictures.classes
            reported, aside = people(np.arange(classes), classes, attack.searched.config.seed)
            labels = attacked_classes(attack.config, classes)
            np.testing.assert_array_equal(labels, reported)
            assert not set(labels) & set(aside)


def test_a_baseline_is_attacked_even_if_only_a_form_against_another_is_asked_for(told):
    cells = grid(like(rank=("none", "8"), adaptive=("straight-through",)), told)
    found = {(a.model.config.model.defense.spec, a.config.adaptive) for a in cells.attacks}
    assert found == {("none", "none"), ("loft:8", "straight-through")}


def test_all_seeds_share_people_split_and_judges(told):
    cells = grid(SMALL, told)
    assert {model.config.data_seed for model in cells.models} == {0}
    assert len(cells.judges) == 2
    trunks = {judge.config.model.trunk for judge in cells.judges}
    assert len(trunks) == 2
    assert "small_cnn" not in trunks
    seeds = {judge.config.run.seed for judge in cells.judges}
    assert not seeds & {model.config.run.seed for model in cells.models}
    assert {judge.config.data_seed for judge in cells.judges} == {0}


def test_a_name_says_what_a_cell_is_and_not_where_it_lies_or_what_it_runs_on(told):
    model = grid(SMALL, told).models[0]
    elsewhere = RunConfig(seed=model.config.run.seed, out="/somewhere", device="cpu", cache=False)
    moved = dataclasses.replace(model.config.data, data="/elsewhere/faces")
    for same in ({"run": elsewhere}, {"start_from": "/a"}, {"data": moved}):
        assert Model(dataclasses.replace(model.config, **same), model.pictures).name == model.name
    shorter = dataclasses.replace(model.config.optim, epochs=3)
    others = [
        Model(dataclasses.replace(model.config, run=RunConfig(seed=7)), model.pictures),
        Model(dataclasses.replace(model.config, optim=shorter), model.pictures),
        dataclasses.replace(model, pictures=dataclasses.replace(model.pictures, fingerprint="x")),
    ]
    assert len({one.name for one in [model, *others]}) == 4
    attack = grid(SMALL, told).attacks[0]
    moved = dataclasses.replace(attack.config, path="/a", out="/b", memory=9.0, batch=3)
    assert dataclasses.replace(attack, config=moved).name == attack.name
    for change in ({"steps": 3}, {"seed": 9}, {"classes": "0:2"}, {"per_class": 9}):
        other = dataclasses.replace(attack.config, **change)
        assert dataclasses.replace(attack, config=other).name != attack.name


def test_a_changed_recipe_renames_the_attacks_by_it_and_nothing_else(told, monkeypatch):
    """A12: the name of a recipe says nothing of its numbers."""
    from loft_jax.attacks.recipes.table import RECIPES

    before = grid(like(attack=("ppa", "mi-face")), told)
    assert all(cell.name for cell in before.cells)  # names are remembered
    own = RECIPES["ppa"]
    changed = own.with_effort(steps=1 + own.search[0].steps, candidates=None)
    monkeypatch.setitem(RECIPES._rows, "ppa", changed)
    after = grid(like(attack=("ppa", "mi-face")), told)
    assert [m.name for m in before.models] == [m.name for m in after.models]
    for old, new in zip(before.attacks, after.attacks, strict=True):
        assert (old.name == new.name) == (old.config.attack == "mi-face")


def test_the_steps_and_the_row_of_a_prior_rename_it_and_the_attacks_with_it(told, monkeypatch):
    from loft_jax.priors.table import PRIORS

    config = like(attack=("gmi",), rank=("none",), seeds=(0,))
    before = grid(config, told)
    names = [one.name for one in (before.priors[0], before.attacks[0], before.models[0])]
    row = PRIORS["dcgan"]
    own = row.fitted.games["hinge"]
    cases = [grid(dataclasses.replace(config, prior_steps=7), told)]
    for change in (
        {"steps": row.fitted.steps + 1},
        {"conditional": True},
        {"games": {"hinge": own._replace(betas=(0.1, 0.9))}},
        {"games": dict(reversed(row.fitted.games.items()))},
    ):
        other = dataclasses.replace(row, fitted=row.fitted._replace(**change))
        monkeypatch.setitem(PRIORS._rows, "dcgan", other)
        cases.append(grid(config, told))
    for after in cases:
        assert after.priors[0].name != names[0]
        assert after.attacks[0].name != names[1]
        assert after.models[0].name == names[2]


def test_a_prior_of_one_law_is_none_of_another_that_draws_as_many(monkeypatch):
    monkeypatch.setitem(SOURCES._rows, "masks", dataclasses.replace(SOURCES["faces"]))

    def name(data):
        fit = FitConfig(data=data, size=8)
        return Prior(fit, Look().public(fit, TrainConfig()), None).name

    assert name("faces") == name("faces")
    assert name("faces") != name("masks")


def test_another_format_of_the_code_renames_everything(told, monkeypatch):
    before = {cell.name for cell in grid(SMALL, told).cells}
    monkeypatch.setattr(identity, "CODE_FORMAT", identity.CODE_FORMAT + 1)
    assert not before & {cell.name for cell in grid(SMALL, told).cells}


def test_a_new_field_with_a_default_renames_nothing(told):
    model = grid(SMALL, told).models[0]
    config = model.config
    optim = dataclasses.make_dataclass(
        "OptimConfig", [("novel", float, 0.5)], bases=(type(config.optim),), frozen=True
    )
    wider = optim(**dataclasses.asdict(config.optim))
    now = Model(dataclasses.replace(config, optim=wider), model.pictures)
    assert now.name == model.name
    used = dataclasses.replace(wider, novel=0.7)
    assert Model(dataclasses.replace(config, optim=used), model.pictures).name != model.name


@pytest.mark.parametrize("attack", ["gmi", "ked-mi", "plg-mi", "if-gmi", "lomma"])
def test_a_recipe_that_needs_a_trained_prior_gets_one(attack, told):
    cells = grid(like(attack=(attack,)), told)
    assert all(isinstance(one.prior, Prior) for one in cells.attacks)
    fitted_to_targets = attack in ("ked-mi", "plg-mi")
    assert len(cells.priors) == (len(cells.models) if fitted_to_targets else 1)
    # Fitted alike, they have one name in the table: else no two defenses could be compared.
    assert len({prior.label for prior in cells.priors}) == 1


def test_attacks_with_priors_of_two_kinds_are_two_attacks(told):
    # Their settings but for the kind are equal.
    cells = grid(like(prior=("dcgan", "style"), adaptive=("none",)), told)
    assert len(cells.attacks) == 2 * len(cells.models)
    assert len({attack.name for attack in cells.attacks}) == len(cells.attacks)
    assert {prior.config.prior for prior in cells.priors} == {"dcgan", "style"}


def test_what_a_defense_starts_from_is_trained_first_and_once(told):
    cells = grid(like(rank=(), defense=("svd:8", "svd:4"), seeds=(0,)), told)
    assert specs(cells) == {"svd:8", "svd:4"}
    starts = {model.start.name for model in cells.models}
    assert len(starts) == 1
    plain = grid(like(rank=("none",), seeds=(0,)), told).models[0]
    assert starts == {plain.name}
    _, second, third = cells.stages(SMALL)
    assert [[cell.name for cell in unit.cells] for unit in second] == [[plain.name]]
    assert {unit.cells[0].name for unit in third} == {model.name for model in cells.models}


def test_what_starts_from_a_classifier_does_not_wait_for_the_attacks_on_it(told):
    asked = like(rank=(), defense=("none", "svd:8", "loft:8"), seeds=(0,), adaptive=("none",))
    _, second, third = grid(asked, told).stages(asked)
    held = {unit.name: [type(cell) for cell in unit.cells] for unit in second}
    plain = next(name for name in held if "plain" in name)
    assert held.pop(plain) == [Model]
    assert list(held.values()) == [[Model, Attack]]
    svd, attacks = (unit.cells for unit in third)
    assert [type(cell) for cell in svd] == [Model, Attack]
    assert [type(cell) for cell in attacks] == [Attack]
    assert attacks[0].model.name == plain


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_unit_comes_after_what_it_needs(name, told):
    laptop = EXPERIMENTS[name].laptop
    cells = grid(laptop, told)
    done: set[str] = set()
    for stage in cells.stages(laptop):
        made: set[str] = set()
        for unit in stage:
            here: set[str] = set()
            for cell in unit.cells:
                assert {needed.name for needed in cell.needs()} <= done | here
                here.add(cell.name)
            assert not here & made  # no two units of a stage write the same folder
            made |= here
        done |= made
    assert done == {cell.name for cell in cells.cells}
    assert done >= {cell.name for cell in (*cells.models, *cells.judges, *cells.priors)}


def test_figures_share_the_cells_of_the_table_of_defenses(told):
    table = {attack.name for attack in grid(EXPERIMENTS["table-defenses"].laptop, told).attacks}
    for name in ("fig1", "fig5"):
        cells = grid(EXPERIMENTS[name].laptop, told)
        assert {attack.name for attack in cells.attacks} <= table


def test_a_unit_survives_its_file(tmp_path, told):
    for name in ("table-attacks", "fig3"):
        laptop = EXPERIMENTS[name].laptop
        for stage in grid(laptop, told).stages(laptop):
            for unit in stage[:2]:
                write_unit(tmp_path / "unit.json", unit)
                found = read_unit(tmp_path / "unit.json")
                assert found == unit
                assert [cell.name for cell in found.cells] == [cell.name for cell in unit.cells]


def test_a_smoke_keeps_the_last_defense_of_each_kind():
    small = quick(SweepConfig())
    assert small.specs == ("none", "loft:8")
    assert len(small.seeds) == 2
    assert quick(SweepConfig(defense=("none", "svd:9", "svd:2"))).specs == ("none", "svd:2")


def test_a_smoke_attacks_what_there_is_or_what_is_named(told):
    def attacked(**asked):
        (found,) = {one.config.classes for one in grid(quick(SweepConfig(**asked)), told).attacks}
        return found

    assert attacked(quick=True) == "0:4"
    assert attacked(quick=True, identities=3) == "0:3"
    assert attacked(quick=True, classes="5,2") == "5,2"


def test_a_smoke_uses_few_pictures_of_a_folder(tmp_path):
    config = quick(SweepConfig(quick=True, data=(str(tmp_path), "faces")))
    folder, faces = (training(config, data).data for data in config.data)
    assert (folder.first_classes, folder.first_pictures) == (8, 16)
    assert (faces.first_classes, faces.first_pictures) == (None, None)
    assert (faces.identities, faces.pictures) == (8, 16)


def test_the_cells_of_a_sweep_are_jobs():
    for kind in (Model, Prior, Attack):
        assert issubclass(kind, kinds.Job)
    assert len({kind.room for kind in (Model, Prior, Attack)}) == 3
