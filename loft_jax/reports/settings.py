"""What `python -m loft_jax.report` is asked for."""

from dataclasses import dataclass
from typing import Annotated

import tyro


@dataclass(frozen=True)
class ReportConfig:
    """One report."""

    paths: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="PATH...")] = ()
    """Folders of python -m loft_jax.sweep, train or attack; a run brings the attacks beside it."""
    out: Annotated[str, tyro.conf.arg(aliases=["-o"])] = "report.html"
    """HTML file to write; an older one is replaced."""
    data: str | None = None
    """Of folders with several data sets this one: its name or the beginning of its fingerprint."""
    show_private: bool = False
    """Show private pictures even if they are not synthetic."""


@dataclass(frozen=True)
class CitationConfig:
    """What is cited."""

    paths: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="PATH...")] = ()
    """Folders of python -m loft_jax.sweep, train, attack or audit; a run brings its attacks."""
