"""The defenses, a row each, and how a flag names one: NAME[:STRENGTH[,option=value]...]."""

import dataclasses
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from loft_jax.defenses.answers import NoisyAnswers, RoundedAnswers
from loft_jax.defenses.base import About, Defense
from loft_jax.defenses.bido import BiDO
from loft_jax.defenses.compressed import FeatureCut, WeightCut
from loft_jax.defenses.confidence import ConfidenceAdapted
from loft_jax.defenses.erasing import Erasing
from loft_jax.defenses.lda_cut import DiscriminantCut
from loft_jax.defenses.least_cut import LeastLeakingCut
from loft_jax.defenses.loft import LoFt
from loft_jax.defenses.loft_noise import NoisyLoFt
from loft_jax.defenses.low_rank import LoRA
from loft_jax.defenses.mid import MID
from loft_jax.defenses.none import NoDefense
from loft_jax.defenses.private import Private
from loft_jax.defenses.random_cut import RandomCut
from loft_jax.defenses.shortcuts import SSF, TTS, RoLSS
from loft_jax.defenses.smoothing import Smoothing
from loft_jax.defenses.ssd import StealthyShield
from loft_jax.defenses.transfer import Transfer
from loft_jax.defenses.trap import TrapMID
from loft_jax.errors import InputError
from loft_jax.runs import schema
from loft_jax.runs.rows import Rows, shown


def _wrong(name: str, row: Any) -> str:
    if not (isinstance(row, type) and issubclass(row, Defense)):
        return f"a subclass of Defense, not an instance, got {shown(row)}"
    if "__dataclass_fields__" not in vars(row):
        return f"a frozen dataclass, got {shown(row)} without @dataclass(frozen=True)"
    if not isinstance(getattr(row, "about", None), About):
        return f"a defense with `about = About(...)`, got {shown(row)} without it"
    tag = getattr(row, "tag", None)
    return "" if tag == name else f"a defense with the tag {name}, got the tag {tag}"


DEFENSES: Rows[type[Defense]] = Rows(
    "defense",
    {
        row.tag: row
        for row in (
            *(NoDefense, LoFt, WeightCut, FeatureCut, ConfidenceAdapted, NoisyLoFt),
            *(RandomCut, DiscriminantCut, LeastLeakingCut),
            *(MID, BiDO, Smoothing, Erasing, TrapMID),
            *(Transfer, RoLSS, SSF, TTS, LoRA, Private),
            *(NoisyAnswers, RoundedAnswers, StealthyShield),
        )
    },
    _wrong,
)


def defense_named(spec: str, like: Defense | None = None) -> Defense:
    """The defense of a flag such as `loft:64`, `loft:16,activation=relu` or `none`.

    Args:
        spec: name, then values: the first settings in their order, or option=value.
        like: settings that are not given and that both have are taken from it; None leaves them at
            their defaults.

    Raises:
        InputError: if there is no such defense or option, or a value is not one of those allowed.
    """
    name, _, words = spec.partition(":")
    kind = DEFENSES.named(name)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    values = {key: getattr(like, key) for key in fields if hasattr(like, key)}
    order = iter(fields)
    for word in filter(None, words.split(",")):
        key, given, text = word.rpartition("=")
        key = key.replace("-", "_") if given else next(order, "")
        if key not in fields:
            known = ", ".join(fields) or "none"
            msg = f"`--defense` {name} must have options among {known}, got {word}"
            raise InputError(msg)
        values[key] = _value(f"--defense {name}: {key}", text, schema.hints(kind)[key])
    made = kind(**values)
    schema.check(made, lambda key: f"--defense {name}: {key}")
    return made


def _value(name: str, text: str, hint: Any) -> Any:
    while get_origin(hint) is Annotated:
        hint = hint.__origin__
    if get_origin(hint) in (Union, types.UnionType):
        parts = [part for part in get_args(hint) if part is not type(None)]
        return None if text.lower() == "none" else _value(name, text, parts[0])
    if get_origin(hint) is Literal:
        if text not in get_args(hint):
            msg = f"`{name}` must be one of {', '.join(get_args(hint))}, got {text}"
            raise InputError(msg)
        return text
    if hint is bool:
        if text.lower() not in ("true", "false"):
            msg = f"`{name}` must be true or false, got {text}"
            raise InputError(msg)
        return text.lower() == "true"
    try:
        return hint(text)
    except ValueError:
        kind = "a whole number" if hint is int else "a number"
        msg = f"`{name}` must be {kind}, got {text}"
        raise InputError(msg) from None
