"""What is told of a run and of an attack, read from their JSON files as checked records.

A file holds more than is told; of what is told every entry has its type and bounds.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from annotated_types import Interval

from loft_jax.errors import InputError
from loft_jax.runs import schema
from loft_jax.runs.files import read_json

T = TypeVar("T")

Share = Annotated[float, Interval(ge=0, le=1)]
Number = Annotated[float, Interval(ge=-1e300, le=1e300)]
Positive = Annotated[float, Interval(ge=0, le=1e300)]
Count = Annotated[int, Interval(ge=0, lt=2**62)]


@dataclass(frozen=True)
class Described:
    """Of `pictures` of split.json."""

    fingerprint: str
    size: Annotated[int, Interval(ge=1, le=2**16)]
    channels: Literal[1, 3]
    class_names: tuple[str, ...]

    def check(self) -> None:
        """Check what concerns all names.

        Raises:
            InputError: if there are fewer than two.
        """
        if len(self.class_names) < 2:
            msg = f"`class_names` must be at least 2, got {len(self.class_names)}"
            raise InputError(msg)


@dataclass(frozen=True)
class RunResult:
    """Of result.json of a trained classifier."""

    test_accuracy: Share
    validation_accuracy: Share | None
    code_rank: Count | None
    code_effective_rank: Positive | None
    seconds_compile: Positive
    seconds_train: Positive
    seconds_evaluate: Positive
    seconds_total: Positive
    peak_memory_bytes: Count
    parameters: Count
    retention: Share | None = None
    remark: str | None = None


@dataclass(frozen=True)
class Leakage:
    """Of `head_leakage` of evaluation.json: `iie.filter_report` of the head."""

    relative: Number
    rank: Count
    most_leaking: Number
    least_leaking: Number
    random: Number
    bits: Number
    assumptions: tuple[str, ...]


@dataclass(frozen=True)
class Judge:
    """An evaluator in attack.json."""

    name: str
    test_accuracy: Share
    trunk: str = ""
    fid: Number | None = None
    fid_missing: str | None = None


@dataclass(frozen=True)
class Pooled:
    """Of `pooled` in attack.json: means over evaluators that are no outcome of a class."""

    knowledge: Number | None = None


@dataclass(frozen=True)
class AttackResult:
    """Of attack.json of a judged attack."""

    run: str
    attack: str
    adaptive: str
    prior: str
    evaluators: tuple[Judge, ...]
    seconds_compile: Positive
    seconds_candidates: Positive
    seconds_search: Positive
    seconds_measure: Positive
    seconds_total: Positive
    peak_memory_bytes: Count
    pooled: Pooled | None = None
    inception: dict[str, Any] | None = None
    withheld: str | None = None
    variant: dict[str, Any] | None = None
    queries_allowed: Count | None = None


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
