"""python -m loft_jax.sweep: train and attack every model of a grid, and say what that shows."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from loft_jax import cli
from loft_jax.runs import keywords

if TYPE_CHECKING:
    from loft_jax.runs.session import Result
    from loft_jax.sweeps.settings import SweepConfig

DESCRIPTION = """Train and attack every classifier of a grid: defense x trunk x pictures x seed x
attack x prior. Whatever is in --out already is not computed again, so an interrupted sweep goes on
and a larger one adds to a smaller. Ends with a table, pictures, and a sentence made from 95 %
intervals. --defense takes names such as none, loft:64, svd:16; --rank none 64 16 is short for
none, loft:64, loft:16."""


def run(**settings: Any) -> "Result":
    """Train and attack a grid; `settings` are the command's flags, such as rank=("none", "16").

    Raises:
        InputError: if the grid is impossible.
        Stopped: if a signal came; all is saved.
    """
    from loft_jax.sweeps.session import run_sweep
    from loft_jax.sweeps.settings import SweepConfig

    return run_sweep(_asked(keywords.replaced(SweepConfig(), settings)))


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    from loft_jax.sweeps.look import on_cpu
    from loft_jax.sweeps.session import EXIT_FAILED, run_sweep
    from loft_jax.sweeps.settings import SweepConfig

    config = cli.parse(
        SweepConfig(), prog="python -m loft_jax.sweep", description=DESCRIPTION, args=args
    )
    command = shlex.join(["python", "-m", "loft_jax.sweep", *args])
    on_cpu()
    done = run_sweep(_asked(config), command=command, started=cli.STARTED)
    cli.show(done)
    return EXIT_FAILED if done.numbers["failed"] else 0


def _asked(config: "SweepConfig") -> "SweepConfig":
    from loft_jax.runs import schema
    from loft_jax.sweeps.settings import absolute, quick

    schema.check(config)
    return absolute(quick(config) if config.quick else config)


cli.offer(__name__, run, main)
