"""What a result is made of, and the one hash of it.

Content is plain JSON of what decides the numbers: only fields that differ from their defaults, none
that is marked WHERE. So a new field with a default renames nothing, and a changed recipe renames
what was made with it. A changed default, or code that no longer gives the same numbers, must raise
CODE_FORMAT (a test remembers the defaults).
"""

import dataclasses
import functools
import hashlib
import json
from typing import Any

from loft_jax.runs.schema import hints, says_where

CODE_FORMAT = 5
"""Raised when equal settings would no longer give equal results."""


def content(value: Any) -> Any:
    """What decides the result, as plain JSON; nested settings and rows likewise."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        own = type(value)
        kept: dict[str, Any] = {"is": getattr(value, "tag", own.__name__)}
        for field in _deciding(own):
            found = getattr(value, field.name)
            if not _is_default(field, found):
                kept[field.name] = content(found)
        return kept
    named = getattr(value, "_asdict", None)
    if named is not None:
        return {"is": type(value).__name__, **{name: content(v) for name, v in named().items()}}
    if isinstance(value, tuple | list):
        return [content(one) for one in value]
    if isinstance(value, dict):
        return {str(key): content(one) for key, one in value.items()}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    msg = f"content must be settings, numbers or texts, got {type(value).__name__}"
    raise TypeError(msg)


def digest(made_of: Any) -> str:
    """Twelve hexadecimal digits that stand for content and CODE_FORMAT."""
    text = json.dumps([CODE_FORMAT, made_of], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@functools.cache
def _deciding(own: type) -> tuple[dataclasses.Field, ...]:
    """Fields of a dataclass that are not marked WHERE."""
    told = hints(own)
    return tuple(one for one in dataclasses.fields(own) if not says_where(told[one.name]))


def _is_default(field: dataclasses.Field, value: Any) -> bool:
    if field.default is not dataclasses.MISSING:
        default = field.default
    elif field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    else:
        return False
    if type(value) is not type(default):
        return False
    # Settings that are not equal may still differ in where they lie alone.
    nested = dataclasses.is_dataclass(value)
    return value == default or (nested and content(value) == content(default))
