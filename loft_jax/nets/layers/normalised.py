"""A convolution, batch normalisation and an activation: what most nets are made of."""

from collections.abc import Callable

import jax
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.nets.layers.convolution import batch_norm, conv, depthwise


def identity(x: Array) -> Array:
    """The numbers themselves, where no activation follows."""
    return x


class Normalised(nnx.Module):
    """activation(batch normalisation(convolution of x)).

    Args:
        inputs: channels of x.
        outputs: channels returned.
        size: side of the kernel.
        stride: step, along both sides.
        each: whether each channel is filtered by itself (inputs = outputs).
        activation: what follows the normalisation.
        momentum: of the statistics.
        epsilon: added to the variance.
        dtype: compute dtype.
        rngs: random streams for the initial weights.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int,
        stride: int = 1,
        *,
        each: bool = False,
        activation: Callable[[Array], Array] = jax.nn.silu,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        dtype: DTypeLike,
        rngs: nnx.Rngs,
    ):
        if each:
            self.conv = depthwise(inputs, size, stride, dtype=dtype, rngs=rngs)
        else:
            self.conv = conv(inputs, outputs, size, stride, dtype=dtype, rngs=rngs)
        self.norm = batch_norm(outputs, momentum, epsilon, dtype=dtype, rngs=rngs)
        self.activation = activation

    def __call__(self, x: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        """The layer's output."""
        return self.activation(self.norm(self.conv(x)))
