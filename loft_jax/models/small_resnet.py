"""A narrow ResNet-18 with a stride-2 stem: the trunk for real photographs of about 64 px."""

import jax
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.models.convolution import batch_norm, conv
from loft_jax.models.pooling import global_mean_pool
from loft_jax.models.resnet import BasicBlock, residual_stages

WIDTH = 24


class SmallResNet(nnx.Module):
    """Mean over pixels of four stages of two residual blocks, 24 to 192 channels wide.

    The stem's stride leaves every stage a quarter of the work a ResNet-18 of this width has.
    """

    def __init__(self, size: int, channels: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        self.stem = conv(channels, WIDTH, 3, stride=2, dtype=dtype, rngs=rngs)
        self.norm = batch_norm(WIDTH, dtype=dtype, rngs=rngs)
        stages = residual_stages(BasicBlock, (2, 2, 2, 2), WIDTH, dtype=dtype, rngs=rngs)
        self.blocks = nnx.List(stages)

    @staticmethod
    def features(size: int) -> int:
        """Feature width."""
        return WIDTH << 3

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """Features of images with pixels in [-1, 1]."""
        x = jax.nn.relu(self.norm(self.stem(x)))
        for block in self.blocks:
            x = block(x)
        return global_mean_pool(x)
