"""Settings as frozen dataclasses: their bounds, and the one reader and writer of their JSON.

Bounds stand on the fields, as annotations of `annotated_types`:

    epochs: Annotated[int, Interval(ge=1, le=10**6)] = 10

`check` holds a whole tree of settings against them; a class adds what concerns several fields in a
method `check`. `read` is strict: no name may be unknown or missing, and nothing is converted (a
1 is no True, "3" no number), so that what was written is what is read.
"""

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import cattrs
from annotated_types import Ge, Gt, Interval, Le, Lt
from cattrs.gen import make_dict_structure_fn

from loft_jax.errors import InputError

T = TypeVar("T")

_SIGNS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}


class Where:
    """Marks a field that says where or how something is computed or shown, not what it is.

    It may differ between two runs that give the same result; identity leaves it out.
    """


WHERE = Where()


def hints(kind: type) -> dict[str, Any]:
    """The annotated type of each field of a dataclass."""
    return _hints(kind)


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    found = typing.get_type_hints(kind, include_extras=True)
    return {field.name: found[field.name] for field in dataclasses.fields(kind)}


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
    for name, hint in _hints(type(settings)).items():
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
    try:
        found = _converter().structure(values, kind)
    except InputError as error:
        msg = f"`{where}` must hold settings of this version of loft_jax, got: {error}"
        raise InputError(msg) from error
    except Exception as error:  # cattrs groups what it finds; the first is enough for a sentence
        said = next(_sentences(error), str(error))
        msg = f"`{where}` must hold settings of this version of loft_jax, got {said}"
        raise InputError(msg) from error
    try:
        check(found, lambda name: f"{where}: {name}")
    except InputError as error:  # what concerns several fields speaks of flags
        if where in str(error):
            raise
        msg = f"`{where}` must hold settings that go together, got: {error}"
        raise InputError(msg) from error
    return found


def tagged(base: type, kinds: Callable[[str], type]) -> None:
    """Read fields of type `base` as the subclass that their `"is"` names.

    Args:
        base: its subclasses are dataclasses with a class attribute `tag`.
        kinds: the subclass of a tag; raises InputError for an unknown one.
    """

    def structure(values: Any, _: Any) -> Any:
        if not isinstance(values, dict) or not isinstance(values.get("is"), str):
            msg = f"an object with `is`, got {_shown(values)}"
            raise TypeError(msg)
        rest = {key: value for key, value in values.items() if key != "is"}
        return _structure_dataclass(rest, kinds(values["is"]))

    _TAGGED[base] = structure


_TAGGED: dict[type, Callable[[Any, Any], Any]] = {}


@functools.cache
def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(detailed_validation=True)
    for kind in (bool, int, float, str):
        converter.register_structure_hook(kind, _exactly)
    converter.register_structure_hook_func(
        lambda kind: get_origin(kind) is Annotated,
        lambda value, kind: converter.structure(value, kind.__origin__),
    )
    converter.register_structure_hook_func(lambda kind: get_origin(kind) is Literal, _one_of)
    converter.register_structure_hook_func(
        lambda kind: get_origin(kind) in (Union, types.UnionType), _any_of
    )
    converter.register_structure_hook_func(lambda kind: get_origin(kind) is tuple, _tuple)
    converter.register_structure_hook_func(
        lambda kind: isinstance(kind, type) and dataclasses.is_dataclass(kind),
        _structure_dataclass,
    )
    converter.register_structure_hook_func(
        lambda kind: kind in _TAGGED, lambda value, kind: _TAGGED[kind](value, kind)
    )
    return converter


def _structure_dataclass(values: Any, kind: type) -> Any:
    if not isinstance(values, dict):
        msg = f"an object, got {_shown(values)}"
        raise TypeError(msg)
    names = set(_hints(kind))
    if odd := sorted(set(values) - names):
        msg = f"`{odd[0]}`, which is no setting"
        raise InputError(msg)
    if missing := sorted(names - set(values)):
        msg = f"no `{missing[0]}`"
        raise InputError(msg)
    return _dataclass_hook(kind)(values, kind)


@functools.cache
def _dataclass_hook(kind: type) -> Callable[[Any, Any], Any]:
    return make_dict_structure_fn(kind, _converter())


def _exactly(value: Any, kind: type) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind or (kind is float and not math.isfinite(value)):
        names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
        msg = f"{_shown(value)} where {names[kind]} is needed"
        raise TypeError(msg)
    return value


def _one_of(value: Any, kind: Any) -> Any:
    if value not in get_args(kind) or isinstance(value, bool):
        msg = f"{_shown(value)}, not one of {', '.join(map(str, get_args(kind)))}"
        raise TypeError(msg)
    return value


def _any_of(value: Any, kind: Any) -> Any:
    parts = get_args(kind)
    if value is None and type(None) in parts:
        return None
    errors = []
    for part in parts:
        if part is not type(None):
            try:
                return _converter().structure(value, part)
            except Exception as error:
                errors.append(error)
    raise errors[0]


def _tuple(value: Any, kind: Any) -> tuple:
    if not isinstance(value, list | tuple):
        msg = f"{_shown(value)} where a list is needed"
        raise TypeError(msg)
    inner = get_args(kind)
    kinds = [inner[0]] * len(value) if inner[-1:] == (...,) else inner
    if len(kinds) != len(value):
        msg = f"{_shown(value)} where a list of {len(kinds)} is needed"
        raise TypeError(msg)
    return tuple(_converter().structure(one, part) for one, part in zip(value, kinds, strict=True))


def _sentences(error: BaseException, path: str = "") -> Iterator[str]:
    """What went wrong, with the name of the field, out of cattrs' groups of exceptions."""
    notes = getattr(error, "__notes__", [])
    name = next((note.name for note in notes if hasattr(note, "name")), "")
    inside = ".".join(filter(None, (path, str(name))))
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _sentences(one, inside)
    else:
        yield f"`{inside}`: {error}" if inside else str(error)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 40 else f"{text[:37]}..."
