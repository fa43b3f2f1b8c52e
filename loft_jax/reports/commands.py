"""Command lines that repeat a run or an attack, with no flag that says what is so anyway."""

import dataclasses
import shlex
from collections.abc import Iterator
from typing import Any

from loft_jax.attacks.settings import AttackConfig
from loft_jax.attacks.settings import quick as quick_attack
from loft_jax.data.settings import DataConfig
from loft_jax.defenses.base import Defense
from loft_jax.fitting import presets
from loft_jax.fitting.settings import TrainConfig
from loft_jax.nets.imported.settings import ImportedWeights
from loft_jax.runs import schema

GROUPS = ("data", "model", "augment", "optim", "run")
TOLD = ("attack", "prior", "steps", "candidates")
"""Settings of an attack that say what it is, although its name or recipe says it too."""


def train_command(config: TrainConfig) -> str:
    """`python -m loft_jax.train ...` with the settings of `config` in a new folder."""
    name, preset = presets.preset_for("auto", config.data.data)
    # Without --data the preset would be that of the default.
    flags = [] if config.data.data == DataConfig().data else ["--data", config.data.data]
    if name != config.preset:
        _, preset = presets.preset_for(config.preset, config.data.data)
        flags += ["--preset", config.preset]
    if config.run.quick:
        preset = presets.quick(preset, config.data.data)
        flags.append("--quick")
    told = dataclasses.replace(preset.data, data=config.data.data)
    preset = dataclasses.replace(preset, data=told)
    if config.pretrain is not None:
        flags += ["--pretrain", config.pretrain.pretrain]
    if config.start_from is not None and config.model.defense.start_from(config) is None:
        flags += ["--start-from", config.start_from]  # a defense finds its own
    for group in GROUPS:
        flags += _differing(getattr(config, group), getattr(preset, group))
    return shlex.join(["python", "-m", "loft_jax.train", *flags])


def attack_command(config: AttackConfig) -> str:
    """`python -m loft_jax.attack RUN ...` with the settings of `config` in a new folder."""
    default, flags = AttackConfig(), []
    if config.quick:
        default = quick_attack(default)
        flags.append("--quick")
    flags += _differing(config, default)
    return shlex.join(["python", "-m", "loft_jax.attack", config.path, *flags])


def what(settings: Any) -> Iterator[tuple[str, Any]]:
    """Settings by name that say what something is, not where it lies; a defense as its flag."""
    for name, hint in schema.hints(type(settings)).items():
        value = getattr(settings, name)
        if not schema.says_where(hint) or name in TOLD:
            yield name, value.spec if isinstance(value, Defense) else value


def _differing(settings: Any, default: Any) -> list[str]:
    flags: list[str] = []
    for name, value in what(settings):
        like = getattr(default, name)
        flag = f"--{name.replace('_', '-')}"
        if isinstance(like, Defense):
            flags += _defense_flags(getattr(settings, name), like)
        elif value == like or name == "quick":
            continue
        elif isinstance(value, ImportedWeights):
            flags += _weights_flags(value)
        elif isinstance(value, bool):
            flags.append(flag if value else f"--no-{flag.removeprefix('--')}")
        elif isinstance(value, tuple | list):
            flags += [flag, *map(str, value)]
        else:
            flags += [flag, str(value)]
    return flags


def _weights_flags(weights: ImportedWeights) -> list[str]:
    """The file and what pictures it wants; what is not known is its library's."""
    flags = ["--weights", weights.weights]
    for name, numbers in (("mean", weights.mean), ("std", weights.std)):
        flags += [f"--weights-{name}", *map(str, numbers)] if numbers else []
    return flags


def _defense_flags(defense: Defense, like: Defense) -> list[str]:
    """`--defense SPEC`; what it leaves to the preset and is another there is told as well."""
    if defense == like:
        return []
    spec = defense.spec
    for field in dataclasses.fields(defense):
        value = getattr(defense, field.name)
        told = value != field.default or field == dataclasses.fields(defense)[0]
        if not told and getattr(like, field.name, value) != value:
            spec += f"{',' if ':' in spec else ':'}{field.name}={value}".lower()
    return ["--defense", spec]
