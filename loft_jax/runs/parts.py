"""What is taken from a JSON file of a job as a checked record: a dataclass that names it.

A file holds more than is taken; of what is taken every entry has its type and bounds.
"""

import dataclasses
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, get_args, get_origin

from annotated_types import Interval

from loft_jax.runs import schema
from loft_jax.runs.files import read_json

T = TypeVar("T")

Share = Annotated[float, Interval(ge=0, le=1)]
Number = Annotated[float, Interval(ge=-1e300, le=1e300)]
Positive = Annotated[float, Interval(ge=0, le=1e300)]
Count = Annotated[int, Interval(ge=0, lt=2**62)]


def read_part(kind: type[T], path: Path) -> T:
    """What `kind` names of the JSON file at `path`.

    Raises:
        InputError: if the file is missing, damaged or was changed, or an entry is not as `kind`
            says.
    """
    return part_of(kind, read_json(path), str(path))


def part_of(kind: type[T], values: Any, where: str) -> T:
    """What `kind` names of parsed JSON; entries with a default may be missing.

    Raises:
        InputError: naming `where`, the entry, and what came.
    """
    return schema.read(kind, _pruned(kind, values), where)


def _pruned(kind: Any, values: Any) -> Any:
    """`values` with the entries that `kind` names and no others, in lists of records too."""
    if get_origin(kind) is tuple and isinstance(values, list):
        return [_pruned(get_args(kind)[0], one) for one in values]
    if get_origin(kind) is UnionType and isinstance(values, dict):
        kind = next((one for one in get_args(kind) if dataclasses.is_dataclass(one)), kind)
    if not dataclasses.is_dataclass(kind) or not isinstance(values, dict):
        return values
    hints = schema.hints(kind)  # pyright: ignore[reportArgumentType]
    left = {f.name: f.default for f in dataclasses.fields(kind)}
    found = {name: _pruned(hints[name], values.get(name, left[name])) for name in left}
    return {name: one for name, one in found.items() if one is not dataclasses.MISSING}
