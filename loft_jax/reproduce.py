"""python -m loft_jax.reproduce NAME: a figure or table of the paper, computed here."""

import time

_STARTED = time.perf_counter()  # before the imports below: they are part of what a user waits for

import dataclasses
import shlex
from collections.abc import Sequence

from loft_jax import cli
from loft_jax.data.sources import absolute_data
from loft_jax.reproductions.settings import ReproduceConfig

DESCRIPTION = """Compute and draw a figure or table of "Rank Matters". What was computed for one
name serves the others; an interrupted one goes on.

  fig1              test accuracy against attack accuracy
  fig3              a trained plain head cut to rank r afterwards, in two ways
  fig4              three classes in the plane: attacks, and the exact ideal inversion error
  fig5              reconstructions side by side
  table-rank        none, 128, 64, 32, 16, 8, 4 (paper scale: none, 500 ... 20)
  table-activation  none, relu, relu6, leaky_relu, sigmoid, tanh at rank 16
  table-input-norm  BatchNorm before the head or not
  table-attacks     every recipe on the plain head and on rank 16; takes an hour

At laptop scale on synthetic faces, or --data digits; --scale paper is the authors' recipe as far as
it is public, for your own pictures, and was not run here."""


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    config = cli.parse(
        ReproduceConfig, prog="python -m loft_jax.reproduce", description=DESCRIPTION, args=args
    )
    config = dataclasses.replace(
        config,
        data=config.data and absolute_data(config.data),
        prior=config.prior and cli.absolute(config.prior, "pixels", "renderer"),
    )
    from loft_jax.reproductions.session import reproduce_run

    command = shlex.join(["python", "-m", "loft_jax.reproduce", *args])
    return reproduce_run(config, command=command, started=_STARTED)


if __name__ == "__main__":
    cli.run(main)
