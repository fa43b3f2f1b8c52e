"""python -m loft_jax.sweep: train and attack every model of a grid, and say what that shows."""

import time

_STARTED = time.perf_counter()  # before the imports below: they are part of what a user waits for

import dataclasses
import shlex
from collections.abc import Sequence

from loft_jax import cli
from loft_jax.data.sources import absolute_data
from loft_jax.sweeps.settings import SweepConfig, check, quick

DESCRIPTION = """Train and attack every classifier of a grid: head x rank x activation x input norm
x trunk x pictures x seed x attack x prior. Whatever is in --out already is not computed again, so
an interrupted sweep goes on and a larger one adds to a smaller. Ends with a table, pictures, and a
sentence made from 95 % intervals."""


def with_absolute_paths(config: SweepConfig) -> SweepConfig:
    """The same settings with paths absolute: cells are worked on from anywhere."""
    kinds = ("pixels", "renderer", "dcgan", "style", "plgmi", "kedmi")
    return dataclasses.replace(
        config,
        data=tuple(map(absolute_data, config.data)),
        prior=tuple(cli.absolute(name, *kinds) for name in config.prior),
        public=absolute_data(config.public),
    )


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    config = cli.parse(
        SweepConfig,
        prog="python -m loft_jax.sweep",
        description=DESCRIPTION,
        args=args,
        default=SweepConfig(),
    )
    check(config)
    config = with_absolute_paths(quick(config) if config.quick else config)
    from loft_jax.sweeps.session import sweep_run

    command = shlex.join(["python", "-m", "loft_jax.sweep", *args])
    return sweep_run(config, command=command, started=_STARTED)


if __name__ == "__main__":
    cli.run(main)
