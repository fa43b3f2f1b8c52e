"""From the axes of a sweep to its cells, and from cells to units of work."""

import dataclasses
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from loft_jax.attacks.recipes import Recipe, recipe_named
from loft_jax.attacks.settings import Adaptive, AttackConfig, chosen_classes
from loft_jax.attacks.settings import check as check_attack
from loft_jax.attacks.settings import quick as quick_attack
from loft_jax.config import check as check_training
from loft_jax.data.sources import DEFAULT_SIZE, source_of
from loft_jax.defenses.none import NoDefense
from loft_jax.errors import InputError
from loft_jax.fitting.generators.config import RECIPES as PRIOR_KINDS
from loft_jax.fitting.generators.config import FitConfig
from loft_jax.fitting.generators.config import quick as quick_fit
from loft_jax.fitting.presets import preset_for
from loft_jax.fitting.settings import ModelConfig, TrainConfig
from loft_jax.nets.trunks.table import cheap_trunks, feature_width
from loft_jax.runs.settings import RunConfig
from loft_jax.sweeps.cells import Attack, Cell, Model, Prior
from loft_jax.sweeps.settings import SweepConfig
from loft_jax.sweeps.units import Unit

LAPTOP_EPOCHS = 15
"""On 24 pictures of each synthetic person: test accuracy 0.99 without a narrow head."""
JUDGES, JUDGE_SEED = 2, 1000
"""Evaluators, and how far their seed is from the data's."""
FITTED = {
    "gmi": "dcgan", "lomma": "dcgan", "ked-mi": "kedmi", "plg-mi": "plgmi", "if-gmi": "style",
}  # fmt: skip
"""Recipes without a default prior, and the kind that is fitted for each."""


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

    def stages(self, config: SweepConfig) -> list[list[Unit]]:
        """Units of work: those of one list need nothing of each other, only of earlier lists."""
        public = [prior for prior in self.priors if prior.target is None]
        first = [*self.judges, *public]
        trained = [model for model in self.models if model.compression is None]
        roots = {model.original.name: model.original for model in self.models}
        second = [
            self._with_attacks(model) if model in trained else (model,) for model in roots.values()
        ]
        cut = [model for model in self.models if model.compression is not None]
        third = [self._with_attacks(model) for model in cut]
        return [
            [
                Unit(cells[0].name, tuple(cells), config.device, config.cache, config.memory)
                for cells in stage
            ]
            for stage in ([(cell,) for cell in first], second, third)
            if stage
        ]

    def _with_attacks(self, model: Model) -> tuple[Cell, ...]:
        own = [attack for attack in self.attacks if attack.model == model]
        fitted = {
            attack.prior.name: attack.prior
            for attack in own
            if isinstance(attack.prior, Prior) and attack.prior.target is not None
        }
        return (model, *fitted.values(), *own)


def grid(config: SweepConfig) -> Grid:
    """Every combination of the axes; a plain head has no activation, so it is there once.

    Raises:
        InputError: if a combination is impossible.
    """
    check_places(config)
    attacks = [attack for model in models(config) for attack in attacks_on(model, config)]
    return Grid(tuple({attack.name: attack for attack in attacks}.values()))


def check_places(config: SweepConfig) -> None:
    """Say before anything is trained what every cell would fail at.

    Raises:
        InputError: if pictures or priors are not there, or classes are none of theirs.
    """
    for data in config.data:
        known = source_of(data).known_classes(config.identities)
        if known is not None:
            chosen_classes(config.classes, known)
        elif source_of(data).recognises is not None and not Path(data).exists():
            msg = f"`--data` must list faces, digits, npz files or folders, got {data}, not there"
            raise InputError(msg)
    for prior in config.prior:
        if prior not in ("pixels", "renderer", *PRIOR_KINDS) and not Path(prior).is_dir():
            msg = (
                f"`--prior` must list pixels, renderer, {', '.join(PRIOR_KINDS)} or folders of "
                f"fit_prior, got {prior}"
            )
            raise InputError(msg)


def models(config: SweepConfig) -> list[Model]:
    """The classifiers of the grid, each once.

    Raises:
        InputError: if a rank is above a trunk's feature width, or a setting is not as it must be.
    """
    made: dict[str, Model] = {}
    axes = (config.data, config.trunk, config.rank, config.activation, config.input_norm)
    for data, trunk, rank, activation, norm in itertools.product(*axes):
        base = training(config, data)
        head = ModelConfig(trunk=trunk, defense=NoDefense())
        if rank != "none":
            head = dataclasses.replace(
                head, rank=int(rank), activation=activation, input_norm=norm == "yes"
            )
            width = feature_width(trunk, base.data.size or DEFAULT_SIZE)
            if int(rank) > width:
                msg = f"`--rank` must list numbers up to {width} (the width of {trunk}), got {rank}"
                raise InputError(msg)
        for seed in config.seeds:
            trained = dataclasses.replace(base, model=head, run=RunConfig(seed=seed))
            check_training(trained)
            made.setdefault(Model(trained).name, Model(trained))
    return list(made.values())


def training(config: SweepConfig, data: str) -> TrainConfig:
    """How classifiers on these pictures are trained: the preset, and what the sweep overrides."""
    name, preset = preset_for(config.preset, data)
    pictures = dataclasses.replace(
        preset.data,
        data=data,
        size=config.size or preset.data.size,
        identities=config.identities,
        pictures=config.pictures,
        data_seed=config.data_seed,
    )
    laptop = config.preset == "auto" and source_of(data).law is not None
    epochs = config.epochs or (LAPTOP_EPOCHS if laptop else preset.optim.epochs)
    optim = dataclasses.replace(preset.optim, epochs=epochs)
    return dataclasses.replace(preset, preset=name, data=pictures, optim=optim)


def judges_of(model: Model) -> tuple[Model, ...]:
    """Two plain classifiers of other architectures on the same people, never attacked."""
    config = model.config
    trunks = cheap_trunks(config.data.size or DEFAULT_SIZE, other_than=config.model.trunk)
    if len(trunks) < JUDGES:
        msg = f"`--size` must leave room for evaluators of other trunks, got {config.data.size}"
        raise InputError(msg)
    seed = JUDGE_SEED + config.data_seed  # one pair judges all seeds
    return tuple(
        Model(
            dataclasses.replace(
                config,
                model=ModelConfig(trunk=trunk, defense=NoDefense()),
                run=RunConfig(seed=seed),
            )
        )
        for trunk in trunks[:JUDGES]
    )


def attacks_on(model: Model, config: SweepConfig) -> Iterable[Attack]:
    """The attacks of the grid on one classifier."""
    for name, prior in itertools.product(config.attack, config.prior or (None,)):
        yield from _variants(model, name, prior, config)


def _variants(model: Model, name: str, prior: str | None, config: SweepConfig) -> Iterable[Attack]:
    """One attack as it is and by attackers who know the head."""
    recipe, head = recipe_named(name), model.config.model
    useful: list[Adaptive] = [
        one for one in config.adaptive if not _changes_nothing(one, recipe, head)
    ]
    for adaptive in useful or ["none"]:
        asked = AttackConfig(
            path="RUN",
            attack=name,
            adaptive=adaptive,
            classes=config.classes,
            per_class=config.per_class,
            seed=model.config.run.seed,
            steps=config.steps,
        )
        asked = quick_attack(asked) if config.quick else asked
        check_attack(asked)
        own = FITTED.get(name) or recipe.default_prior
        if own == "renderer" and source_of(model.config.data.data).law is None:
            own = "pixels"  # no drawn face will ever be a digit or a photograph
        yield Attack(model, asked, _prior(prior or str(own), model, config), judges_of(model))


def _changes_nothing(adaptive: Adaptive, recipe: Recipe, head: ModelConfig) -> bool:
    """Whether the attack as it is says the same: no activation, or -l_y is its loss already."""
    linear = head.rank is None or head.activation == "none"
    return (adaptive == "straight-through" and linear) or (
        adaptive == "logit" and recipe.descends_logit
    )


def _prior(name: str, model: Model, config: SweepConfig) -> Prior | str:
    if name not in PRIOR_KINDS:
        return name
    size = model.config.data.size or DEFAULT_SIZE
    target = model if PRIOR_KINDS[name].needs_target else None
    fit = FitConfig(
        prior=name,  # pyright: ignore[reportArgumentType]
        data=config.public,
        size=size,
        steps=config.prior_steps,
    )
    return Prior(quick_fit(fit) if config.quick else fit, target)
