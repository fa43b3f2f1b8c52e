"""python -m loft_jax.report PATH...: one page of what trained and attacked models show."""

from typing import TYPE_CHECKING, Any

from loft_jax import cli
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
    given = {"paths": tuple(map(str, paths)), **settings} if paths else settings
    return _reported(lambda default: keywords.replaced(default, given))


def _reported(read: cli.Read, started: float | None = None) -> "Result":
    from loft_jax.reports.settings import ReportConfig

    asked = read(ReportConfig())
    from loft_jax.reports.session import write_report  # seconds that --help need not take

    return write_report(asked)


main = cli.command("report", DESCRIPTION, _reported)

cli.offer(__name__, run, main)
