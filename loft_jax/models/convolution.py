"""Convolution layers; on a CPU, 3 x 3 ones by Winograd's minimal filtering.

XLA's own convolution is slow on a CPU, its weight gradient most of all (4 to 30 GFLOP/s a core where
a matrix product runs at 80). Winograd's F(2 x 2, 3 x 3) needs 4 multiplications an output pixel
where the definition needs 9, and makes the convolution sixteen plain matrix products:

    Y = A' [ sum over input channels of (G g G') * (B' d B) ] A

with d a 4 x 4 tile of the image, g a 3 x 3 kernel, Y the 2 x 2 outputs and * element by element.
Everything is made of slices, sums and products, so JAX's own derivatives apply, and they are made
of matrix products as well. Measured: benchmarks/README.md. On other backends: lax as it is.

Source: Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", section 4.1.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

# Below this many channels the transforms cost more than the saved multiplications.
WINOGRAD_CHANNELS = 16


def conv(
    inputs: int,
    outputs: int,
    size: int,
    stride: int = 1,
    *,
    use_bias: bool = False,
    dtype: DTypeLike,
    rngs: nnx.Rngs,
) -> nnx.Conv:
    """Convolution with a `size` x `size` kernel, zero-padded by size // 2 on every side.

    Padding is symmetric at stride 2 as well, as in PyTorch (XLA's "SAME" would not be).
    Weights are normal with variance 2 / (size^2 outputs), biases zero.

    Source: He et al. 2015, "Delving Deep into Rectifiers" (fan-out form, as torchvision).
    """
    return nnx.Conv(
        inputs,
        outputs,
        (size, size),
        strides=stride,
        padding=size // 2,
        use_bias=use_bias,
        dtype=dtype,
        kernel_init=nnx.initializers.variance_scaling(2.0, "fan_out", "normal"),
        conv_general_dilated=convolve,
        rngs=rngs,
    )


def batch_norm(features: int, *, dtype: DTypeLike, rngs: nnx.Rngs) -> nnx.BatchNorm:
    """Batch normalisation with PyTorch's constants (its momentum 0.1 is 0.9 here)."""
    return nnx.BatchNorm(features, momentum=0.9, epsilon=1e-5, dtype=dtype, rngs=rngs)


def convolve(
    x: Float[Array, "b h w i"],
    kernel: Float[Array, "kh kw i o"],
    strides: tuple[int, int],
    padding: Any,
    **settings: Any,
) -> Float[Array, "b h2 w2 o"]:
    """What `jax.lax.conv_general_dilated` returns, by the fastest route for shape and backend.

    Made for the layers of `conv`, whose padding is half the kernel.
    """
    if jax.default_backend() == "cpu" and x.dtype == jnp.float32:
        if kernel.shape[:2] == (1, 1):
            return x[:, :: strides[0], :: strides[1]] @ kernel[0, 0]
        wide = min(kernel.shape[2:]) >= WINOGRAD_CHANNELS
        if kernel.shape[:2] == (3, 3) and tuple(strides) == (1, 1) and wide:
            return winograd(x, kernel)
    return jax.lax.conv_general_dilated(x, kernel, strides, padding, **settings)


def winograd(
    x: Float[Array, "b h w i"], kernel: Float[Array, "3 3 i o"]
) -> Float[Array, "b h w o"]:
    """Convolution at stride 1, zero-padded by one, as sixteen matrix products.

    Rounding is that of a sum of 9 i products, at most a few times larger: the entries of the
    transforms are 0, 1/2 and 1.
    """
    batch, height, width, _ = x.shape
    rows, columns = -(-height // 2), -(-width // 2)
    tiles = _transformed_tiles(x, rows, columns)
    kernels = _each_way(_kernel_transform, [[kernel[i, j] for j in range(3)] for i in range(3)])
    products = [
        [tile @ weight for tile, weight in zip(*pair, strict=True)]
        for pair in zip(tiles, kernels, strict=True)
    ]
    squares = _each_way(_output_transform, products)
    y = jnp.stack([jnp.stack(line, 3) for line in squares], 2)
    return y.reshape(batch, 2 * rows, 2 * columns, -1)[:, :height, :width]


def _transformed_tiles(x: Array, rows: int, columns: int) -> list[list[Array]]:
    """B' d B of all 4 x 4 tiles, two pixels apart: 4 x 4 arrays of shape (b, rows, columns, i)."""
    batch, height, width, channels = x.shape
    bottom, right = 2 * rows + 1 - height, 2 * columns + 1 - width
    x = jnp.pad(x, ((0, 0), (1, bottom), (1, right), (0, 0)))
    # Even and odd pixels on axes of their own: tiles become plain slices, without strides.
    x = x.reshape(batch, rows + 1, 2, columns + 1, 2, channels)

    def pixels(i: int, j: int) -> Array:
        a, b = i // 2, j // 2
        return x[:, a : a + rows, i % 2, b : b + columns, j % 2]

    return _each_way(_tile_transform, [[pixels(i, j) for j in range(4)] for i in range(4)])


def _each_way(transform: Any, grid: list[list[Array]]) -> list[list[Array]]:
    """The transform along the columns of a grid of arrays, then along its rows."""
    down = zip(*(transform(*column) for column in zip(*grid, strict=True)), strict=True)
    return [list(transform(*row)) for row in down]


def _tile_transform(d0: Array, d1: Array, d2: Array, d3: Array) -> tuple[Array, ...]:
    return d0 - d2, d1 + d2, d2 - d1, d1 - d3


def _kernel_transform(g0: Array, g1: Array, g2: Array) -> tuple[Array, ...]:
    return g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2


def _output_transform(m0: Array, m1: Array, m2: Array, m3: Array) -> tuple[Array, ...]:
    return m0 + m1 + m2, m1 - m2 - m3
