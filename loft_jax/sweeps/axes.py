"""From the axes of a sweep to settings: defenses, trainings, judges."""

import dataclasses
import itertools
from collections.abc import Iterator

from loft_jax.data.sources import source_of
from loft_jax.defenses.base import Defense
from loft_jax.defenses.loft import LoFt
from loft_jax.defenses.table import defense_named
from loft_jax.errors import InputError
from loft_jax.fitting.presets import few, preset_for
from loft_jax.fitting.public_people import PublicPeople
from loft_jax.fitting.settings import TrainConfig
from loft_jax.runs.settings import RunConfig
from loft_jax.sweeps.settings import SweepConfig

LAPTOP_EPOCHS, LAPTOP_RATE = 20, 6e-3
"""On 24 pictures of each synthetic person a head of rank 16 then names 0.992 of the test pictures,
at a rate of 3e-3 0.983: a head that learned less gives away less for that reason alone."""


def defenses(config: SweepConfig) -> tuple[Defense, ...]:
    """The defenses of the grid, each once; the axes of LoFt apply where it does not say itself.

    Raises:
        InputError: if one is none, or a value of it is not one of those allowed.
    """
    made: dict[str, Defense] = {}
    for spec in config.specs:
        for defense in _variants(spec, config):
            made.setdefault(defense.spec, defense)
    return tuple(made.values())


def _variants(spec: str, config: SweepConfig) -> Iterator[Defense]:
    named = defense_named(spec)
    if not isinstance(named, LoFt):
        yield named
        return
    activations = (named.activation,) if "activation=" in spec else config.activation
    norms = [named.input_norm] if "norm=" in spec else [one == "yes" for one in config.input_norm]
    for activation, norm in itertools.product(activations, norms):
        yield dataclasses.replace(named, activation=activation, input_norm=norm)


def trainings(config: SweepConfig) -> Iterator[TrainConfig]:
    """How the classifiers of the grid are trained.

    Raises:
        InputError: as `defenses`, if there is no such preset, or if public people are missing.
    """
    known = defenses(config)
    for data, trunk, defense, seed in itertools.product(
        config.data, config.trunk, known, config.seeds
    ):
        base = training(config, data)
        model = dataclasses.replace(base.model, trunk=trunk, defense=defense)
        people = _people(config, data, defense)
        yield dataclasses.replace(base, model=model, pretrain=people, run=RunConfig(seed=seed))


def _people(config: SweepConfig, data: str, defense: Defense) -> PublicPeople | None:
    """Whom the trunk learns first where a defense asks for it and no law draws them."""
    if not defense.needs_public or source_of(data).law is not None:
        return None
    if config.public is None:
        msg = (
            f"`--public` must name public people for {defense.about.title}, whose trunk learns "
            f"them first, got none for {data}"
        )
        raise InputError(msg)
    return PublicPeople(config.public)


def training(config: SweepConfig, data: str) -> TrainConfig:
    """How classifiers on these pictures are trained: the preset, and what the sweep overrides.

    Raises:
        InputError: if there is no such preset.
    """
    name, preset = preset_for(config.preset, data)
    pictures = dataclasses.replace(
        preset.data,
        data=data,
        size=config.size or preset.data.size,
        identities=config.identities,
        pictures=config.pictures,
        data_seed=config.data_seed,
    )
    if config.quick:
        pictures = few(pictures, config.identities, config.pictures)
    laptop = config.preset == "auto" and source_of(data).law is not None
    epochs = config.epochs or (LAPTOP_EPOCHS if laptop else preset.optim.epochs)
    rate = LAPTOP_RATE if laptop else preset.optim.learning_rate
    optim = dataclasses.replace(preset.optim, epochs=epochs, learning_rate=rate)
    return dataclasses.replace(preset, preset=name, data=pictures, optim=optim)
