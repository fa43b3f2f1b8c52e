"""Which starts are worth a search, and which results are worth keeping."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Int64, Integer, Key

from loft_jax.attacks.parts.keys import folded
from loft_jax.attacks.parts.objective import Networks
from loft_jax.attacks.parts.transforms import NO_TRANSFORM, Transform, flipped, transformed
from loft_jax.priors import ImagePrior
from loft_jax.targets.base import Network

BATCH = 128
"""Candidates scored by one call: they fit a processor's cache."""


@dataclass(frozen=True)
class Selection:
    """How starts and results are chosen.

    Attributes:
        candidates: pictures from the prior that the target scores once, for all classes; the best
            of each class are where its searches start.
        best: whether they are; else a class's starts are the next of the candidates (a conditional
            prior, whose pictures change with the class, has no common score).
        restarts: searches for each reconstruction that is kept.
        views: random views by which the kept ones are chosen; 0 takes the picture as it is.
        transform: how a view differs.
        mirrored: whether a candidate's score is a mean over it and its mirror image.
    """

    candidates: int = 2000
    best: bool = True
    restarts: int = 1
    views: int = 0
    transform: Transform = NO_TRANSFORM
    mirrored: bool = False

    def with_view(self, change: Callable[[Transform], Transform]) -> "Selection":
        """With another view in place of its own; mirror images only where that has them too."""
        view = change(self.transform) if self.views else NO_TRANSFORM
        return dataclasses.replace(
            self,
            views=0 if view == NO_TRANSFORM else self.views,
            transform=view,
            mirrored=self.mirrored and change(Transform(flip=0.5)).flip > 0,
        )


class Candidates(NamedTuple):
    """Pictures from the prior's own law as the target sees them.

    Attributes:
        latents: what they were decoded from.
        confidence: softmax of the target, of the picture or a mean over it and its mirror image.
        features: the target's features of the picture.
    """

    latents: Float[np.ndarray, "n z"]
    confidence: Float[np.ndarray, "n c"]
    features: Float[np.ndarray, "n d"]


def score_candidates(
    target: Network,
    prior: ImagePrior,
    classes: int,
    key: Key[Array, ""],
    n: int,
    *,
    mirrored: bool,
) -> Candidates:
    """Candidates, n of them, each decoded once and scored once for all classes.

    A conditional prior is asked for the classes in turn.

    Source: Struppek et al. 2022 (PPA), section 4.2.
    """
    batches = -(-n // BATCH)
    parts = []
    for index in range(batches):
        labels = (jnp.arange(BATCH) + index * BATCH) % classes
        parts.append(_score_batch(target, prior, jax.random.fold_in(key, index), labels, mirrored))
    columns = zip(*parts, strict=True)
    joined = [np.concatenate([np.asarray(part) for part in column])[:n] for column in columns]
    return Candidates(*joined)


def starts(
    candidates: Candidates, labels: Integer[np.ndarray, " k"], each: int, *, best: bool
) -> Int64[np.ndarray, "k each"]:
    """Indices of the candidates from which the searches for each class begin, best first.

    Too few candidates are used again. With `best` off, class y begins at candidate y * each.
    """
    n = len(candidates.latents)
    if not best:
        return (labels[:, None] * each + np.arange(each)[None]) % n
    order = np.argsort(-candidates.confidence[:, labels], axis=0, kind="stable").T
    return np.stack([np.resize(row, each) for row in order])


def keep(confidence: Float[np.ndarray, "k m"], per_class: int) -> Int64[np.ndarray, "k per_class"]:
    """Indices of the results of each class with the highest confidence, best first."""
    return np.argsort(-confidence, axis=1, kind="stable")[:, :per_class]


@partial(jax.jit, static_argnames=("views", "transform"))
def robust_confidence(
    networks: Networks,
    images: Float[Array, "n h w ch"],
    labels: Int[Array, " n"],
    keys: Key[Array, " n"],
    views: int,
    transform: Transform,
) -> Float[Array, " n"]:
    """softmax_y of the target, mean over random views (of the picture itself if there are none).

    A picture that only looks right at its very pixels does not last.

    Source: Struppek et al. 2022 (PPA), section 4.4.
    """

    def of_view(number: Array) -> Array:
        shown = transformed(folded(keys, number), images, transform) if views else images
        logits = networks[0].outputs(shown).logits
        return jnp.take_along_axis(jax.nn.softmax(logits), labels[:, None], 1)[:, 0]

    return jax.lax.map(of_view, jnp.arange(max(views, 1))).mean(0)


@partial(jax.jit, static_argnames=("mirrored",))
def _score_batch(
    target: Network,
    prior: ImagePrior,
    key: Key[Array, ""],
    labels: Int[Array, " n"],
    mirrored: bool,
) -> tuple[Float[Array, "n z"], Float[Array, "n c"], Float[Array, "n d"]]:
    latents = prior.sample(key, BATCH)
    images = prior.decode(latents, labels)
    shown = jnp.concatenate([images, flipped(images)]) if mirrored else images
    outputs = target.outputs(shown)
    confidence = jax.nn.softmax(outputs.logits).reshape(-1, BATCH, outputs.logits.shape[1]).mean(0)
    return latents, confidence, outputs.features[:BATCH]
