"""Settings from keyword arguments that have the names of the command line's flags."""

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

from loft_jax.errors import InputError

T = TypeVar("T")


def replaced(settings: T, values: Mapping[str, Any]) -> T:
    """The settings with these values, wherever in the nested groups a name belongs.

    Raises:
        InputError: if a name is no setting.
    """
    left = dict(values)
    made = _replaced(settings, left)
    if left:
        name = next(iter(left))
        close = difflib.get_close_matches(name, _names(settings), 3)
        hint = f", such as {' or '.join(close)}" if close else ""
        msg = f"`{name}` must be the name of a setting{hint}, got one that is none"
        raise InputError(msg)
    return made


def _replaced(settings: Any, left: dict[str, Any]) -> Any:
    changed = {}
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if field.name in left and not _is_group(value):
            given = left.pop(field.name)
            changed[field.name] = tuple(given) if isinstance(given, list) else given
        elif _is_group(value):
            changed[field.name] = _replaced(value, left)
    return dataclasses.replace(settings, **changed)


def _names(settings: Any) -> list[str]:
    names = []
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        names += _names(value) if _is_group(value) else [field.name]
    return names


def _is_group(value: Any) -> bool:
    """Whether the value is a group of settings; a defense is one setting."""
    return dataclasses.is_dataclass(value) and not hasattr(value, "tag")
