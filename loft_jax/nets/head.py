"""What turns features into logits: the interface of all heads, and the plain linear layer."""

import abc

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float


class Head(nnx.Module):
    """Logits, and what is released on the way to them."""

    @abc.abstractmethod
    def __call__(
        self, features: Float[Array, "b d"]
    ) -> tuple[Float[Array, "b c"], Float[Array, "b r"] | None]:
        """(logits, code); the code is None for a head without a bottleneck."""

    @property
    @abc.abstractmethod
    def weight(self) -> Float[Array, "c d"]:
        """Matrix of the head, what is not linear in it taken for the identity."""

    @property
    @abc.abstractmethod
    def first_layer(self) -> Float[Array, "m d"]:
        """The linear map that the features meet first, with the scale of a normalisation before it.

        Activation and biases apart, it is all that the head ever learns of the features.
        """

    def slope(self, features: Float[Array, " d"]) -> Float[Array, "c d"]:
        """Derivative of the logits by the features, at these features."""
        return jax.jacrev(lambda f: self(f[None])[0][0])(features)


class LinearHead(Head):
    """logits = W norm(z) + b, with `norm` the identity or batch normalisation."""

    def __init__(self, features: int, classes: int, input_norm: bool = False, *, rngs: nnx.Rngs):
        self.norm = input_normalisation(features, rngs) if input_norm else None
        self.decode = nnx.Linear(features, classes, rngs=rngs)

    def __call__(self, features: Float[Array, "b d"]) -> tuple[Float[Array, "b c"], None]:
        """(logits, None)."""
        return self.decode(features if self.norm is None else self.norm(features)), None

    @property
    def weight(self) -> Float[Array, "c d"]:
        """W; the (diagonal) normalisation is left out: it has full rank."""
        return self.decode.kernel[...].T

    @property
    def first_layer(self) -> Float[Array, "c d"]:
        """W times the scale of the normalisation."""
        return scaled(self.decode.kernel[...], self.norm)


def input_normalisation(features: int, rngs: nnx.Rngs) -> nnx.BatchNorm:
    """Batch normalisation in front of a head."""
    return nnx.BatchNorm(features, momentum=0.9, rngs=rngs)


def scaled(kernel: Float[Array, "d m"], norm: nnx.BatchNorm | None) -> Float[Array, "m d"]:
    """The matrix behind a normalisation in evaluation mode, with its scale, without its shift."""
    if norm is not None and norm.scale is not None:
        scale = norm.scale[...] / jnp.sqrt(norm.var[...] + norm.epsilon)
        kernel = scale[:, None] * kernel
    return kernel.T
