"""What evaluators make of reconstructions, of their lookalikes, and of real pictures."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jax.sharding import Mesh
from jaxtyping import Bool, Float, Float64, Int64, UInt8

from loft_jax.judging.answers import answers
from loft_jax.judging.clouds import clouds
from loft_jax.judging.evaluators import Evaluator
from loft_jax.judging.intervals import pooled_numbers
from loft_jax.judging.open_set import OpenSet, Thresholds
from loft_jax.judging.private import Private
from loft_jax.judging.verdict import Witness, withheld
from loft_jax.metrics.attack_accuracy import attack_accuracy
from loft_jax.metrics.feature_distance import centroid_distance, feature_distance
from loft_jax.metrics.open_set import open_set_hits
from loft_jax.metrics.similarity import WINDOW, nearest_similarity

KINDS = {"images": "", "lookalikes": "lookalike_", "real": "real_"}
"""What is shown to a judge, and how the names of its outcomes begin."""
Outcomes = dict[str, Float64[np.ndarray, " k"]]


class Measured(NamedTuple):
    """What was measured.

    Attributes:
        numbers: for attack.json: of each evaluator under `evaluators`, and `withheld`.
        outcomes: of each class, mean over reconstructions and evaluators.
        recognised: for outcomes.npz: [evaluators, k, s], which are taken for their class.
    """

    numbers: dict[str, Any]
    outcomes: Outcomes
    recognised: dict[str, Bool[np.ndarray, "e k s"]]


class _Judged(NamedTuple):
    numbers: dict[str, Any]
    outcomes: Outcomes
    recognised: dict[str, Bool[np.ndarray, "k s"]]


def measured(
    evaluators: list[Evaluator],
    found: Mapping[str, np.ndarray],
    private: Private,
    open_set: OpenSet,
    mesh: Mesh,
) -> Measured:
    """Accuracy, distances, FID and PRDC under each evaluator; likeness to the private pictures.

    Pooled accuracy is the mean over evaluators; so is the pooled feature distance, whose unit is
    each evaluator's own: compare it only between attacks that had the same evaluators.

    Args:
        evaluators: the judges.
        found: `images` of k `labels`, and `lookalikes` where the attack kept them.
        private: the target's pictures of these classes.
        open_set: what strangers score.
        mesh: devices.
    """
    judged = [
        _judged(one, found, private, open_set.thresholds.get(one.folder), mesh)
        for one in evaluators
    ]
    outcomes, recognised = (
        {name: np.stack([getattr(one, part)[name] for one in judged])
         for name in getattr(judged[0], part)}
        for part in ("outcomes", "recognised")
    )  # fmt: skip
    pooled = {name: values.mean(0) for name, values in outcomes.items()}
    del pooled["centroid_distance"]
    names = [one.trunk for one in evaluators]
    if len(set(names)) < len(names):  # a sweep's folders end in a hash: no name for a sentence
        names = [one.name for one in evaluators]
    witnesses = map(Witness, names, outcomes["accuracy_at_1"], outcomes["real_accuracy_at_1"])
    numbers = {
        "evaluators": [one.numbers for one in judged],
        "open_set": open_set.told,
        "withheld": withheld(list(witnesses), len(private.data.class_names)),
    }
    return Measured(numbers, pooled | _likeness(found["images"], private), recognised)


def _judged(
    evaluator: Evaluator,
    found: Mapping[str, np.ndarray],
    private: Private,
    thresholds: Thresholds | None,
    mesh: Mesh,
) -> _Judged:
    labels, grid = found["labels"], found["images"].shape[:2]
    shown = {
        **{kind: list(found[kind]) for kind in ("images", "lookalikes") if kind in found},
        "real": private.among(evaluator.test),
        "private": private.pictures,
    }
    seen = _seen(evaluator, shown, mesh)
    outcomes: Outcomes = {}
    recognised: dict[str, np.ndarray] = {}
    for kind, prefix in KINDS.items():
        if kind not in seen:
            continue
        logits, counts = seen[kind].logits, [len(pictures) for pictures in shown[kind]]
        hits = successes(logits, np.repeat(labels, counts), thresholds)
        outcomes |= {f"{prefix}{name}": _by_class(part, counts) for name, part in hits.items()}
        if kind != "real":
            recognised[f"{prefix}recognised"] = hits["accuracy_at_1"].reshape(grid)
    logits, features = (part.reshape(*grid, -1) for part in seen["images"])
    outcomes["accuracy_at_5"] = attack_accuracy(logits, labels, top=5).mean(1)
    ends = np.cumsum([len(pictures) for pictures in private.pictures])[:-1]
    own = np.split(seen["private"].features, ends)
    outcomes["feature_distance"] = feature_distance(features, own).mean(1)
    outcomes["centroid_distance"] = centroid_distance(features, own).mean(1)
    numbers = {
        "name": evaluator.name,
        "trunk": evaluator.trunk,
        "test_accuracy": evaluator.test_accuracy,
        "seconds_train": evaluator.seconds,
        **pooled_numbers(outcomes),
        **clouds(seen["private"].features, seen["images"].features),
    }
    return _Judged(numbers, outcomes, recognised)


class _Seen(NamedTuple):
    logits: Float[np.ndarray, "n c"]
    features: Float[np.ndarray, "n d"]


def _seen(
    evaluator: Evaluator, shown: Mapping[str, list[np.ndarray]], mesh: Mesh
) -> dict[str, _Seen]:
    """Answers to each kind of pictures, asked all together."""
    flat = {kind: np.concatenate(pictures) for kind, pictures in shown.items()}
    found = answers(evaluator, np.concatenate(list(flat.values())), mesh)
    ends = np.cumsum([len(pictures) for pictures in flat.values()])[:-1]
    parts = zip(np.split(found.logits, ends), np.split(found.features, ends), strict=True)
    return {kind: _Seen(*part) for kind, part in zip(flat, parts, strict=True)}


def successes(
    logits: Float[np.ndarray, "n c"],
    targets: Int64[np.ndarray, " n"],
    thresholds: Thresholds | None,
) -> dict[str, Bool[np.ndarray, " n"]]:
    """Which pictures are taken for their target, among the known people and among all."""
    hits = {"accuracy_at_1": attack_accuracy(logits[:, None], targets)[:, 0]}
    if thresholds is not None:
        hits["open_set_accuracy"] = open_set_hits(logits, targets, thresholds)
    return hits


def _by_class(hits: Bool[np.ndarray, " n"], counts: list[int]) -> Float64[np.ndarray, " k"]:
    return np.array([part.mean() for part in np.split(hits, np.cumsum(counts)[:-1])])


def _likeness(images: UInt8[np.ndarray, "k s h w ch"], private: Private) -> Outcomes:
    """To the nearest private picture of the class; nothing of pictures below the window."""
    if images.shape[2] < WINDOW:
        return {}
    likeness = nearest_similarity(_unit(images), [_unit(part) for part in private.pictures])
    finite = np.minimum(likeness.psnr, 100.0)  # a copy has no finite ratio
    return {"psnr": finite.mean(1), "ssim": likeness.ssim.mean(1)}


def _unit(images: UInt8[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    return images.astype(np.float32) / 255
