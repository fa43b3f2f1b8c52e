"""Vision transformers B/16 and B/32: patches of a picture as tokens that attend to each other."""

from functools import partial

import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.nets.layers.attention import SelfAttention
from loft_jax.nets.layers.linear import layer_norm
from loft_jax.nets.layers.transformer import Transformer

EPSILON = 1e-6


class Patches(nnx.Module):
    """Tokens of a picture: one that stands for all of it, then its patches, each with its place."""

    def __init__(
        self,
        size: int,
        channels: int,
        patch: int,
        width: int,
        *,
        dtype: DTypeLike,
        rngs: nnx.Rngs,
    ):
        self.proj = nnx.Conv(
            channels,
            width,
            (patch, patch),
            strides=patch,
            padding="VALID",
            dtype=dtype,
            kernel_init=nnx.initializers.variance_scaling(1.0, "fan_in", "truncated_normal"),
            rngs=rngs,
        )
        self.token = nnx.Param(jnp.zeros((1, 1, width)))
        places = (1, (size // patch) ** 2 + 1, width)
        self.places = nnx.Param(nnx.initializers.normal(0.02)(rngs.params(), places))

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b n d"]:
        """One token more than there are patches."""
        x = self.proj(x)
        x = x.reshape(len(x), -1, x.shape[-1])
        token = jnp.broadcast_to(self.token[...].astype(x.dtype), (len(x), 1, x.shape[-1]))
        return jnp.concatenate([token, x], 1) + self.places[...].astype(x.dtype)


class Everywhere(SelfAttention):
    """Every token attends to every other."""

    def __call__(self, x: Float[Array, "b n d"]) -> Float[Array, "b n d"]:
        """What all tokens make of each other."""
        return super().__call__(x[:, None])[:, 0]


class VisionTransformer(nnx.Module):
    """The first token behind the last block: `width` features.

    Without dropout.

    Source: Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words", table 1.
    """

    def __init__(
        self,
        patch: int,
        size: int,
        channels: int,
        *,
        width: int = 768,
        depth: int = 12,
        heads: int = 12,
        dtype: DTypeLike,
        rngs: nnx.Rngs,
    ):
        self.patches = Patches(size, channels, patch, width, dtype=dtype, rngs=rngs)
        self.depths = (depth,)
        blocks = []
        for _ in range(depth):
            attention = Everywhere(width, heads, dtype=dtype, rngs=rngs)
            blocks.append(Transformer(width, attention, EPSILON, dtype=dtype, rngs=rngs))
        self.blocks = nnx.List(blocks)
        self.norm = layer_norm(width, EPSILON, dtype=dtype, rngs=rngs)

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """Features of images with pixels in [-1, 1]."""
        x = self.patches(x)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)[:, 0]


vit_b_16 = partial(VisionTransformer, 16)
vit_b_32 = partial(VisionTransformer, 32)
