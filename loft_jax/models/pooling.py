"""Pooling whose gradients are cheap on every backend."""

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float


def max_pool_2x2(x: Float[Array, "b h w ch"]) -> Float[Array, "b h2 w2 ch"]:
    """Largest value of each 2 x 2 square; an odd last row or column is dropped."""
    batch, height, width, channels = x.shape
    x = x[:, : height // 2 * 2, : width // 2 * 2]
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).max((2, 4))


def max_pool_3x3_stride_2(x: Float[Array, "b h w ch"]) -> Float[Array, "b h2 w2 ch"]:
    """Largest value of 3 x 3 windows two pixels apart, padded by one (the ImageNet ResNet stem)."""
    return nnx.max_pool(x, (3, 3), (2, 2), padding=((1, 1), (1, 1)))


def global_mean_pool(x: Float[Array, "b h w ch"]) -> Float[Array, "b ch"]:
    """Mean over all pixels."""
    return x.mean((1, 2))


def adaptive_mean_pool(x: Float[Array, "b h w ch"], size: int) -> Float[Array, "b s s ch"]:
    """Means over a `size` x `size` grid of (overlapping, if need be) cells that cover the image.

    Cell i spans pixels floor(i h / s) to ceil((i + 1) h / s), PyTorch's rule.
    """
    rows = jnp.asarray(_cell_means(x.shape[1], size), x.dtype)
    columns = jnp.asarray(_cell_means(x.shape[2], size), x.dtype)
    return jnp.einsum("ih,bhwc,jw->bijc", rows, x, columns)


def _cell_means(pixels: int, cells: int) -> Float[np.ndarray, "s h"]:
    means = np.zeros((cells, pixels))
    for i in range(cells):
        start, stop = i * pixels // cells, -((i + 1) * pixels // -cells)
        means[i, start:stop] = 1 / (stop - start)
    return means
