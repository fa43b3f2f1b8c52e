"""Pooling by slices and maxima, whose gradients XLA fuses; `reduce_window`'s are slow on a CPU."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def max_pool_2x2(x: Float[Array, "b h w ch"]) -> Float[Array, "b h2 w2 ch"]:
    """Largest value of each 2 x 2 square; an odd last row or column is dropped."""
    batch, height, width, channels = x.shape
    x = x[:, : height // 2 * 2, : width // 2 * 2]
    x = x.reshape(batch, height // 2, 2, width // 2, 2, channels)
    x = jnp.maximum(x[:, :, 0], x[:, :, 1])
    return jnp.maximum(x[:, :, :, 0], x[:, :, :, 1])


def max_pool_3x3_stride_2(x: Float[Array, "b h w ch"]) -> Float[Array, "b h2 w2 ch"]:
    """Largest value of 3 x 3 windows two pixels apart, padded by one (the ImageNet ResNet stem)."""
    rows, columns = -(-x.shape[1] // 2), -(-x.shape[2] // 2)
    x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-jnp.inf)
    above, here, below = (x[:, i : i + 2 * rows - 1 : 2] for i in range(3))
    x = jnp.maximum(jnp.maximum(above, here), below)
    left, here, right = (x[:, :, j : j + 2 * columns - 1 : 2] for j in range(3))
    return jnp.maximum(jnp.maximum(left, here), right)


def mean_pool_2x2(x: Float[Array, "b h w ch"]) -> Float[Array, "b h2 w2 ch"]:
    """Mean of each 2 x 2 square; an odd last row or column is dropped."""
    batch, height, width, channels = x.shape
    x = x[:, : height // 2 * 2, : width // 2 * 2]
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).mean((2, 4))


def mean_pool_3x3_stride_2(x: Float[Array, "b h w ch"]) -> Float[Array, "b h2 w2 ch"]:
    """A ninth of the sum over 3 x 3 windows two pixels apart, padded by one row of zeros."""
    rows, columns = -(-x.shape[1] // 2), -(-x.shape[2] // 2)
    x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    above, here, below = (x[:, i : i + 2 * rows - 1 : 2] for i in range(3))
    x = above + here + below
    left, here, right = (x[:, :, j : j + 2 * columns - 1 : 2] for j in range(3))
    return (left + here + right) / 9


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
