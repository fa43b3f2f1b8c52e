"""What a prior learns from: public pictures, and what the target says of them."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Float32, Int64, UInt8

from loft_jax.data.batches import batch_indices, in_batches
from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.fitting.generators.step import Batch
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.priors.pseudo_labels import top_n

HELD_OUT = 8
"""One public picture in so many is kept for the closing FID."""


@dataclass(frozen=True)
class Material:
    """Training rows: row k shows picture `pictures[k]` as class `labels[k]`.

    Attributes:
        images: public pictures to learn from.
        pictures: which picture each row shows.
        labels: its pseudo-label, 0 where nothing is conditional.
        soft: the target's probabilities on each of `images`, width 0 where nobody asks.
    """

    images: UInt8[np.ndarray, "n h w ch"]
    pictures: Int64[np.ndarray, " rows"]
    labels: Int64[np.ndarray, " rows"]
    soft: Float32[np.ndarray, "n c"]

    def batches(self, config: FitConfig, step: int) -> list[Batch]:
        """A batch for each discriminator update of iteration `step`; depends on nothing else."""
        updates = config.critic_updates
        return [
            self._batch(batch_indices(len(self.pictures), config.batch, config.seed, number))
            for number in range(step * updates, (step + 1) * updates)
        ]

    def _batch(self, rows: Int64[np.ndarray, " b"]) -> Batch:
        shown = self.pictures[rows]
        labels = self.labels[rows].astype(np.int32)
        return Batch(*map(jnp.asarray, (self.images[shown], labels, self.soft[shown])))


def held_out(
    images: UInt8[np.ndarray, "n h w ch"], seed: int
) -> tuple[UInt8[np.ndarray, "a h w ch"], UInt8[np.ndarray, "b h w ch"]]:
    """Pictures to learn from, and the eighth part that is kept for the closing FID."""
    order = np.random.default_rng(seed).permutation(len(images))
    cut = len(images) // HELD_OUT
    return images[np.sort(order[cut:])], images[np.sort(order[:cut])]


def material(
    images: UInt8[np.ndarray, "n h w ch"], config: FitConfig, target: FrozenClassifier | None
) -> Material:
    """Training rows of these public pictures.

    Raises:
        InputError: if there are fewer pictures than `config.top_n`.
    """
    count = len(images)
    every, nothing = np.arange(count), np.zeros(count, np.int64)
    answers = config.row.answers
    if answers in ("none", "label") or target is None:
        return Material(images, every, nothing, np.zeros((count, 0), np.float32))
    probabilities = target_probabilities(target, images, config.batch)
    if answers == "soft":
        return Material(images, every, nothing, probabilities)
    return Material(images, *top_n(probabilities, config.top_n), np.zeros((count, 0), np.float32))


def target_probabilities(
    target: FrozenClassifier, images: UInt8[np.ndarray, "n h w ch"], batch: int
) -> Float32[np.ndarray, "n c"]:
    """Softmax of the target's logits on every picture."""
    return in_batches(
        lambda at: _probabilities(target, jnp.asarray(images[at], jnp.float32) / 255),
        len(images),
        batch,
    )


@jax.jit
def _probabilities(
    target: FrozenClassifier, images: Float[jax.Array, "b h w ch"]
) -> Float[jax.Array, "b c"]:
    return jax.nn.softmax(target.outputs(images).logits)
