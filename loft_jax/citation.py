"""python -m loft_jax.citation PATH...: BibTeX of what runs, attacks, sweeps and audits used."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from loft_jax import cli

if TYPE_CHECKING:
    from pathlib import Path

    from loft_jax.reports.citing import Citation

DESCRIPTION = """Print BibTeX of the methods that folders of a sweep, a run, a judged attack or an
audit used: defense, trunk, pictures, attack, prior, independent judge, lower ends. Each entry says
what it was used for; what nobody published (the plain head, your own pictures) has none."""


def run(*paths: "str | Path") -> "Citation":
    """The methods behind these folders; `print(citation)` shows BibTeX, `.keys` their keys.

    Raises:
        InputError: if a folder is not as it must be.
    """
    from loft_jax.reports.citing import citation

    return citation(paths)


def main(args: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    from loft_jax.reports.settings import CitationConfig

    asked = cli.parse(
        CitationConfig(), prog="python -m loft_jax.citation", description=DESCRIPTION, args=args
    )
    print(run(*asked.paths))  # as it is: rich would fold long titles
    return 0


cli.offer(__name__, run, main)
