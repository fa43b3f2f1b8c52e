"""Thresholds that hardly any stranger reaches, of each evaluator and class, computed once."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jax.sharding import Mesh
from jaxtyping import Float
from rich.console import Console

from loft_jax.errors import InputError
from loft_jax.judging.answers import answers
from loft_jax.judging.evaluators import Evaluator
from loft_jax.judging.strangers import Strangers
from loft_jax.metrics.open_set import FALSE_RATE, stranger_thresholds
from loft_jax.runs.arrays import fingerprint, read_arrays, write_arrays

Thresholds = Float[np.ndarray, " c"]


@dataclass(frozen=True)
class OpenSet:
    """What a success must exceed.

    Attributes:
        told: for attack.json.
        thresholds: of each class, by the evaluator's folder; of none where there are no strangers.
    """

    told: dict[str, Any]
    thresholds: dict[Path, Thresholds] = field(default_factory=dict)


def open_set_of(
    evaluators: list[Evaluator], strangers: Strangers | str, mesh: Mesh, out: Console
) -> OpenSet:
    """The thresholds, from the evaluators' folders or computed now and kept there.

    Args:
        evaluators: the judges.
        strangers: whose pictures set them; or why there are none.
        mesh: devices.
        out: where drawing is announced.
    """
    told: dict[str, Any] = {"false_rate": FALSE_RATE, "strangers": 0, "of": None, "missing": None}
    if isinstance(strangers, str):
        return OpenSet(told | {"missing": strangers})
    told |= {"strangers": strangers.count, "of": strangers.of}
    kept = {one.folder: _kept(one, strangers) for one in evaluators}
    missing = [one for one in evaluators if kept[one.folder] is None]
    if missing:
        out.print(f"what {strangers.count} strangers score, once: {strangers.of}")
        images = strangers.pictures()
        for one in missing:
            found = stranger_thresholds(answers(one, images, mesh).logits)
            _keep(one, strangers, found)
            kept[one.folder] = found
    return OpenSet(told, {place: found for place, found in kept.items() if found is not None})


def _kept(evaluator: Evaluator, strangers: Strangers) -> Thresholds | None:
    with suppress(InputError, KeyError):  # not there yet, or damaged: it is computed again
        return read_arrays(_place(evaluator, strangers))["thresholds"]
    return None


def _keep(evaluator: Evaluator, strangers: Strangers, thresholds: Thresholds) -> None:
    with suppress(OSError):  # an evaluator that may only be read is computed each time
        write_arrays(_place(evaluator, strangers), thresholds=thresholds)


def _place(evaluator: Evaluator, strangers: Strangers) -> Path:
    network = evaluator.classifier
    weights = fingerprint((network.params, network.stats))
    made_of = hashlib.sha256(f"{weights} {strangers.content}".encode()).hexdigest()[:16]
    return evaluator.folder / f"strangers-{made_of}.npz"
