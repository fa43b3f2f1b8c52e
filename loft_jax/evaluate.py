"""python -m loft_jax.evaluate RUN: accuracy and ranks of a trained classifier on any pictures."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import tyro

from loft_jax import cli
from loft_jax.config import Device

DESCRIPTION = """Measure a trained classifier: accuracy with its interval, and the rank of its head,
features and code. Prints a table and writes the same numbers as JSON."""


@dataclass(frozen=True)
class EvaluateConfig:
    """One evaluation."""

    path: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """Run folder that python -m loft_jax.train made."""
    data: str | None = None
    """faces, digits, FILE.npz or FOLDER, with the classes of the run; none is its own test part."""
    out: str | None = None
    """JSON file to write; none is RUN/evaluation.json."""
    batch: int = 64
    """Pictures at a time."""
    device: Device = "auto"
    """Which kind of device to use."""
    skip_unreadable: bool = False
    """Leave out pictures that cannot be read instead of stopping."""
    cache: bool = True
    """Keep compiled programs in the user's cache folder (--no-cache: off)."""


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    config = cli.parse(
        EvaluateConfig, prog="python -m loft_jax.evaluate", description=DESCRIPTION, args=args
    )
    from loft_jax.fitting.evaluation import evaluate_run

    settings = dataclasses.asdict(config)
    return evaluate_run(settings.pop("path"), **settings)


if __name__ == "__main__":
    cli.run(main)
