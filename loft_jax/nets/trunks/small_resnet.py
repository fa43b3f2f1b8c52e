"""A narrow residual net for real photographs of about 64 px, few of each class."""

import jax
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.nets.layers.convolution import batch_norm, conv
from loft_jax.nets.layers.pooling import max_pool_2x2
from loft_jax.nets.trunks.resnet import BasicBlock, residual_stages

WIDTH = 48


class SmallResNet(nnx.Module):
    """Mean over pixels of three stages of residual blocks, 48 to 192 channels wide.

    Every picture is first brought to mean 0 and variance 1: exposure and contrast tell nothing.
    Stem and pooling leave the blocks a sixteenth of the pixels, as in the ImageNet ResNets.
    """

    def __init__(self, size: int, channels: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        self.stem = conv(channels, WIDTH, 3, stride=2, dtype=dtype, rngs=rngs)
        self.norm = batch_norm(WIDTH, dtype=dtype, rngs=rngs)
        self.depths = (2, 2, 2)
        stages = residual_stages(BasicBlock, self.depths, WIDTH, dtype=dtype, rngs=rngs)
        self.blocks = nnx.List(stages)

    @staticmethod
    def features(size: int) -> int:
        """Feature width."""
        return WIDTH << 2

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """Features of images with pixels in [-1, 1]."""
        x = jax.nn.standardize(x, axis=(1, 2, 3), epsilon=1e-4)
        x = jax.nn.relu(self.norm(self.stem(x)))
        x = max_pool_2x2(x)
        for block in self.blocks:
            x = block(x)
        return x.mean((1, 2))
