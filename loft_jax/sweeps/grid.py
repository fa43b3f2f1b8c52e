"""From the axes of a sweep to its cells, and from cells to units of work."""

import dataclasses
import itertools
from collections.abc import Iterator
from typing import NamedTuple

from loft_jax.attacks.adaptive import forms, useful, within_budget
from loft_jax.attacks.recipes.base import Recipe
from loft_jax.attacks.recipes.strongest import people
from loft_jax.attacks.request import prior_name, recipe_for
from loft_jax.attacks.settings import QUICK_CLASSES, AttackConfig, attacked_classes
from loft_jax.attacks.settings import quick as quick_attack
from loft_jax.data.sources import source_of
from loft_jax.data.sources.table import row_of
from loft_jax.defenses.network import check_width
from loft_jax.errors import InputError
from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.fitting.generators.settings import quick as quick_fit
from loft_jax.judging.evaluators import default_judges
from loft_jax.judging.independent.table import chosen
from loft_jax.priors.table import PRIORS
from loft_jax.runs import schema
from loft_jax.runs.settings import RunConfig
from loft_jax.sweeps.axes import trainings
from loft_jax.sweeps.cells import Attack, Cell, Given, Model, Prior
from loft_jax.sweeps.look import Look
from loft_jax.sweeps.settings import FIRST_CLASSES, SweepConfig
from loft_jax.sweeps.units import Unit

JUDGE_SEED = 1000
"""How far the seed of evaluators is from the data's: one pair judges all seeds."""


class Grid(NamedTuple):
    """All cells of a sweep.

    Attributes:
        attacks: in the order of the axes; everything else is what they need.
    """

    attacks: tuple[Attack, ...]

    @property
    def models(self) -> tuple[Model, ...]:
        """The attacked classifiers, each once."""
        return tuple({attack.model.name: attack.model for attack in self.attacks}.values())

    @property
    def judges(self) -> tuple[Model, ...]:
        """The evaluators, each once."""
        found = (judge for attack in self.attacks for judge in attack.judges)
        return tuple({judge.name: judge for judge in found}.values())

    @property
    def priors(self) -> tuple[Prior, ...]:
        """The generators that are fitted here, each once."""
        found = (attack.prior for attack in self.attacks if isinstance(attack.prior, Prior))
        return tuple({prior.name: prior for prior in found}.values())

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell once, also what classifiers start from."""
        starts = (start for level in self._levels() for start in level)
        every = [*self.judges, *self.priors, *starts, *self.attacks]
        return tuple({cell.name: cell for cell in every}.values())

    def stages(self, config: SweepConfig) -> list[list[Unit]]:
        """Units of work: those of one list need nothing of each other, only of earlier lists.

        Attacks go with their classifier, but where others start from it: these wait for its
        training alone.
        """
        public = [prior for prior in self.priors if prior.target is None]
        first = [(cell,) for cell in (*self.judges, *public)]
        levels = self._levels()
        awaited = {model.start.name for level in levels for model in level if model.start}
        later: list[list[tuple[Cell, ...]]] = []
        left: list[tuple[Cell, ...]] = []
        for level in levels:
            alone = [model for model in level if model.name in awaited]
            whole = [model for model in level if model.name not in awaited]
            later.append([(model,) for model in alone])
            later[-1] += [(model, *self._attacks_of(model)) for model in whole] + left
            left = [attacks for model in alone if (attacks := self._attacks_of(model))]
        followers = itertools.groupby(
            (attack for attack in self.attacks if attack.searched is not None),
            key=lambda attack: attack.model.name,
        )
        later.append([tuple(own) for _, own in followers])
        return [
            [
                Unit(cells[0].name, tuple(cells), config.device, config.cache, config.memory)
                for cells in stage
            ]
            for stage in (first, *later)
            if stage
        ]

    def _levels(self) -> list[list[Model]]:
        """Classifiers and what they start from, each behind its start."""
        levels: list[dict[str, Model]] = []
        for model in self.models:
            chain = [model]
            while (start := chain[-1].start) is not None:
                chain.append(start)
            for depth, one in enumerate(reversed(chain)):
                if depth == len(levels):
                    levels.append({})
                levels[depth].setdefault(one.name, one)
        return [list(level.values()) for level in levels]

    def _attacks_of(self, model: Model) -> tuple[Cell, ...]:
        """Its attacks that wait for no search elsewhere, behind the priors that are its own."""
        own = [
            attack
            for attack in self.attacks
            if attack.model.name == model.name and attack.searched is None
        ]
        fitted = {
            attack.prior.name: attack.prior
            for attack in own
            if isinstance(attack.prior, Prior) and attack.prior.target is not None
        }
        return (*fitted.values(), *own)


def grid(config: SweepConfig, look: Look) -> Grid:
    """Every combination of the axes, each judged before anything is trained.

    Raises:
        InputError: if a combination is impossible.
    """
    schema.check(config)
    models = _models(config, look)
    _check_forms(config, models)
    attacks = _shared([attack for model in models for attack in _attacks_on(model, config, look)])
    return Grid(tuple({attack.name: attack for attack in attacks}.values()))


def _shared(attacks: list[Attack]) -> list[Attack]:
    """The attacks; of those that search, the first of its kind does so for all seeds."""
    first: dict[str, Attack] = {}
    return [
        _following(attack, first.setdefault(_but_seed(attack), attack))
        if attack.config.attack == "strongest"
        else attack
        for attack in attacks
    ]


def _but_seed(attack: Attack) -> str:
    """What tells an attack from those that differ in the seed alone."""
    model = attack.model
    unseeded = dataclasses.replace(model.config, run=RunConfig())
    prior = attack.prior.label if isinstance(attack.prior, Prior) else attack.prior.name
    return repr((Model(unseeded, model.pictures).name, prior))


def _following(attack: Attack, first: Attack) -> Attack:
    """The attack with the variant that the first found, on the same people."""
    if attack is first:
        return attack
    classes = attack.model.pictures.classes
    asked = attacked_classes(attack.config, classes)
    reported = people(asked, classes, first.config.seed).reported
    config = dataclasses.replace(attack.config, classes=",".join(map(str, reported)))
    return dataclasses.replace(attack, config=config, searched=first)


def _models(config: SweepConfig, look: Look) -> list[Model]:
    made: dict[str, Model] = {}
    asked = list(trainings(config))
    for training in asked:  # before any picture is drawn or read
        schema.check(training)
        own = training.model
        check_width(own.trunk, own.defense, training.data.size or 32, fisher=own.fisher)
    for training in asked:
        pictures = look.pictures(training)
        own = training.model
        check_width(own.trunk, own.defense, pictures.size, fisher=own.fisher)
        model = Model(look.begun(training), pictures)
        made.setdefault(model.name, model)
    return list(made.values())


def _check_forms(config: SweepConfig, models: list[Model]) -> None:
    known = dict.fromkeys(
        form for model in models for form in forms(model.config.model.defense.adaptive)
    )
    for name in config.adaptive:
        if name not in known:
            msg = f"`--adaptive` must list forms among {', '.join(known)}, got {name}"
            raise InputError(msg)


def _judges(model: Model, config: SweepConfig) -> tuple[Model, ...]:
    seed = JUDGE_SEED + config.data_seed
    # All defenses have the same judges, whatever their own trunks learned first.
    alike = dataclasses.replace(model.config, pretrain=None)
    judges = default_judges(alike, model.pictures.size, seed=seed)
    return tuple(Model(judge, model.pictures) for judge in judges)


def _attacks_on(model: Model, config: SweepConfig, look: Look) -> Iterator[Attack]:
    judges = _judges(model, config)
    first = min(QUICK_CLASSES if config.quick else FIRST_CLASSES, model.pictures.classes)
    chosen(config.independent, row_of(model.config.data.data)[0])  # before hours of training
    for name, prior in itertools.product(config.attack, config.prior or (None,)):
        asked = AttackConfig(
            attack=name,
            classes=config.classes or f"0:{first}",
            per_class=config.per_class,
            seed=model.config.run.seed,
            steps=config.steps,
        )
        asked = quick_attack(asked) if config.quick else asked
        schema.check(asked)
        recipe = recipe_for(asked)
        labels = attacked_classes(asked, model.pictures.classes)
        source = _prior(asked, recipe, prior, model, config, look)
        strangers = _strangers(source, model, config, look)
        own = useful(recipe, model.config.model.defense.adaptive)
        # Even if only forms are asked for that change nothing here: else nothing is compared.
        for adaptive in [form for form in config.adaptive if form in own] or ["none"]:
            for each in _budgets(recipe, config):
                known = model.config.model.defense.adaptive  # the next line says what is too few
                within_budget(recipe, adaptive, known, each, len(labels), asked.steps)
                form = dataclasses.replace(asked, adaptive=adaptive, queries=each)
                yield Attack(model, form, source, judges, config.independent, strangers)


def _budgets(recipe: Recipe, config: SweepConfig) -> tuple[int | None, ...]:
    """Pictures that may be asked of each class; None where nobody limits them."""
    return (None,) if recipe.asks == "white" or not config.queries else config.queries


def _prior(
    asked: AttackConfig,
    recipe: Recipe,
    name: str | None,
    model: Model,
    config: SweepConfig,
    look: Look,
) -> Prior | Given:
    if name is None:
        name = recipe.fitted_prior
    if name is None:
        name = prior_name(asked, recipe, source_of(model.config.data.data).prior)
    row = PRIORS.get(name)
    if row is None or row.fitted is None:
        given = look.given(name, model.config)
        _check_offers(asked.attack, recipe, name, look.offers(name, model.config))
        return given
    fit = FitConfig(
        prior=name,
        data=_public(name, model, config),
        size=model.pictures.size,
        channels=model.pictures.channels,  # pyright: ignore[reportArgumentType]
        steps=config.prior_steps,
    )
    fit = quick_fit(fit) if config.quick else fit
    target = model if row.needs_target else None
    schema.check(fit if target is None else dataclasses.replace(fit, target="its own"))
    return Prior(fit, look.public(fit, model.config), target)


def _strangers(prior: Prior | Given, model: Model, config: SweepConfig, look: Look) -> Given | None:
    """The public photographs, where neither a law nor the prior knows strangers."""
    if config.public is None or isinstance(prior, Prior) or prior.weights:
        return None
    if any(source_of(one).law is not None for one in (model.config.data.data, config.public)):
        return None
    return look.strangers(config.public, model.config)


def _public(prior: str, model: Model, config: SweepConfig) -> str:
    """Public pictures; those of a law are its own unless others are named."""
    if config.public is not None:
        return config.public
    data = model.config.data.data
    if source_of(data).law is None:
        msg = (
            f"`--public` must name public pictures for --prior {prior}, which is fitted to them, "
            f"got none for {data}"
        )
        raise InputError(msg)
    return data


def _check_offers(attack: str, recipe: Recipe, prior: str, offers: frozenset[str]) -> None:
    """Check that the prior can serve the recipe, as far as no target need be loaded for it."""
    of_targets = {"label", "scores", "gradients", "features", "head", "statistics"}
    missing = sorted(recipe.needed - offers - of_targets)
    if missing:
        msg = f"`--prior` for {attack} must offer {' and '.join(missing)}, got {prior}"
        raise InputError(msg)
