"""What is taken from attack.json of a judged attack, to tell it again."""

from dataclasses import dataclass
from typing import Any

from loft_jax.attacks.records import ToldSearch
from loft_jax.runs.parts import Count, Number, Positive


@dataclass(frozen=True)
class ToldJudge:
    """An evaluator."""

    name: str
    fid_missing: str | None


@dataclass(frozen=True)
class ToldOpenSet:
    """What a success must exceed, or why that is not known."""

    missing: str | None
    false_rate: Number | None = None
    strangers: Count | None = None


@dataclass(frozen=True)
class ToldIndependent:
    """The judge that never saw the people, or why there is none."""

    name: str | None
    missing: str | None = None


@dataclass(frozen=True)
class ToldInception:
    """FID as published."""

    fid: Number | None
    fid_missing: str | None


@dataclass(frozen=True, kw_only=True)
class ToldJudgement(ToldSearch):
    """What the closing table tells."""

    evaluators: tuple[ToldJudge, ...]
    open_set: ToldOpenSet
    independent: ToldIndependent
    withheld: str | None
    seconds_measure: Positive
    pooled: dict[str, Any]
    inception: ToldInception | None = None
