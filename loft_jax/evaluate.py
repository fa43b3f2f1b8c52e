"""python -m loft_jax.evaluate RUN: accuracy and ranks of a trained classifier on any pictures."""

from typing import TYPE_CHECKING, Any

from loft_jax import cli
from loft_jax.runs import keywords

if TYPE_CHECKING:
    from loft_jax.runs.session import Result

DESCRIPTION = """Measure a trained classifier: accuracy with its interval, and the rank of its head,
features and code. Prints a table and writes the same numbers as JSON. --robustness measures, too,
what is left under attack, on corrupted pictures, of its odds, and how sure it is of strangers."""


def run(path: str, **settings: Any) -> "Result":
    """Measure the trained classifier in the folder `path`; `settings` are the command's flags.

    Raises:
        InputError: see `loft_jax.errors`.
    """
    return _evaluated(lambda kind: keywords.replaced(kind(path), settings))


def _evaluated(read: cli.Read, started: float | None = None) -> "Result":
    from loft_jax.robustness.session import evaluate
    from loft_jax.robustness.settings import EvaluateFlags

    return evaluate(read(EvaluateFlags), started=started)


main = cli.command("evaluate", DESCRIPTION, _evaluated)

cli.offer(__name__, run, main)
