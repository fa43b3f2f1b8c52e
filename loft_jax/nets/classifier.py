"""A classifier is a trunk (image to features) followed by a head (features to logits)."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from loft_jax.errors import InputError
from loft_jax.nets.fisher import Fisher
from loft_jax.nets.head import Head
from loft_jax.nets.taps import tapped


class Outputs(NamedTuple):
    """Everything a classifier computes on the way to its answer, float32.

    Attributes:
        logits: class scores before the softmax.
        features: what the head is handed (before any input normalisation): the trunk's, then the
            discriminants, if there are some.
        code: the r numbers inside a head with a bottleneck; None where there is none.
        hidden: outputs of the modules that were asked for by path; None where none was.
    """

    logits: Float[Array, "b c"]
    features: Float[Array, "b d"]
    code: Float[Array, "b r"] | None
    hidden: dict[str, Array] | None = None


class Pixels(NamedTuple):
    """What a trunk is shown of a picture in [0, 1]: (pixel - mean) / std, a number each a channel.

    Gray pictures have all the channels that there are numbers for.
    """

    mean: tuple[float, ...] = (0.5,)
    std: tuple[float, ...] = (0.5,)

    def __call__(self, images: Float[Array, "b h w ch"]) -> Float[Array, "b h w seen"]:
        """That of these pictures; in [-1, 1] where nothing else is wanted."""
        if self == Pixels():
            return 2 * images - 1
        mean, std = (jnp.asarray(numbers)[None, None, None] for numbers in self)
        return (images - mean) / std

    def channels(self, own: int) -> int:
        """How many the trunk sees of pictures that have `own`."""
        return max(own, len(self.mean))


class Classifier(nnx.Module):
    """Class scores of images with pixels in [0, 1].

    Pixels are mapped to what the trunk knows here, mostly [-1, 1], so that data, attacks and
    reconstructions all live in [0, 1].
    The trunk computes in its own dtype; features, code and logits are float32 always.
    Discriminants, where there are some, are features as well, behind those of the trunk. A
    companion is what is trained beside the network; no answer needs it.
    """

    def __init__(
        self,
        trunk: Callable[[Array], Array],
        head: Head,
        discriminants: Fisher | None = None,
        companion: nnx.Module | None = None,
        pixels: Pixels | None = None,
    ):
        self.trunk = trunk
        self.head = head
        self.discriminants = discriminants
        self.companion = companion
        self.pixels = pixels or Pixels()

    def __call__(self, images: Float[Array, "b h w ch"]) -> Float[Array, "b c"]:
        """Logits."""
        return self.outputs(images).logits

    def outputs(self, images: Float[Array, "b h w ch"], taps: Sequence[str] = ()) -> Outputs:
        """Logits, trunk features and code; of the modules at the paths in `taps` what they return.

        Raises:
            InputError: if there is no module at a path, or features are not those of the head.
        """
        with tapped(self, taps) as hidden:
            features = self.trunk(self.pixels(images)).astype(jnp.float32)
            if self.discriminants is not None:
                features = self.discriminants.beside(features, 2 * images - 1)
            logits, code = self._answer(features)
        return Outputs(logits, features, code, hidden or None)

    def _answer(self, features: Array) -> tuple[Array, Array | None]:
        if features.ndim != 2:
            msg = f"`trunk` must give (pictures, features), got shape {features.shape}"
            raise InputError(msg)
        try:
            return self.head(features)
        except (TypeError, ValueError) as error:
            width = self.head.first_layer.shape[-1]
            if features.shape[-1] == width:
                raise
            msg = f"`trunk` must give the {width} features of its row, got {features.shape[-1]}"
            raise InputError(msg) from error
