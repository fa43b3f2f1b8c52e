"""Where things lie on the writer's machine: no business of whoever reads the page."""

import re
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from markupsafe import Markup

_START = r"(?:/|~[\w.-]*/|[A-Za-z]:[\\/])"
_QUOTED = re.compile(rf"""(['"`])({_START}[^'"`]*)\1""")
_BARE = re.compile(rf"""(?:(?<=[\s'"`=(,:])|^)(?<!http:)(?<!https:){_START}[^\s'"`,;()<>]+""")


def without_places(value: Any) -> Any:
    """The value; in a text every absolute path is cut to its last name. HTML is left as it is."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.startswith("data:"):
        return value
    told = _QUOTED.sub(lambda found: found[1] + _name(found[2]) + found[1], value)
    told = told.replace(f"{Path.home()}", "~")  # one with spaces in it that nobody quoted
    return _BARE.sub(lambda found: _name(found[0]), told)


def _name(path: str) -> str:
    kind = PureWindowsPath if "\\" in path else PurePosixPath
    return kind(path).name or path
