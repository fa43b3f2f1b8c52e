"""The independent judges, a row each, and the one rule of who judges what."""

from typing import NamedTuple

from loft_jax.data.sources import SOURCES
from loft_jax.errors import InputError
from loft_jax.judging.independent.drawn import DRAWN
from loft_jax.judging.independent.faces import FACES
from loft_jax.judging.independent.row import Row
from loft_jax.runs.rows import Rows

RECOGNISERS: Rows[Row] = Rows("independent", {"drawn": DRAWN, "faces": FACES}, Row)


class Choice(NamedTuple):
    """Who judges.

    Attributes:
        name: of a row; None is nobody.
        why: nobody does; empty if somebody does.
    """

    name: str | None
    why: str = ""


def chosen(asked: str, source: str) -> Choice:
    """Who judges pictures of a source: the one rule of attacks, judgements and sweeps.

    Args:
        asked: as `--independent` has it: auto, none, or a row.
        source: name of a row of `SOURCES`.

    Raises:
        InputError: if a row is asked for that is not there, does not know such pictures or lacks
            what it needs.
    """
    if asked == "none":
        return Choice(None, "not asked for")
    known = SOURCES.get(source)
    suiting = [name for name, row in RECOGNISERS.items() if known and row.serves(known)]
    if asked == "auto":
        if not suiting:
            return Choice(None, f"none is there for pictures of the kind {source}")
        lacking = RECOGNISERS[suiting[0]].needs()
        return Choice(None, lacking) if lacking else Choice(suiting[0])
    row = RECOGNISERS.named(asked)
    if asked not in suiting:
        there = ", ".join(("auto", "none", *suiting))
        msg = f"`--independent` must be {there} for pictures of the kind {source}, got {asked}"
        raise InputError(msg)
    if lacking := row.needs():
        msg = f"`--independent` must be a judge that is installed, got {asked}: {lacking}"
        raise InputError(msg)
    return Choice(asked)
