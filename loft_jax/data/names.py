"""Names of classes as people read them: in natural order, printable, one a class."""

import re
import unicodedata
from collections.abc import Sequence

_UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}
"""Control characters, halves of pairs, separators of lines: they break tables, files or terminals.

Joiners (Cf) stay: Persian and Hindi are written with them.
"""


def natural_key(name: str) -> list[str | int]:
    """Sorts 2 before 10: runs of digits count as numbers, what lies between them as text."""
    return [int(part) if place % 2 else part for place, part in enumerate(re.split(r"(\d+)", name))]


def printable(name: str) -> str:
    r"""The name with what cannot be printed or encoded written out, such as \t or \xe9.

    A byte of a file's name that is not UTF-8, which Python holds as a surrogate, becomes \xNN.
    """
    return "".join(map(_escaped, name))


def printable_names(names: Sequence[str]) -> tuple[str, ...]:
    """Each name printable; where two that differ would then be one, the later gets a number."""
    owners: dict[str, str] = {}
    return tuple(_own(name, owners) for name in names)


def _own(name: str, owners: dict[str, str]) -> str:
    candidate, number = printable(name), 1
    while owners.setdefault(candidate, name) != name:
        number += 1
        candidate = f"{printable(name)} ({number})"
    return candidate


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in _UNPRINTABLE:
        return character
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()
