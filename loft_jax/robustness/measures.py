"""The numbers of robustness.json: four questions to a network, each with its intervals."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Bool, Float, Float32, Int32, UInt8

from loft_jax.data.batches import in_batches
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.robustness import people
from loft_jax.robustness.adversaries import Effort, survivors
from loft_jax.robustness.balls import Norm
from loft_jax.robustness.calibration import (
    brier_scores,
    chance,
    ece_interval,
    probabilities,
    reliability,
)
from loft_jax.robustness.corruptions import CORRUPTIONS, SEVERITIES, corrupted
from loft_jax.robustness.detection import auroc
from loft_jax.robustness.settings import RobustnessConfig
from loft_jax.robustness.strangers import Strangers
from loft_jax.runs.devices import share_out, shareable

Images = Float32[np.ndarray, "n h w ch"]
Logits = Float[np.ndarray, "n c"]


@dataclass(frozen=True)
class Sample:
    """Pictures with their people."""

    images: UInt8[np.ndarray, "n h w ch"]
    labels: Int32[np.ndarray, " n"]

    @property
    def pixels(self) -> Images:
        """In [0, 1]."""
        return self.images.astype(np.float32) / 255

    def some(self, count: int, seed: int) -> "Sample":
        """At most so many of them, of as many people as there are."""
        chosen = people.spread(self.labels, count, np.random.default_rng(seed))
        return Sample(self.images[chosen], self.labels[chosen])

    def right(self, logits: Logits) -> Bool[np.ndarray, " n"]:
        """Which are answered rightly."""
        return logits.argmax(1) == self.labels

    def told(self) -> dict[str, int]:
        """How many."""
        return {"pictures": len(self.labels), "people": len(np.unique(self.labels))}


@dataclass(frozen=True)
class Asked:
    """A network that is asked: itself, whatever its defense does to answers.

    Attributes:
        network: with its weights.
        mesh: devices.
        batch: pictures at a time.
    """

    network: FrozenClassifier
    mesh: Mesh
    batch: int

    def logits(self, images: Images) -> Logits:
        """Of pictures in [0, 1]."""

        def answer(indices: np.ndarray) -> Array:
            return _logits(self.network, share_out(self.mesh, images[indices]))

        return in_batches(answer, len(images), shareable(self.mesh, self.batch))


def under_attack(
    asked: Asked, test: Sample, config: RobustnessConfig, heed: Callable[[str], None]
) -> dict[str, Any]:
    """Accuracy that is left, by norm, strength and attack.

    Args:
        asked: the network.
        test: pictures to attack.
        config: how.
        heed: told what is done next.
    """
    right = test.right(asked.logits(test.pixels))
    effort = Effort(
        config.attack_steps, config.queries, config.restarts, config.seed,
        min(asked.batch, len(right)),
    )  # fmt: skip
    norms: dict[Norm, tuple[float, ...]] = {"linf": config.linf, "l2": config.l2}
    rows = []
    for norm, wanted in norms.items():
        strengths = np.unique(wanted)
        if not len(strengths):
            continue
        heed(f"attacking {len(right)} test pictures at {len(strengths)} strengths, {norm}")
        left = survivors(
            asked.network, test.pixels, test.labels, right, norm, strengths, effort, asked.mesh
        )
        for number, strength in enumerate(strengths):
            row: dict[str, Any] = {"norm": norm, "strength": float(strength)}
            for name, alive in left.items():
                row |= people.share(f"{name}_accuracy", alive[number], test.labels)
            rows.append(row)
    return {**test.told(), **people.share("accuracy", right, test.labels), "strengths": rows}


def calibration(test: Sample, logits: Logits, seed: int) -> dict[str, Any]:
    """ECE, what it would be by chance, Brier's score and the reliability diagram."""
    scores, right = probabilities(logits), test.right(logits)
    confidence, rng = scores.max(1), np.random.default_rng(seed)
    found = ece_interval(confidence, right, test.labels, rng)
    by_chance, chance_high = chance(confidence, rng)
    diagram = {
        name: [None if np.isnan(one) else float(one) for one in column]
        for name, column in reliability(confidence, right)._asdict().items()
    }
    return {
        **test.told(),
        **people.told("ece", *found[:3]),
        "ece_by_chance": by_chance,
        "ece_by_chance_high": chance_high,
        **people.mean("brier", brier_scores(scores, test.labels), test.labels),
        **people.mean("confidence", confidence, test.labels),
        "bins": diagram,
    }


def on_corrupted(
    asked: Asked, test: Sample, logits: Logits, seed: int, heed: Callable[[str], None]
) -> dict[str, Any]:
    """Accuracy on corrupted pictures, by kind and severity, and the mean of all."""
    heed(f"corrupting {len(test.labels)} test pictures in {len(CORRUPTIONS)} ways")
    rows, every = [], []
    for kind, corruption in CORRUPTIONS.items():
        for severity in SEVERITIES:
            changed = corrupted(kind, severity, test.pixels, seed)
            right = test.right(asked.logits(changed))
            every.append(right)
            row = {"kind": kind, "severity": severity, "amount": corruption.amounts[severity - 1]}
            rows.append(row | people.share("accuracy", right, test.labels))
    return {
        **test.told(),
        **people.share("accuracy", test.right(logits), test.labels),
        **people.share("mean_accuracy", np.mean(every, axis=0), test.labels),
        "kinds": rows,
        "amounts": {kind: row.meaning for kind, row in CORRUPTIONS.items()},
    }


def against_strangers(
    asked: Asked, test: Sample, logits: Logits, strangers: Strangers | str
) -> dict[str, Any]:
    """AUROC of the highest probability, known people against strangers."""
    if isinstance(strangers, str):
        none = dict.fromkeys(("auroc", "auroc_low", "auroc_high", "confidence"))
        return {**test.told(), "strangers": 0, "of": None, "missing": strangers, **none}
    unknown = asked.logits(strangers.images.astype(np.float32) / 255)
    sure, unsure = (probabilities(one).max(1) for one in (logits, unknown))
    return {
        **test.told(),
        "strangers": len(unsure),
        "of": strangers.of,
        "missing": None,
        **people.told("auroc", *auroc(sure, test.labels, unsure)[:3]),
        "confidence": float(unsure.mean()),
    }


@jax.jit
def _logits(network: FrozenClassifier, images: Array) -> Array:
    return network.outputs(images).logits
