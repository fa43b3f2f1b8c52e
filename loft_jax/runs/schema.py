"""Settings as frozen dataclasses: their bounds, and the one reader and writer of their JSON.

Bounds stand on the fields, as annotations of `annotated_types`:

    epochs: Annotated[int, Interval(ge=1, le=10**6)] = 10

`check` holds a whole tree of settings against them; a class adds what concerns several fields in a
method `check`. `read` is strict: no name may be unknown or missing, and nothing is converted (a
1 is no True, "3" no number), so that what was written is what is read.
"""

import dataclasses
import math
import types
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from annotated_types import Ge, Gt, Interval, Le, Lt

from loft_jax.errors import InputError
from loft_jax.runs.structure import first_fault, structured
from loft_jax.runs.structure import hints as hints
from loft_jax.runs.structure import tagged as tagged

T = TypeVar("T")

_SIGNS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


class Where:
    """Marks a field that says where or how something is computed or shown, not what it is.

    It may differ between two runs that give the same result; identity leaves it out.
    """


WHERE = Where()


def says_where(hint: Any) -> bool:
    """Whether the field of this type is marked WHERE."""
    return get_origin(hint) is Annotated and any(isinstance(m, Where) for m in hint.__metadata__)


def check(settings: Any, spelled: Callable[[str], str] | None = None) -> None:
    """Hold settings, nested ones included, against the bounds on their fields.

    Args:
        settings: a dataclass instance.
        spelled: how a field's name is spelled for the user; the flag of the command line if None.

    Raises:
        InputError: naming the flag, what is allowed and what came.
    """
    spell = spelled or (lambda name: f"--{name.replace('_', '-')}")
    for name, hint in hints(type(settings)).items():
        value = getattr(settings, name)
        if dataclasses.is_dataclass(value):
            check(value, spelled)
        else:
            _check_value(spell(name), hint, value)
    own = getattr(settings, "check", None)
    if own is not None:
        own()


def _check_value(name: str, hint: Any, value: Any) -> None:
    if value is None:
        return
    if get_origin(hint) is Annotated:
        for mark in hint.__metadata__:
            _check_bound(name, mark, value)
        hint = hint.__origin__
    if get_origin(hint) is tuple and isinstance(value, tuple):
        inner = get_args(hint)
        kinds = [inner[0]] * len(value) if inner[-1:] == (...,) else inner
        for part, one in zip(kinds, value, strict=False):
            _check_value(name, part, one)
    elif get_origin(hint) in (Union, types.UnionType):
        for part in get_args(hint):
            if get_origin(part) is Annotated:
                _check_value(name, part, value)


def _check_bound(name: str, mark: Any, value: Any) -> None:
    if not isinstance(mark, Ge | Gt | Le | Lt | Interval):
        return
    ends = {key: getattr(mark, key, None) for key in _SIGNS}
    right = (
        (isinstance(value, int) or math.isfinite(value))
        and (ends["ge"] is None or value >= ends["ge"])
        and (ends["gt"] is None or value > ends["gt"])
        and (ends["le"] is None or value <= ends["le"])
        and (ends["lt"] is None or value < ends["lt"])
    )
    if not right:
        allowed = " and ".join(
            f"{_SIGNS[key]} {end:g}" if isinstance(end, float) else f"{_SIGNS[key]} {end}"
            for key, end in ends.items()
            if end is not None
        )
        kind = "a whole number" if isinstance(value, int) else "a number"
        msg = f"`{name}` must be {kind}, {allowed}, got {value}"
        raise InputError(msg)


def write(value: Any) -> Any:
    """The value as plain JSON: dataclasses as objects, tuples as lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: write(getattr(value, f.name)) for f in dataclasses.fields(value)}
        tag = getattr(value, "tag", None)
        return fields if tag is None else {"is": tag, **fields}
    if isinstance(value, tuple | list):
        return [write(one) for one in value]
    if isinstance(value, dict):
        return {str(key): write(one) for key, one in value.items()}
    return value


def read(kind: type[T], values: Any, where: str) -> T:
    """The settings that `write` made of an instance of `kind`, held against their bounds.

    Args:
        kind: a dataclass.
        values: parsed JSON.
        where: file that it came from, for messages.

    Raises:
        InputError: one sentence that names the file, the field, what is allowed and what came.
    """
    known = "settings of this version of loft_jax and its plug-ins (LOFT_JAX_PLUGINS)"
    try:
        found = structured(values, kind)
    except InputError as error:
        msg = f"`{where}` must hold {known}, got: {error}"
        raise InputError(msg) from error
    except Exception as error:
        msg = f"`{where}` must hold {known}, got {first_fault(error)}"
        raise InputError(msg) from error
    try:
        check(found, lambda name: f"{where}: {name}")
    except InputError as error:  # what concerns several fields speaks of flags
        if where in str(error):
            raise
        msg = f"`{where}` must hold settings that go together, got: {error}"
        raise InputError(msg) from error
    return found
