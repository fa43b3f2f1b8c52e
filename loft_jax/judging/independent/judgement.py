"""What an independent judge says of reconstructions, of lookalikes, and of real pictures."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Float64, Int64, UInt8

from loft_jax.judging.independent.people import People, people_of
from loft_jax.judging.independent.row import Embed, Recogniser
from loft_jax.judging.private import PrivateData
from loft_jax.metrics.verification import (
    Compared,
    centred_units,
    compared,
    equal_error_rate,
    prototypes,
    threshold,
)

RATE = 1e-3
"""Share of strangers who are accepted: the point of the curve at which everything is told."""
KINDS = {"images": "", "lookalikes": "lookalike_", "real": "real_"}
"""What is shown to the judge, and what its outcomes are called after `independent_`."""
Vectors = Float[np.ndarray, "_ d"]


class Judgement(NamedTuple):
    """What is told.

    Attributes:
        record: of the judge: who it is, and its own error rates.
        outcomes: of each attacked class: shares of what was shown that is verified or retrieved.
        scores: cosines with the own person's prototype, by kind; under `strangers` and `people`
            what the judge itself is measured on.
    """

    record: dict[str, Any]
    outcomes: dict[str, Float64[np.ndarray, " k"]]
    scores: dict[str, Float64[np.ndarray, " _"]]


def judgement(
    name: str, judge: Recogniser, found: dict[str, np.ndarray], private: PrivateData
) -> Judgement:
    """Verification and retrieval of reconstructions, of lookalikes and of real pictures.

    A person's prototype is the mean direction of a few held-out pictures (`people_of`), directions
    being those from the mean of all. A picture is verified if its cosine with its class's prototype
    is above what 0.1 % of strangers reach, and retrieved if no other private person's prototype is
    as near. The control are real pictures of each class that the target was trained on: perfect
    copies of them score as much. The judge saw none of these pictures.

    Strangers are people of the judge's own whom it never saw; where it has none, each private
    person is a stranger to all others.

    Args:
        name: of the judge's row.
        judge: it.
        found: `images` of k `labels`, and `lookalikes` where the attack kept them.
        private: the target's pictures.

    Raises:
        InputError: if fewer than 2 people are there to be told apart.
    """
    labels = found["labels"]
    people = people_of(private, labels, alone=judge.strangers is None)
    galleries = _embedded(judge.embed, people.galleries)
    shown = {"real": _embedded(judge.embed, people.probes)} | {
        kind: _embedded(judge.embed, list(found[kind])) for kind in KINDS if kind in found
    }
    new, centre = _measured(judge, galleries, shown["real"])
    level = threshold(new.others.ravel(), RATE)
    outcomes, scores = {}, {"strangers": new.others.ravel(), "people": new.own}
    for kind, embedded in shown.items():
        beside = _compared(embedded[: len(labels)], galleries, centre)
        ends = np.cumsum([len(part) for part in embedded[: len(labels)]])[:-1]
        start, scores[kind] = f"independent_{KINDS[kind]}", beside.own
        outcomes[f"{start}retrieval_at_1"] = _means(beside.nearest, ends)
        if level is not None:
            outcomes[f"{start}verification"] = _means(beside.own > level, ends)
    return Judgement(_record(name, judge, people, new, level), outcomes, scores)


def _measured(
    judge: Recogniser, galleries: list[Vectors], probes: list[Vectors]
) -> tuple[Compared, Float64[np.ndarray, " d"]]:
    """(how strangers compare, with galleries as large as the private ones; their mean)."""
    if judge.strangers is not None:
        size = _middle(galleries)
        galleries, probes = list(judge.strangers[:, :size]), list(judge.strangers[:, size:])
    centre = np.concatenate(galleries).mean(axis=0, dtype=np.float64)
    return _compared(probes, galleries, centre), centre


def _compared(
    probes: list[Vectors], galleries: list[Vectors], centre: Float64[np.ndarray, " d"]
) -> Compared:
    owners = np.repeat(np.arange(len(probes)), [len(probe) for probe in probes])
    known = prototypes(galleries, centre)
    return compared(centred_units(np.concatenate(probes), centre), owners, known)


def _embedded(embed: Embed, groups: list[UInt8[np.ndarray, "_ h w ch"]]) -> list[Vectors]:
    ends = np.cumsum([len(group) for group in groups])[:-1]
    return np.split(embed(np.concatenate(groups)), ends)


def _means(values: np.ndarray, ends: Int64[np.ndarray, " _"]) -> Float64[np.ndarray, " k"]:
    return np.array([part.mean() for part in np.split(values, ends)], np.float64)


def _middle(galleries: list[Any]) -> int:
    return round(float(np.median([len(gallery) for gallery in galleries])))


def _record(
    name: str, judge: Recogniser, people: People, new: Compared, level: float | None
) -> dict[str, Any]:
    """Who the judge is, and how often it errs; None where there are too few strangers to tell."""
    few = f"{new.others.size} comparisons of strangers, {RATE:.1%} need {round(1 / RATE)}"
    known, whose = len(people.galleries), "of the private people"
    if judge.strangers is not None:
        known, whose = len(judge.strangers), f"of {len(judge.strangers)} people it never saw"
    return {
        "name": name,
        "missing": None,
        "trained_on": judge.trained_on,
        "seconds_train": judge.seconds,
        "measured_on": f"{len(new.own)} pictures {whose}",
        "people": known,
        "gallery": _middle(people.galleries),
        "strangers": new.others.size,
        "false_accept_rate": RATE,
        "threshold": level,
        "verification_missing": few if level is None else None,
        "true_accept_rate": None if level is None else float(np.mean(new.own > level)),
        "equal_error_rate": equal_error_rate(new.own, new.others.ravel()),
        "retrieval_at_1": float(new.nearest.mean()),
    }
