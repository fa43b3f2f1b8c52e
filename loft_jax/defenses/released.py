"""A trained classifier as others meet it: with what its defense does to answers."""

import dataclasses
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from loft_jax.defenses.base import Defense
from loft_jax.nets.classifier import Outputs
from loft_jax.nets.frozen import FrozenClassifier


def released(
    defense: Defense,
    network: FrozenClassifier,
    key: Key[Array, ""],
    images: Float[Array, "b h w ch"],
) -> Outputs:
    """What is answered about pictures; what is random in it comes from the key."""
    if not defense.overrides("release"):
        return network.outputs(images)
    outputs = defense.release(network.outputs(images, defense.taps), key, network.head)
    return outputs._replace(hidden=None)


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Answering(FrozenClassifier):
    """A classifier that says what it lets out, in a program that has no keys to give.

    Attributes:
        defense: what changes the answers; what is random in them comes from the pictures.
    """

    defense: Defense = dataclasses.field(metadata={"static": True}, kw_only=True)

    def outputs(self, images: Float[Array, "b h w ch"], taps: Sequence[str] = ()) -> Outputs:
        """Logits, features and code as they are answered; nothing is `hidden`."""
        seed = jax.lax.bitcast_convert_type(images.sum(dtype=jnp.float32), jnp.uint32)
        key = jax.random.fold_in(jax.random.key(0), seed)
        network = FrozenClassifier(self.graph, self.params, self.stats)
        return released(self.defense, network, key, images)


def answering(defense: Defense, network: FrozenClassifier) -> Answering:
    """The network with the defense before it."""
    return Answering(network.graph, network.params, network.stats, defense=defense)
