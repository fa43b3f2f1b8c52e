"""Tables of rows by name: what a flag chooses from, and what a plug-in adds a row to.

A plug-in is a Python file, or an importable module, that adds rows when it is imported. Its name
stands in the environment variable LOFT_JAX_PLUGINS (several are separated as in PATH), which every
process that a command starts inherits.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import TypeVar

from loft_jax.errors import InputError

Row = TypeVar("Row")
VARIABLE = "LOFT_JAX_PLUGINS"

_loaded: set[str] = set()


class Rows(MutableMapping[str, Row]):
    """Rows in the order in which they were added.

    Args:
        flag: of the command line that names a row, without its dashes.
        rows: those that this package brings.
    """

    def __init__(self, flag: str, rows: dict[str, Row]):
        self._flag, self._rows = flag, dict(rows)

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
            InputError: if the name is taken by another row.
        """
        if self._rows.setdefault(name, row) is not row:
            msg = f"`{name}` must be a new name for `--{self._flag}`, got one that is taken"
            raise InputError(msg)

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
            msg = f"`{VARIABLE}` must name Python files or modules that import, got {name}: {error}"
            raise InputError(msg) from error


def _imported(name: str) -> None:
    if not name.endswith(".py"):
        importlib.import_module(name)
        return
    path = Path(name).resolve()
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        msg = "no such file"
        raise ImportError(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
