"""VGG16 with batch normalisation: thirteen 3 x 3 convolutions, then 4096 features or a flat map."""

import jax
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from loft_jax.nets.layers.convolution import batch_norm, conv
from loft_jax.nets.layers.pooling import adaptive_mean_pool, max_pool_2x2

STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
IMAGENET_FORM_FROM = 112


class VGG16(nnx.Module):
    """Features of VGG16-BN.

    From 112 px on the ImageNet form: a 7 x 7 map and two fully connected layers, 4096 features
    (without torchvision's dropout between them). Below, the last map itself, flattened:
    512 (size // 32)^2 features, 2048 at 64 px as in the networks of the inversion literature.

    Source: Simonyan and Zisserman 2015, configuration D; the small form: KED-MI (Chen et al. 2021).
    """

    def __init__(self, size: int, channels: int, *, dtype: DTypeLike, rngs: nnx.Rngs):
        convs, norms, inputs = [], [], channels
        for width in (width for stage in STAGES for width in stage):
            convs.append(conv(inputs, width, 3, use_bias=True, dtype=dtype, rngs=rngs))
            norms.append(batch_norm(width, dtype=dtype, rngs=rngs))
            inputs = width
        self.convs, self.norms = nnx.List(convs), nnx.List(norms)
        self.imagenet_form = size >= IMAGENET_FORM_FROM
        shapes = ((512 * 7 * 7, 4096), (4096, 4096)) if self.imagenet_form else ()
        normal = nnx.initializers.normal(0.01)
        self.linears = nnx.List(
            [nnx.Linear(i, o, kernel_init=normal, dtype=dtype, rngs=rngs) for i, o in shapes]
        )

    @staticmethod
    def features(size: int) -> int:
        """Feature width at image side `size`."""
        return 4096 if size >= IMAGENET_FORM_FROM else 512 * (size // 32) ** 2

    def __call__(self, x: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
        """Features of images with pixels in [-1, 1]."""
        layers = zip(self.convs, self.norms, strict=True)
        for stage in STAGES:
            for _ in stage:
                convolve, norm = next(layers)
                x = jax.nn.relu(norm(convolve(x)))
            x = max_pool_2x2(x)
        if self.imagenet_form:
            x = adaptive_mean_pool(x, 7)
        x = x.reshape(x.shape[0], -1)
        for linear in self.linears:
            x = jax.nn.relu(linear(x))
        return x
