"""What the reconstructions are worth: to evaluators, and beside the private pictures."""

from typing import Any, NamedTuple

import numpy as np
from jax.sharding import Mesh
from jaxtyping import Float, Int64, Shaped, UInt8

from loft_jax.fitting.predict import Answers, predict
from loft_jax.fitting.step import evaluation_step
from loft_jax.judging.evaluators import Evaluator
from loft_jax.judging.private import Private
from loft_jax.metrics.attack_accuracy import attack_accuracy, attack_accuracy_interval
from loft_jax.metrics.bootstrap import bootstrap_interval
from loft_jax.metrics.feature_distance import centroid_distance, feature_distance
from loft_jax.metrics.fid import fid, fid_needs
from loft_jax.metrics.prdc import prdc
from loft_jax.metrics.similarity import WINDOW, nearest_similarity

BATCH = 64
TOPS = (1, 5)
NEIGHBOUR = 3
"""k of precision, recall, density and coverage, as in the inversion literature."""


class Measured(NamedTuple):
    """What was measured.

    Attributes:
        numbers: for attack.json: pooled over evaluators, and of each under `evaluators`. Intervals
            are over classes; `_low` and `_high` are None for a single class.
        outcomes: for outcomes.npz, one value for each reconstruction, from which differences
            between two attacks are computed class by class.
    """

    numbers: dict[str, Any]
    outcomes: dict[str, np.ndarray]


def measured(
    evaluators: list[Evaluator],
    images: UInt8[np.ndarray, "k s h w ch"],
    labels: Int64[np.ndarray, " k"],
    private: Private,
    mesh: Mesh,
) -> Measured:
    """Accuracy, distances, FID and PRDC under each evaluator; likeness to the private pictures.

    Pooled accuracy is the mean over evaluators; so is the pooled feature distance, whose unit is
    each evaluator's own: compare it only between attacks that had the same evaluators.
    """
    judged = [_judged(judge, images, labels, private, mesh) for judge in evaluators]
    outcomes = {
        name: np.stack([one.outcomes[name] for one in judged]) for name in judged[0].outcomes
    }
    numbers: dict[str, Any] = {}
    for name in (*(f"accuracy_at_{top}" for top in TOPS), "feature_distance"):
        numbers |= with_interval(name, outcomes[name].mean(0))
    if images.shape[2] >= WINDOW:
        likeness = nearest_similarity(_unit(images), [_unit(part) for part in private.pictures])
        finite = np.minimum(likeness.psnr, 100.0)  # a copy has no finite ratio
        for name, values in (("psnr", finite), ("ssim", likeness.ssim)):
            numbers |= with_interval(name, values)
            outcomes[name] = values
    return Measured({**numbers, "evaluators": [one.numbers for one in judged]}, outcomes)


def _judged(
    evaluator: Evaluator,
    images: UInt8[np.ndarray, "k s h w ch"],
    labels: Int64[np.ndarray, " k"],
    private: Private,
    mesh: Mesh,
) -> Measured:
    k, s = images.shape[:2]
    flat = images.reshape(-1, *images.shape[2:])
    answers = _answers(evaluator, np.concatenate([flat, *private.pictures]), mesh)
    fake, real = np.split(answers.features, [k * s])
    ends = np.cumsum([len(chosen) for chosen in private.train])[:-1]
    logits = answers.logits[: k * s].reshape(k, s, -1)
    outcomes: dict[str, np.ndarray] = {
        f"accuracy_at_{top}": attack_accuracy(logits, labels, top=top) for top in TOPS
    }
    for name, metric in (
        ("feature_distance", feature_distance),
        ("centroid_distance", centroid_distance),
    ):
        outcomes[name] = metric(fake.reshape(k, s, -1), np.split(real, ends))
    numbers: dict[str, Any] = {
        "name": evaluator.name,
        "trunk": evaluator.trunk,
        "test_accuracy": evaluator.test_accuracy,
        "seconds_train": evaluator.seconds,
    }
    for name, values in outcomes.items():
        numbers |= with_interval(name, values)
    return Measured({**numbers, **clouds(real, fake)}, outcomes)


def clouds(
    real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]
) -> dict[str, float | str | None]:
    """FID and PRDC on one network's features; None, never 0, where there are too few pictures.

    Keys: `fid`, `fid_missing` (why there is none), `precision`, `recall`, `density`, `coverage`.
    """
    numbers: dict[str, float | str | None] = {"fid": None, "fid_missing": _missing(real, fake)}
    if numbers["fid_missing"] is None:
        numbers["fid"] = fid(real, fake)
    overlap = prdc(real, fake, k=NEIGHBOUR)._asdict() if len(fake) > NEIGHBOUR else {}
    return numbers | {
        name: overlap.get(name) for name in ("precision", "recall", "density", "coverage")
    }


def _missing(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]) -> str | None:
    """Why there is no FID, and what would help."""
    needed, d = fid_needs(fake.shape[1]), fake.shape[1]
    if len(fake) < needed:
        return (
            f"{len(fake)} reconstructions, {d} features need {needed}: more --classes or "
            "--per-class"
        )
    if len(real) < needed:
        return f"{len(real)} private pictures, {d} features need {needed}: more --classes"
    return None


def _answers(evaluator: Evaluator, images: UInt8[np.ndarray, "n h w ch"], mesh: Mesh) -> Answers:
    step = evaluation_step(evaluator.classifier.graph, mesh)
    network = evaluator.classifier
    return predict(step, network.params, network.stats, images, BATCH * mesh.size, mesh)


def with_interval(name: str, values: Shaped[np.ndarray, "k s"]) -> dict[str, float | None]:
    """`name`: mean over classes; `name`_low and `name`_high: ends of its 95 % interval."""
    interval = attack_accuracy_interval if name.startswith("accuracy") else bootstrap_interval
    found = interval(values, _rng())
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _rng() -> np.random.Generator:
    """One source for every interval, so that measuring again gives the same ends."""
    return np.random.default_rng(0)


def _unit(images: UInt8[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    return images.astype(np.float32) / 255
