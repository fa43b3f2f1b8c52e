"""What every result can do: print readably, be compared, and become plain numbers or JSON."""

import dataclasses
import json
import math
from fractions import Fraction
from typing import Any

import numpy as np

SHORT = 90  # characters of a value in the one-line form; what is longer is left to `print`
SHOWN = 8  # entries of an array that `print` writes out


class Printed:
    """A frozen dataclass with a one-line `repr`, and one line a field when it is printed."""

    def __repr__(self) -> str:
        shown = ((name, _short(value)) for name, value in _fields(self).items())
        inside = ", ".join(f"{name}={text}" for name, text in shown if len(text) <= SHORT)
        return f"{type(self).__name__}({inside})"

    def __str__(self) -> str:
        values = _fields(self)
        width = max(map(len, values), default=0)
        lines = [f"  {name:{width}}  {_long(value, width + 4)}" for name, value in values.items()]
        return "\n".join([type(self).__name__, *lines])


class Record(Printed):
    """A result: a frozen dataclass of numbers, text, arrays and other results.

    Two are equal if they are of one class and all fields are, arrays entry by entry, NaN like NaN.
    """

    def to_dict(self) -> dict[str, Any]:
        """All fields as plain numbers, text, lists and dicts; a fraction is text."""
        return {name: _plain(value) for name, value in _fields(self).items()}

    def to_json(self, indent: int | None = 2) -> str:
        """`to_dict` as JSON, which knows no infinity and no NaN: both become null."""
        return json.dumps(finite(self.to_dict()), indent=indent, allow_nan=False)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _same(tuple(_fields(self).values()), tuple(_fields(other).values()))

    def __hash__(self) -> int:
        simple = (v for v in _fields(self).values() if isinstance(v, str | int | None))
        return hash((type(self), *simple))


def _fields(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def _plain(value: Any) -> Any:
    """`value` as JSON's types, infinity and NaN still among its numbers."""
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, Fraction) else value


def finite(value: Any) -> Any:
    """Plain `value` with None for every number that JSON does not know: infinity and NaN."""
    if isinstance(value, dict):
        return {name: finite(part) for name, part in value.items()}
    if isinstance(value, list):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        a, b = np.asarray(one), np.asarray(other)
        return np.array_equal(a, b, equal_nan=a.dtype.kind == b.dtype.kind == "f")
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other or (one != one and other != other))


def _short(value: Any) -> str:
    """One line, however large the value is."""
    if isinstance(value, np.ndarray):
        return f"array of {' x '.join(map(str, value.shape))}"
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))})"
    return " ".join(repr(value).split())


def _long(value: Any, indent: int) -> str:
    """As many lines as it takes, all but the first indented."""
    margin = "\n" + " " * indent
    if isinstance(value, np.ndarray) and value.size <= SHOWN:
        return np.array2string(value, precision=6).replace("\n", margin)
    if isinstance(value, tuple) and any(isinstance(part, str | Printed) for part in value):
        return margin.join(_long(part, indent) for part in value)
    if isinstance(value, Printed):
        return str(value).replace("\n", margin)
    return value if isinstance(value, str) else _short(value)
