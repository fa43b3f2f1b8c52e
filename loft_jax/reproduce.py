"""python -m loft_jax.reproduce NAME: a figure or table of the paper, computed here."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from loft_jax import cli
from loft_jax.runs import keywords

if TYPE_CHECKING:
    from loft_jax.runs.session import Result

DESCRIPTION = """Compute and draw a figure or table of "Rank Matters". What was computed for one
name serves the others; an interrupted one goes on.

  fig1              every defense: test accuracy against the strongest attack
  fig3              a trained plain head cut to rank r afterwards, in two ways
  fig4              three classes in the plane: attacks, and the exact ideal inversion error
  fig5              reconstructions side by side, a row a defense
  table-defenses    the same as a table: closed and open set, retrieval, an independent judge; hours
  table-rank        none, 64, 16, 8 (paper scale: none, 500 ... 20)
  table-activation  none, relu, relu6, leaky_relu, sigmoid, tanh at rank 16
  table-input-norm  BatchNorm before the head or not
  table-attacks     every recipe by weights on the plain head and on rank 16; takes an hour
  table-access      weights, scores or labels alone, on four heads, with few queries and many
  table-theory      heads of one rank that leak unlike: does the theory predict what is found? hours
  coverage          how often our intervals hold the truth, by simulation; trains nothing

At laptop scale on synthetic faces, or --data digits; --scale paper is the authors' recipe as far as
it is public, for your own pictures, and was not run here."""


def run(name: str, **settings: Any) -> "Result":
    """Compute and draw an experiment; `settings` are the command's flags, such as quick=True.

    Raises:
        InputError: if the experiment is impossible with these settings.
        Stopped: if a signal came; all is saved.
    """
    from loft_jax.reproductions.session import reproduce_experiment
    from loft_jax.reproductions.settings import ReproduceConfig
    from loft_jax.runs import schema

    asked = keywords.replaced(ReproduceConfig(), {"name": name, **settings})
    schema.check(asked)
    return reproduce_experiment(asked)


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    from loft_jax.reproductions.session import ALONE, reproduce_experiment
    from loft_jax.reproductions.settings import ReproduceConfig
    from loft_jax.runs import schema
    from loft_jax.sweeps.look import on_cpu
    from loft_jax.sweeps.session import EXIT_FAILED

    config = cli.parse(
        ReproduceConfig, prog="python -m loft_jax.reproduce", description=DESCRIPTION, args=args
    )
    schema.check(config)
    command = shlex.join(["python", "-m", "loft_jax.reproduce", *args])
    if config.name not in ALONE:
        on_cpu()
    done = reproduce_experiment(config, command=command, started=cli.STARTED)
    cli.show(done)
    return EXIT_FAILED if done.numbers["failed"] else 0


cli.offer(__name__, run, main)
