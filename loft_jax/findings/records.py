"""What is told of a run and of an attack, read from their JSON files as checked records."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from annotated_types import Interval

from loft_jax.errors import InputError
from loft_jax.runs.parts import Count, Number, Positive, Share


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
