"""python -m loft_jax.evaluate RUN: accuracy and ranks of a trained classifier on any pictures."""

if __name__ == "__main__":
    from loft_jax.runs.interrupt import leave_quietly

    leave_quietly()

from collections.abc import Sequence

from loft_jax import cli

DESCRIPTION = """Measure a trained classifier: accuracy with its interval, and the rank of its head,
features and code. Prints a table and writes the same numbers as JSON."""


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    from loft_jax.fitting.evaluation import EvaluateConfig, evaluate_classifier

    config = cli.parse(
        EvaluateConfig, prog="python -m loft_jax.evaluate", description=DESCRIPTION, args=args
    )
    cli.show(evaluate_classifier(config))
    return 0


if __name__ == "__main__":
    cli.run(main)
