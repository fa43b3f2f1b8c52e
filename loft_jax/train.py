"""python -m loft_jax.train: train a classifier with a LoFt head, and measure its rank."""

import time

_STARTED = time.perf_counter()  # before the imports below: they are part of what a user waits for

import dataclasses  # noqa: E402
from collections.abc import Sequence  # noqa: E402

from loft_jax import cli  # noqa: E402
from loft_jax.config import TrainConfig, check  # noqa: E402
from loft_jax.data.sources import absolute_data  # noqa: E402
from loft_jax.fitting.presets import PRESETS, preset_for, quick  # noqa: E402

DESCRIPTION = """Train a classifier whose head is features -> r -> tanh -> classes (LoFt), on
synthetic faces, digits or your own pictures, and measure the rank of what it releases.

Presets:
""" + "\n".join(f"  {name}: {preset.note}" for name, preset in PRESETS.items())


def with_absolute_data(config: TrainConfig) -> TrainConfig:
    """The same settings with the path of the pictures absolute: a run is read from anywhere."""
    data = absolute_data(config.data.data)
    return dataclasses.replace(config, data=dataclasses.replace(config.data, data=data))


def configuration(args: Sequence[str]) -> TrainConfig:
    """The settings that the flags ask for: a preset, overridden by every flag that was given."""

    def parsed(default: TrainConfig) -> TrainConfig:
        return cli.parse(
            TrainConfig,
            prog="python -m loft_jax.train",
            description=DESCRIPTION,
            args=args,
            default=default,
        )

    asked = parsed(TrainConfig())
    name, preset = preset_for(asked.preset, asked.data.data)
    config = dataclasses.replace(parsed(quick(preset) if asked.run.quick else preset), preset=name)
    check(config)
    return with_absolute_data(config)


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    config = configuration(args)
    from loft_jax.fitting.session import train_run

    return train_run(config, started=_STARTED)


if __name__ == "__main__":
    cli.run(main)
