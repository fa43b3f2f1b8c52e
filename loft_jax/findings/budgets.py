"""What an attack may ask is part of its name in the table: another budget is another attack."""

import re
from typing import NamedTuple

_NAME = re.compile(r"(.*), (\d+) queries")


class Asking(NamedTuple):
    """An attack by name, and the pictures that it may ask of each class; None is no limit."""

    attack: str
    queries: int | None


def asking(attack: str, queries: int) -> str:
    """The name of an attack that may ask so many pictures of each class: `evo, 1000 queries`."""
    return f"{attack}, {queries} queries"


def named(name: str) -> Asking:
    """What `asking` made a name of; a name without a budget has none."""
    found = _NAME.fullmatch(name)
    return Asking(name, None) if found is None else Asking(found[1], int(found[2]))
