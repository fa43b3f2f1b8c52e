"""A ReLU that learns how much of what is negative it lets through, a number a channel."""

import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float


class PReLU(nnx.Module):
    """max(x, 0) + slope min(x, 0).

    Source: He et al. 2015, "Delving Deep into Rectifiers", equation 1.
    """

    def __init__(self, channels: int):
        self.slope = nnx.Param(jnp.full(channels, 0.25))

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b h w ch"]:
        """The activation."""
        slope = self.slope[...].astype(x.dtype)[None, None, None]
        return jnp.maximum(x, 0) + slope * jnp.minimum(x, 0)
