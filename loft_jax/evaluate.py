"""python -m loft_jax.evaluate RUN: accuracy and ranks of a trained classifier on any pictures."""

import time

_STARTED = time.perf_counter()  # before the imports below: they are part of what a user waits for

if __name__ == "__main__":
    from loft_jax.runs.interrupt import leave_quietly

    leave_quietly()

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from loft_jax import cli
from loft_jax.runs import keywords

if TYPE_CHECKING:
    from loft_jax.runs.session import Result

DESCRIPTION = """Measure a trained classifier: accuracy with its interval, and the rank of its head,
features and code. Prints a table and writes the same numbers as JSON."""


def run(path: str, **settings: Any) -> "Result":
    """Measure the trained classifier in the folder `path`; `settings` are the command's flags.

    Raises:
        InputError: see `loft_jax.errors`.
    """
    from loft_jax.fitting.evaluation import EvaluateConfig, evaluate_classifier

    return evaluate_classifier(keywords.replaced(EvaluateConfig(path), settings))


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    from loft_jax.fitting.evaluation import EvaluateConfig, evaluate_classifier

    config = cli.parse(
        EvaluateConfig, prog="python -m loft_jax.evaluate", description=DESCRIPTION, args=args
    )
    cli.show(evaluate_classifier(config, started=_STARTED))
    return 0


cli.callable_module(__name__, run)

if __name__ == "__main__":
    cli.run(main)
