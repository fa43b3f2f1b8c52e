"""Command lines that repeat a run or an attack, with no flag that says what is so anyway."""

import dataclasses
import shlex
from typing import Any

from loft_jax.attacks import settings
from loft_jax.attacks.settings import AttackConfig
from loft_jax.data.settings import DataConfig
from loft_jax.fitting import presets
from loft_jax.fitting.settings import TrainConfig
from loft_jax.reports.folders import Attack, Run

ELSEWHERE = {"out", "resume", "show_recipes", "path", "quick"}
"""Settings that say where, not what; `quick` is told first, since others build on it."""
GROUPS = ("data", "model", "augment", "optim", "run")


def train_command(config: TrainConfig) -> str:
    """`python -m loft_jax.train ...` with the settings of `config` in a new folder."""
    name, preset = presets.preset_for("auto", config.data.data)
    # Without --data the preset would be that of faces.
    flags = [] if config.data.data == DataConfig().data else ["--data", config.data.data]
    if name != config.preset:
        _, preset = presets.preset_for(config.preset, config.data.data)
        flags += ["--preset", config.preset]
    if config.run.quick:
        preset = presets.quick(preset)
        flags.append("--quick")
    told = dataclasses.replace(preset.data, data=config.data.data)
    preset = dataclasses.replace(preset, data=told)
    for group in GROUPS:
        flags += _differing(getattr(config, group), getattr(preset, group))
    return shlex.join(["python", "-m", "loft_jax.train", *flags])


def attack_command(config: AttackConfig) -> str:
    """`python -m loft_jax.attack RUN ...` with the settings of `config` in a new folder."""
    default, flags = AttackConfig(), []
    if config.quick:
        default = settings.quick(default)
        flags.append("--quick")
    flags += _differing(config, default)
    return shlex.join(["python", "-m", "loft_jax.attack", config.path, *flags])


def run_lines(run: Run) -> list[str]:
    """What repeats a run; of a compressed head the training of its original."""
    lines = [train_command(run.config)]
    if run.compression is not None:
        method, rank = run.compression["method"], run.compression["rank"]
        lines.append(f"#   then its head is cut to rank {rank} by {method}")
    return lines


def attack_lines(attack: Attack) -> list[str]:
    """What repeats an attack: from its settings, or else the line that it was started with."""
    if attack.config is not None:
        return [attack_command(attack.config)]
    told = attack.result.get("environment", {}).get("command")
    return [shlex.join(told)] if told else []


def _differing(settings: Any, default: Any) -> list[str]:
    flags: list[str] = []
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if field.name in ELSEWHERE or value == getattr(default, field.name):
            continue
        flag = field.name.replace("_", "-")
        if isinstance(value, bool):
            flags.append(f"--{flag}" if value else f"--no-{flag}")
        elif isinstance(value, tuple | list):
            flags += [f"--{flag}", *map(str, value)]
        else:
            flags += [f"--{flag}", "none" if value is None else str(value)]
    return flags
