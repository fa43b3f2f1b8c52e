"""What the reconstructions are worth: to evaluators, and beside the private pictures."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jax.sharding import Mesh
from jaxtyping import Bool, Float, Int64, UInt8

from loft_jax.attacks.evaluators import Evaluator
from loft_jax.data.dataset import Dataset
from loft_jax.metrics.attack_accuracy import attack_accuracy, attack_accuracy_interval
from loft_jax.metrics.bootstrap import Interval, bootstrap_interval
from loft_jax.metrics.feature_distance import centroid_distance, feature_distance
from loft_jax.metrics.fid import fid, fid_needs
from loft_jax.metrics.prdc import prdc
from loft_jax.metrics.similarity import WINDOW, nearest_similarity
from loft_jax.training.predict import Answers, predict
from loft_jax.training.step import evaluation_step

BATCH = 64
TOPS = (1, 5)
NEIGHBOUR = 3
"""k of precision, recall, density and coverage, as in the inversion literature."""


@dataclass(frozen=True)
class Private:
    """The target's training pictures of the attacked classes.

    Attributes:
        data: all pictures.
        indices: those of each attacked class.
    """

    data: Dataset
    indices: list[Int64[np.ndarray, " n"]]

    @property
    def pictures(self) -> list[UInt8[np.ndarray, "n h w ch"]]:
        """Class by class."""
        return [self.data.images[chosen] for chosen in self.indices]


def measured(
    evaluators: list[Evaluator],
    images: UInt8[np.ndarray, "k s h w ch"],
    labels: Int64[np.ndarray, " k"],
    private: Private,
    mesh: Mesh,
) -> dict[str, Any]:
    """Numbers for attack.json: pooled over evaluators, and of each under `evaluators`.

    Intervals are over classes; `_low` and `_high` are None for a single class.
    """
    judged = [_judged(judge, images, labels, private, mesh) for judge in evaluators]
    rows, hits = zip(*judged, strict=True)
    numbers: dict[str, Any] = {}
    for index, top in enumerate(TOPS):
        pooled = np.mean([right[index] for right in hits], 0)
        numbers |= _plain(f"accuracy_at_{top}", attack_accuracy_interval(pooled, _rng()))
    if images.shape[2] >= WINDOW:
        likeness = nearest_similarity(_unit(images), [_unit(part) for part in private.pictures])
        finite = np.minimum(likeness.psnr, 100.0)  # a copy has no finite ratio
        numbers |= _plain("psnr", bootstrap_interval(finite, _rng()))
        numbers |= _plain("ssim", bootstrap_interval(likeness.ssim, _rng()))
    return {**numbers, "evaluators": list(rows)}


def _judged(
    evaluator: Evaluator,
    images: UInt8[np.ndarray, "k s h w ch"],
    labels: Int64[np.ndarray, " k"],
    private: Private,
    mesh: Mesh,
) -> tuple[dict[str, Any], list[Bool[np.ndarray, "k s"]]]:
    k, s = images.shape[:2]
    flat = images.reshape(-1, *images.shape[2:])
    answers = _answers(evaluator, np.concatenate([flat, *private.pictures]), mesh)
    fake, real = np.split(answers.features, [k * s])
    ends = np.cumsum([len(chosen) for chosen in private.indices])[:-1]
    logits = answers.logits[: k * s].reshape(k, s, -1)
    hits = [attack_accuracy(logits, labels, top=top) for top in TOPS]
    numbers: dict[str, Any] = {
        "name": evaluator.name,
        "trunk": evaluator.trunk,
        "test_accuracy": evaluator.test_accuracy,
        "seconds_train": evaluator.seconds,
    }
    for top, right in zip(TOPS, hits, strict=True):
        numbers |= _plain(f"accuracy_at_{top}", attack_accuracy_interval(right, _rng()))
    for name, metric in (
        ("feature_distance", feature_distance),
        ("centroid_distance", centroid_distance),
    ):
        values = metric(fake.reshape(k, s, -1), np.split(real, ends))
        numbers |= _plain(name, bootstrap_interval(values, _rng()))
    return {**numbers, **_clouds(real, fake)}, hits


def _clouds(
    real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]
) -> dict[str, float | int | None]:
    """FID and PRDC on this evaluator's features; None where there are too few pictures."""
    needs = fid_needs(real.shape[1])
    enough = min(len(real), len(fake)) >= needs
    numbers: dict[str, float | int | None] = {
        "fid": fid(real, fake) if enough else None,
        "fid_needs": needs,
    }
    overlap = prdc(real, fake, k=NEIGHBOUR)._asdict() if len(fake) > NEIGHBOUR else {}
    return numbers | {
        name: overlap.get(name) for name in ("precision", "recall", "density", "coverage")
    }


def _answers(evaluator: Evaluator, images: UInt8[np.ndarray, "n h w ch"], mesh: Mesh) -> Answers:
    step = evaluation_step(evaluator.classifier.graph, mesh)
    network = evaluator.classifier
    return predict(step, network.params, network.stats, images, BATCH * mesh.size, mesh)


def _plain(name: str, found: Interval) -> dict[str, float | None]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _rng() -> np.random.Generator:
    """One source for every interval, so that measuring again gives the same ends."""
    return np.random.default_rng(0)


def _unit(images: UInt8[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    return images.astype(np.float32) / 255
