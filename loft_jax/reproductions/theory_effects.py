"""Does what theory measures of a head go with what an attack finds, at equal rank and accuracy?

Heads of one seed share people, evaluators and often a trunk: so each seed gives one partial
correlation and one regression, and intervals are Student's t over seeds (correlations by Fisher's
z). A bootstrap of so few seeds would give intervals that are too short.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from loft_jax.findings.summary import over_seeds
from loft_jax.metrics.interval import Interval
from loft_jax.metrics.partial import partial_correlation, standard_slopes

Row = dict[str, Any]
PREDICTORS = {
    "feature_iie": "IIE of the features given the code",
    "position": "position between most and least leaking",
    "code_error": "what a decoder of the code misses of the person",
    "code_traits": "what it misses of the traits",
}
"""Of theory and of one answer; the larger, the less should be found."""
OUTCOMES = {
    "open_set_accuracy": "open-set success",
    "retrieval_at_1": "retrieval",
    "accuracy_at_1": "Acc@1",
}
HELD = ("nothing", "rank", "accuracy", "rank and accuracy")
REGRESSORS = ("feature_iie", "log2_rank", "test_accuracy", "margin")
STRONGEST = 1 - 1e-9
"""Of correlations, whose z must stay finite."""


class Effect(NamedTuple):
    """How one number of heads goes with what is found of people.

    Attributes:
        predictor: a key of `PREDICTORS`, or of `REGRESSORS`.
        outcome: a key of `OUTCOMES`.
        held: what is equal: of `HELD`; or "regression", where the other regressors are.
        size: a correlation, or a slope in standard deviations, with its 95 % interval over seeds.
    """

    predictor: str
    outcome: str
    held: str
    size: Interval


def effects(rows: Sequence[Row]) -> list[Effect]:
    """All of them that some seed has; an outcome that was not measured everywhere is left out."""
    seeds = [[row for row in rows if row["seed"] == seed] for seed in _of(rows, "seed")]
    measured = [name for name in OUTCOMES if all(row[name] is not None for row in rows)]
    found = [
        Effect(predictor, outcome, held, size)
        for outcome in measured
        for predictor in PREDICTORS
        for held in HELD
        if (size := correlation(seeds, predictor, outcome, held)) is not None
    ]
    for outcome in measured:
        slopes = [
            standard_slopes(_columns(own, REGRESSORS), _column(own, outcome)) for own in seeds
        ]
        if known := [one for one in slopes if one is not None]:
            sizes = map(over_seeds, np.stack(known, axis=1))
            found += [
                Effect(name, outcome, "regression", size)
                for name, size in zip(REGRESSORS, sizes, strict=True)
            ]
    return found


def sentences(found: Sequence[Effect], outcome: str = "open_set_accuracy") -> list[str]:
    """What the intervals allow to say of the feature IIE, and of the decoder's error."""
    said = []
    for predictor in ("feature_iie", "code_error"):
        for held in ("rank", "rank and accuracy"):
            one = next((e for e in found if e[:3] == (predictor, outcome, held)), None)
            if one is not None:
                said.append(f"{_verdict(one)}.")
    why = "there are too few heads, or it does not vary among them"
    return said or [f"Of {OUTCOMES[outcome]} nothing can be said: {why}."]


def told(size: Interval) -> str:
    """The number with its interval."""
    if size.low is None:
        return f"{size.value:+.2f}, one seed"
    return f"{size.value:+.2f} ({size.low:+.2f} to {size.high:+.2f}, {size.n} seeds)"


def _verdict(one: Effect) -> str:
    equal = f"Among heads of equal {one.held}"
    what, found = PREDICTORS[one.predictor], OUTCOMES[one.outcome]
    number = f"partial correlation {told(one.size)}"
    low, high = one.size.low, one.size.high
    if low is None or high is None or low <= 0 <= high:
        return f"{equal} it is not shown that {what} goes with {found}: {number}"
    way = "less" if high < 0 else "more"
    return f"{equal} more {what} goes with {way} {found}: {number}"


def correlation(seeds: list[list[Row]], predictor: str, outcome: str, held: str) -> Interval | None:
    """The partial correlation of each seed, their mean and its interval; None if no seed has it."""
    # The plain head has no position: all filters of its rank are alike.
    there = [[row for row in own if row[predictor] is not None] for own in seeds]
    found = [
        partial_correlation(_column(own, predictor), _column(own, outcome), _held(own, held))
        for own in there
        if own
    ]
    known = np.array([r for r in found if r is not None])
    if not known.size:
        return None
    z = over_seeds(np.arctanh(np.clip(known, -STRONGEST, STRONGEST)))
    low, high = (None if end is None else float(np.tanh(end)) for end in (z.low, z.high))
    return Interval(float(np.tanh(z.value)), low, high, len(known))


def _held(rows: list[Row], held: str) -> np.ndarray:
    columns = [np.empty((len(rows), 0))]
    if "rank" in held:
        levels = _column(rows, "log2_rank")
        columns.append((levels[:, None] == np.unique(levels)[None]).astype(float))
    if "accuracy" in held:
        columns.append(_column(rows, "test_accuracy")[:, None])
    return np.concatenate(columns, axis=1)


def _column(rows: list[Row], name: str) -> np.ndarray:
    return np.array([row[name] for row in rows], dtype=float)


def _columns(rows: list[Row], names: Iterable[str]) -> np.ndarray:
    return np.stack([_column(rows, name) for name in names], axis=1)


def _of(rows: Sequence[Row], name: str) -> list[Any]:
    return sorted({row[name] for row in rows})
