"""Six 3 x 3 convolutions of width 16 to 128: the default trunk, made for 32 px on a laptop."""

import jax
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.nets.layers.convolution import batch_norm, conv
from loft_jax.nets.layers.pooling import max_pool_2x2

WIDTHS = (16, 32, 32, 64, 64, 128)
POOL_AFTER = (0, 2, 4)


class SmallCNN(nnx.Module):
    """Mean over pixels of six rounds of convolution, batch normalisation and ReLU.

    Image sides are halved by max pooling after the first, third and fifth round.
    """

    def __init__(self, size: int, channels: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        inputs = (channels, *WIDTHS[:-1])
        self.convs = nnx.List(
            [conv(i, o, 3, dtype=dtype, rngs=rngs) for i, o in zip(inputs, WIDTHS, strict=True)]
        )
        self.norms = nnx.List([batch_norm(o, dtype=dtype, rngs=rngs) for o in WIDTHS])

    @staticmethod
    def features(size: int) -> int:
        """Feature width."""
        return WIDTHS[-1]

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """Features of images with pixels in [-1, 1]."""
        for i, (convolve, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = jax.nn.relu(norm(convolve(x)))
            if i in POOL_AFTER:
                x = max_pool_2x2(x)
        return x.mean((1, 2))
