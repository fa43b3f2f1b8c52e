"""Convolution layers, with gradients of their own where XLA's are slow on a CPU.

By the weights, XLA differentiates a convolution as one whose kernel is the whole image: 4 to 30
GFLOP/s a core from 16 x 16 px up, where its forward pass runs at 60. Written out, that gradient is
one matrix product, patches' times output gradient; in portions of a few images the patches stay in
cache. By the picture, JAX's transpose asks for a kernel with its channels swapped, which inside
`lax.scan` takes up to 16 times as long as a plain one: here they are swapped beforehand. Measured
in benchmarks/README.md. Other backends: lax as is.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.custom_derivatives import SymbolicZero
from jax.typing import DTypeLike
from jaxtyping import Array, Float

# Rows of the patch matrix in a portion, and pixels from which its product beats XLA's gradient.
PORTION = 2048
PATCHES_FROM = 16 * 16


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


def depthwise(
    channels: int, size: int, stride: int = 1, *, dtype: DTypeLike, rngs: nnx.Rngs
) -> nnx.Conv:
    """Convolution of each channel by itself, padded and begun as those of `conv`."""
    return nnx.Conv(
        channels,
        channels,
        (size, size),
        strides=stride,
        padding=size // 2,
        feature_group_count=channels,
        use_bias=False,
        dtype=dtype,
        kernel_init=nnx.initializers.variance_scaling(2.0, "fan_out", "normal"),
        rngs=rngs,
    )


def batch_norm(
    features: int,
    momentum: float = 0.9,
    epsilon: float = 1e-5,
    *,
    dtype: DTypeLike,
    rngs: nnx.Rngs,
) -> nnx.BatchNorm:
    """Batch normalisation with PyTorch's constants (its momentum 0.1 is 0.9 here)."""
    return nnx.BatchNorm(features, momentum=momentum, epsilon=epsilon, dtype=dtype, rngs=rngs)


def convolve(
    x: Float[Array, "b h w i"],
    kernel: Float[Array, "k k i o"],
    strides: tuple[int, int],
    padding: Any,
    **settings: Any,
) -> Float[Array, "b h2 w2 o"]:
    """What `jax.lax.conv_general_dilated` returns, by the fastest route for shape and backend.

    For square kernels and strides, padded alike on all four sides.
    """
    size, stride = kernel.shape[0], strides[0]
    if jax.default_backend() == "cpu" and x.dtype == jnp.float32:
        if size == 1:
            return x[:, ::stride, ::stride] @ kernel[0, 0]
        return convolve_on_cpu(x, kernel, stride, padding[0][0])
    return jax.lax.conv_general_dilated(x, kernel, strides, padding, **settings)


@partial(jax.custom_jvp, nondiff_argnums=(2, 3, 4))
def convolve_on_cpu(
    x: Float[Array, "b h w i"],
    kernel: Float[Array, "k k _ _"],
    stride: int,
    edge: int,
    axes: str = "HWIO",
) -> Float[Array, "b h2 w2 o"]:
    """Convolution with fast gradients on a CPU.

    Args:
        x: pictures.
        kernel: weights.
        stride: step, along both sides.
        edge: zeros on each of the four sides.
        axes: the kernel's, HWIO or HWOI.
    """
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        (stride, stride),
        ((edge, edge), (edge, edge)),
        dimension_numbers=("NHWC", axes, "NHWC"),
    )


# The convolution is linear in x and in the kernel: a rule for tangents, which JAX transposes, gives
# derivatives of both modes and every order.
@partial(convolve_on_cpu.defjvp, symbolic_zeros=True)
def _tangent(stride: int, edge: int, axes: str, primals: Any, tangents: Any) -> tuple[Array, Array]:
    (x, kernel), (dx, dkernel) = primals, tangents
    y = convolve_on_cpu(x, kernel, stride, edge, axes)
    dy = jnp.zeros_like(y)
    if not isinstance(dx, SymbolicZero):
        # Channels are swapped, and said to be; JAX's transpose unsays it: that is XLA's fast form.
        other = "HWOI" if axes == "HWIO" else "HWIO"
        dy += convolve_on_cpu(dx, kernel.swapaxes(2, 3), stride, edge, other)
    if not isinstance(dkernel, SymbolicZero):
        if kernel.shape[0] == 3 and edge == 1 and y.shape[1] * y.shape[2] >= PATCHES_FROM:
            plain = dkernel if axes == "HWIO" else dkernel.swapaxes(2, 3)
            dy += patch_product(x, plain, stride)
        else:
            dy += convolve_on_cpu(x, dkernel, stride, edge, axes)
    return y, dy


def patch_product(
    x: Float[Array, "b h w i"], kernel: Float[Array, "3 3 i o"], stride: int
) -> Float[Array, "b h2 w2 o"]:
    """The same convolution: the matrix of all 3 x 3 patches of x times the kernel's 9 i rows."""
    batch, height, width, _ = x.shape
    rows, columns = -(-height // stride), -(-width // stride)
    weights = kernel.reshape(-1, kernel.shape[-1])

    @jax.checkpoint  # patches are nine times as large as x: made again rather than kept
    def portion(x: Array) -> Array:
        x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        bottom, right = stride * rows, stride * columns
        taps = [
            x[:, i : i + bottom : stride, j : j + right : stride]
            for i in range(3)
            for j in range(3)
        ]
        return jnp.concatenate(taps, -1).reshape(-1, weights.shape[0]) @ weights

    fits = (n for n in range(batch, 0, -1) if batch % n == 0 and n * rows * columns <= PORTION)
    images = next(fits, 1)
    y = jax.lax.map(portion, x.reshape(batch // images, images, *x.shape[1:]))
    return y.reshape(batch, rows, columns, -1)
