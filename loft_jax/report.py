"""python -m loft_jax.report PATH...: one page of what trained and attacked models show."""

if __name__ == "__main__":
    from loft_jax.runs.interrupt import leave_quietly

    leave_quietly()

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from loft_jax import cli
from loft_jax.reports.settings import ReportConfig
from loft_jax.runs import keywords

if TYPE_CHECKING:
    from pathlib import Path

    from loft_jax.runs.session import Result

DESCRIPTION = """Write one HTML file, readable without a network, of a sweep, or of any runs and
attacks on the same pictures: the conclusion with its figure, sortable tables with intervals,
reconstructions, theory, training, exact commands, and what was not measured."""


def run(*paths: "str | Path", **settings: Any) -> "Result":
    """Write the report of these folders; `settings` are the command's flags, such as out="r.html".

    Raises:
        InputError: if a folder is not as it must be.
    """
    from loft_jax.reports.session import write_report

    given = {"paths": tuple(map(str, paths)), **settings} if paths else settings
    return write_report(keywords.replaced(ReportConfig(), given))


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    config = cli.parse(
        ReportConfig,
        prog="python -m loft_jax.report",
        description=DESCRIPTION,
        args=args,
        default=ReportConfig(),
    )
    from loft_jax.reports.session import write_report

    cli.show(write_report(config))
    return 0


cli.callable_module(__name__, run)

if __name__ == "__main__":
    cli.run(main)
