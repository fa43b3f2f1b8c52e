"""Fisher discriminants of oriented gradients: what a head reads beside a trunk's features.

With a dozen pictures of each person a network alone learns less of faces than discriminant analysis
of good features does. Here the head has both, and begins as that analysis.
"""

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from loft_jax.nets.layers.oriented import WIDTH, oriented_gradients

LOST = 0.3
"""Share of training pictures that lose the one part of the features, and that lose the other."""


class Basis(nnx.Variable):
    """Numbers that are fitted to the training pictures once, and not trained."""


class Fisher(nnx.Module):
    """At most `count` numbers a picture: (h - mean) kernel, h its oriented gradients.

    In training some pictures lose these numbers and some the trunk's features (they get the batch's
    mean instead): the head learns to read either alone, and the trunk is not spared learning what
    the discriminants tell already.

    Args:
        size: side of the pictures in pixels.
        channels: 1 (gray) or 3 (RGB).
        count: how many numbers.
        rngs: its stream `dropout` says which pictures lose what.
    """

    def __init__(self, size: int, channels: int, count: int, *, rngs: nnx.Rngs):
        self.mean = Basis(jnp.zeros(WIDTH))
        self.kernel = Basis(jnp.zeros((WIDTH, count)))
        self.deterministic = False
        self.rngs = rngs["dropout"].fork()

    def set_view(self, deterministic: bool | None = None) -> None:
        """Called by `nnx.view`: in evaluation nothing is lost."""
        if deterministic is not None:
            self.deterministic = deterministic

    def __call__(self, images: Float[Array, "b h w ch"]) -> Float[Array, "b count"]:
        """The discriminants of images with pixels in [-1, 1]."""
        return (oriented_gradients(images) - self.mean[...][None]) @ self.kernel[...]

    def beside(
        self, features: Float[Array, "b d"], images: Float[Array, "b h w ch"]
    ) -> Float[Array, "b d_and_count"]:
        """The trunk's features and the discriminants."""
        own = self(images)
        if not self.deterministic:
            draw = jax.random.uniform(self.rngs(), (len(own), 1))
            own = _lost(own, draw < LOST)
            features = _lost(features, draw > 1 - LOST)
        return jnp.concatenate([features, own], -1)


def _lost(features: Float[Array, "b d"], where: Array) -> Float[Array, "b d"]:
    """The features, or the batch's mean of them."""
    return jnp.where(where, features.mean(0, keepdims=True), features)
