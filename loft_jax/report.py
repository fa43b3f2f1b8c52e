"""python -m loft_jax.report PATH...: one page of what trained and attacked models show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import tyro

from loft_jax import cli

DESCRIPTION = """Write one HTML file, readable without a network, of a sweep, or of any runs and
attacks on the same pictures: the conclusion with its figure, sortable tables with intervals,
reconstructions, theory, training, exact commands, and what was not measured."""


@dataclass(frozen=True)
class ReportConfig:
    """One report."""

    paths: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="PATH...")]
    """Folders of python -m loft_jax.sweep, train or attack; a run brings the attacks beside it."""
    out: Annotated[str, tyro.conf.arg(aliases=["-o"])] = "report.html"
    """HTML file to write; an older one is replaced."""
    data: str | None = None
    """Of folders with several data sets this one: its name or the beginning of its fingerprint."""
    show_private: bool = False
    """Show private pictures even if they are not synthetic."""


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    config = cli.parse(
        ReportConfig, prog="python -m loft_jax.report", description=DESCRIPTION, args=args
    )
    from loft_jax.reports.session import report

    return report(config.paths, out=config.out, data=config.data, show_private=config.show_private)


if __name__ == "__main__":
    cli.run(main)
