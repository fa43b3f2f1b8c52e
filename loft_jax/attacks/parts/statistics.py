"""What BatchNorm layers see: statistics of a batch beside the stored ones (DeepInversion)."""

from typing import NamedTuple

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from loft_jax.attacks.parts.losses import statistics_distance
from loft_jax.errors import InputError
from loft_jax.nets.classifier import Outputs
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.targets.base import Network


class Seen(NamedTuple):
    """Mean and variance of one layer's input, over this batch and as stored."""

    mean: Float[Array, " f"]
    variance: Float[Array, " f"]
    stored_mean: Float[Array, " f"]
    stored_variance: Float[Array, " f"]


def watched_outputs(
    classifier: Network, images: Float[Array, "n h w ch"]
) -> tuple[Outputs, list[Seen]]:
    """The classifier's outputs, and what each of its BatchNorm layers saw, in order.

    Raises:
        InputError: if it has none.
    """
    if not isinstance(classifier, FrozenClassifier):
        raise _none()
    seen: list[Seen] = []

    class Watched(nnx.Module):
        def __init__(self, norm: nnx.BatchNorm):
            self.norm = norm

        def __call__(self, x: Array) -> Array:
            axes = tuple(range(x.ndim - 1))
            mean, variance = x.mean(axes), x.var(axes)
            seen.append(Seen(mean, variance, self.norm.mean[...], self.norm.var[...]))
            return self.norm(x)

    model = nnx.merge(classifier.graph, classifier.params, classifier.stats)
    model = nnx.recursive_map(
        lambda _, node: Watched(node) if isinstance(node, nnx.BatchNorm) else node, model
    )
    outputs = model.outputs(images)
    if not seen:
        raise _none()
    return outputs, seen


def statistics_loss(seen: list[Seen], first: float) -> Float[Array, ""]:
    """Sum over layers of their `statistics_distance`, the first layer's counted `first` times."""
    distances = jnp.stack([statistics_distance(*layer) for layer in seen])
    return first * distances[0] + distances[1:].sum()


def _none() -> InputError:
    return InputError("this attack needs a target with BatchNorm layers, got one without")
