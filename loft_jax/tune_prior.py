"""python -m loft_jax.tune_prior ATTACK: draw a generator towards what an attack found in it."""

import time

_STARTED = time.perf_counter()  # before the imports below: they are part of what a user waits for

if __name__ == "__main__":
    from loft_jax.runs.interrupt import leave_quietly

    leave_quietly()

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loft_jax import cli
from loft_jax.runs import keywords

if TYPE_CHECKING:
    from loft_jax.runs.session import Result

DESCRIPTION = """Tune the prior of a finished attack on its own best reconstructions (PPDG-MI), for
a second attack. No private picture is read."""


def run(attack: str | Path, **settings: Any) -> "Result":
    """Tune a prior; `settings` are the command's flags, such as steps=150.

    Args:
        attack: folder of the attack.
        settings: flags by name.

    Raises:
        InputError: see `loft_jax.errors`.
        Stopped: if a signal came; nothing is written.
    """
    from loft_jax.attacks.tuned_prior import TuneConfig, tune_prior

    return tune_prior(keywords.replaced(TuneConfig(path=str(attack)), settings))


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    from loft_jax.attacks.tuned_prior import TuneConfig, tune_prior

    config = cli.parse(
        TuneConfig,
        prog="python -m loft_jax.tune_prior",
        description=DESCRIPTION,
        args=args,
        default=TuneConfig(),
    )
    cli.show(tune_prior(config, started=_STARTED))
    return 0


cli.callable_module(__name__, run)

if __name__ == "__main__":
    cli.run(main)
