"""Tables of rows by name: what a flag chooses from, and what a plug-in adds a row to.

A plug-in is a Python file, or an importable module, that adds rows when it is imported. Its name
stands in the environment variable LOFT_JAX_PLUGINS (several are separated as in PATH), which every
process that a command starts inherits.
"""

import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, TypeVar

from loft_jax.errors import InputError, one_line

Row = TypeVar("Row")
VARIABLE = "LOFT_JAX_PLUGINS"

_loaded: set[str] = set()


class Rows(MutableMapping[str, Row]):
    """Rows in the order in which they were added.

    Args:
        flag: of the command line that names a row, without its dashes.
        rows: those that this package brings.
        kind: what a row is: a type that it is an instance of, or a function of name and row that
            says what is wrong, empty if nothing is.
    """

    def __init__(self, flag: str, rows: dict[str, Row], kind: type | Callable[[str, Any], str]):
        self._flag, self._rows, self._kind = flag, dict(rows), kind

    def named(self, name: str) -> Row:
        """The row of this name.

        Raises:
            InputError: if there is none.
        """
        if name not in self:
            msg = f"`--{self._flag}` must be one of {', '.join(self)}, got {name}"
            raise InputError(msg)
        return self._rows[name]

    def __getitem__(self, name: str) -> Row:
        load_plugins()
        return self._rows[name]

    def __setitem__(self, name: str, row: Row) -> None:
        """Add a row.

        Raises:
            InputError: if the name is taken by another row, or this is none.
        """
        if wrong := self._wrong(name, row):
            msg = f"row `{name}` of `--{self._flag}` must be {wrong}"
            raise InputError(msg)
        if self._rows.setdefault(name, row) is not row:
            msg = f"`{name}` must be a new name for `--{self._flag}`, got one that is taken"
            raise InputError(msg)

    def _wrong(self, name: str, row: Any) -> str:
        if not isinstance(self._kind, type):
            return self._kind(name, row)
        right = isinstance(row, self._kind)
        return "" if right else f"an instance of {self._kind.__name__}, got {shown(row)}"

    def __delitem__(self, name: str) -> None:
        del self._rows[name]

    def __iter__(self) -> Iterator[str]:
        load_plugins()
        return iter(list(self._rows))

    def __len__(self) -> int:
        load_plugins()
        return len(self._rows)


def load_plugins() -> None:
    """Import what LOFT_JAX_PLUGINS names and was not imported yet.

    Raises:
        InputError: if one is not there or does not import.
    """
    for name in filter(None, os.environ.get(VARIABLE, "").split(os.pathsep)):
        if name in _loaded:
            continue
        _loaded.add(name)  # before the import: a plug-in may look rows up itself
        try:
            _imported(name)
        except Exception as error:
            _loaded.discard(name)
            got = f"{name}{_told(error, name)}"
            msg = f"`{VARIABLE}` must name Python files or modules that import, got {got}"
            raise InputError(msg) from error


def shown(row: Any) -> str:
    """What somebody took for a row."""
    return f"the class {row.__name__}" if isinstance(row, type) else f"a {type(row).__name__}"


def _told(error: Exception, name: str) -> str:
    """Where in the file an error is, and what it says."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [one.lineno for one in frames if one.filename == str(Path(name).resolve())]
    line = f", line {inside[-1]}" if inside else ""
    kind = "" if isinstance(error, InputError | ImportError) else f"{type(error).__name__}: "
    return f"{line}: {kind}{one_line(error)}"


def _imported(name: str) -> None:
    if not name.endswith(".py"):
        if getattr(importlib.import_module(name), "__file__", None) is None:
            msg = "a folder of no module"
            raise ImportError(msg)
        return
    path = Path(name).resolve()
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        msg = "no such file"
        raise ImportError(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
