"""Plain JSON to dataclasses by cattrs, strictly: nothing unknown, missing or converted."""

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import cattrs
from cattrs.gen import make_dict_structure_fn

from loft_jax.errors import InputError

T = TypeVar("T")


@functools.cache
def hints(kind: type) -> dict[str, Any]:
    """The annotated type of each field of a dataclass."""
    found = typing.get_type_hints(kind, include_extras=True)
    return {field.name: found[field.name] for field in dataclasses.fields(kind)}


def structured(values: Any, kind: type[T]) -> T:
    """The dataclass that plain JSON values are.

    Raises:
        InputError: if a name is unknown or missing.
        Exception: of cattrs, for what is of another type; see `first_fault`.
    """
    return _converter().structure(values, kind)


def first_fault(error: Exception) -> str:
    """What cattrs groups, as a sentence on the first of it, with the name of the field."""
    return next(_sentences(error), str(error))


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
        return _dataclass(rest, kinds(values["is"]))

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
        _dataclass,
    )
    converter.register_structure_hook_func(
        lambda kind: kind in _TAGGED, lambda value, kind: _TAGGED[kind](value, kind)
    )
    return converter


def _dataclass(values: Any, kind: type) -> Any:
    if not isinstance(values, dict):
        msg = f"an object, got {_shown(values)}"
        raise TypeError(msg)
    names = set(hints(kind))
    if odd := sorted(set(values) - names):
        msg = f"`{odd[0]}`, which is no setting"
        raise InputError(msg)
    if missing := sorted(names - set(values)):
        msg = f"no `{missing[0]}`"
        raise InputError(msg)
    return _hook(kind)(values, kind)


@functools.cache
def _hook(kind: type) -> Callable[[Any, Any], Any]:
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


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 40 else f"{text[:37]}..."


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
