"""What is taken from search.json and instance.json of an attack; older ones have less."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Interval

from loft_jax.errors import InputError
from loft_jax.runs.parts import Count, Number, Positive
from loft_jax.runs.settings import Seed


@dataclass(frozen=True)
class ToldSearch:
    """Of search.json: what the closing table tells, and judges add to."""

    target_confidence: Number
    queries: Count
    seconds_total: Positive
    peak_memory_bytes: Count
    classes: Annotated[int, Interval(ge=1, lt=2**62)] | None = None
    queries_shared: Count | None = None
    queries_allowed: Count | None = None
    queries_of_prior: Count | None = None
    seconds_compile: Positive = 0.0
    seconds_candidates: Positive = 0.0
    seconds_search: Positive = 0.0
    memory_budget_bytes: Count = 0
    memory_before_bytes: Count = 0

    def check(self) -> None:
        """Check what goes together.

        Raises:
            InputError: if shared queries are told of no number of classes.
        """
        if self.queries_shared is not None and self.classes is None:
            msg = "`classes` must be there beside `queries_shared`, got none"
            raise InputError(msg)


@dataclass(frozen=True)
class Instance:
    """Of instance.json: what judges ask of it, and where the search goes on."""

    size: Annotated[int, Interval(ge=1, le=2**16)]
    channels: Annotated[int, Interval(ge=1, le=2**16)]
    class_names: tuple[str, ...]
    prior: str
    prior_offers: tuple[str, ...]
    seed: Seed
    classes_at_a_time: Annotated[int, Interval(ge=1, le=2**31)]
    helpers: tuple[str, ...] = ()
