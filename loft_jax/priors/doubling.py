"""Doubling a picture's side, and the 3 x 3 convolution behind it as one of 2 x 2.

A doubled picture repeats pixels, so taps of the kernel that fall on the same pixel can be summed
beforehand: each of the four output pixels of an input pixel sees a 2 x 2 window of the small
picture, 16 products where the plain way takes 36. By the picture the gradient is one 4 x 4
convolution of stride 2, 16 products as well. Measured in benchmarks/README.md.
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Float

from loft_jax.nets.layers.convolution import convolve, convolve_on_cpu

LAYOUT = ("NHWC", "HWIO", "NHWC")


def doubled(x: Float[Array, "b h w f"]) -> Float[Array, "b h2 w2 f"]:
    """Every pixel four times."""
    b, h, w, f = x.shape
    return jnp.broadcast_to(x[:, :, None, :, None], (b, h, 2, w, 2, f)).reshape(b, 2 * h, 2 * w, f)


def doubled_convolution(
    x: Float[Array, "b h w i"], kernel: Float[Array, "3 3 i o"]
) -> Float[Array, "b h2 w2 o"]:
    """The convolution of `doubled(x)`, zero-padded by 1, by fewer products on a CPU."""
    if jax.default_backend() == "cpu" and x.dtype == jnp.float32:
        return _on_cpu(x, kernel)
    edges = ((1, 1), (1, 1))
    return convolve(doubled(x), kernel, (1, 1), edges, dimension_numbers=LAYOUT)


@jax.custom_jvp
def _on_cpu(x: Array, kernel: Array) -> Array:
    b, h, w, _ = x.shape
    # Along one side, with k = (k0, k1, k2): the output pixel at 2m is k0 x[m-1] + (k1 + k2) x[m],
    # that at 2m+1 is (k0 + k1) x[m] + k2 x[m+1].
    rows = _pairs(kernel, 0)  # [2 (window), 2 (parity), 3, i, o]
    taps = _pairs(rows, 2)  # [2, 2, 2 (window), 2 (parity), i, o]
    taps = taps.transpose(0, 2, 4, 1, 3, 5).reshape(2, 2, kernel.shape[2], -1)
    y = jax.lax.conv_general_dilated(x, taps, (1, 1), ((1, 1), (1, 1)), dimension_numbers=LAYOUT)
    y = y.reshape(b, h + 1, w + 1, 2, 2, -1)
    even, odd = y[:, :h, :, 0], y[:, 1:, :, 1]
    y = jnp.stack(
        [
            jnp.stack([row[:, :, :w, 0], row[:, :, 1:, 1]], 3)  # [b, h, w, 2, o]
            for row in (even, odd)
        ],
        2,
    )
    return y.reshape(b, 2 * h, 2 * w, -1)


# Linear in x and in the kernel, like `convolve_on_cpu`: a rule for tangents serves both modes.
@partial(_on_cpu.defjvp, symbolic_zeros=True)
def _tangent(primals: Any, tangents: Any) -> tuple[Array, Array]:
    (x, kernel), (dx, dkernel) = primals, tangents
    y = _on_cpu(x, kernel)
    dy = jnp.zeros_like(y)
    if not isinstance(dx, SymbolicZero):
        # The same map as a convolution of dx spread out by zeros. Its transpose, all that a
        # gradient needs, is a plain one of stride 2; channels as in `convolve_on_cpu`.
        spread = _spread(_spread(kernel, 0), 1)
        dy += jax.lax.conv_general_dilated(
            dx,
            spread.swapaxes(2, 3),
            (1, 1),
            ((2, 2), (2, 2)),
            lhs_dilation=(2, 2),
            dimension_numbers=("NHWC", "HWOI", "NHWC"),
        )
    if not isinstance(dkernel, SymbolicZero):
        plain = jax.jvp(lambda k: convolve_on_cpu(doubled(x), k, 1, 1), (kernel,), (dkernel,))
        dy += plain[1]
    return y, dy


def _pairs(kernel: Array, axis: int) -> Array:
    """Taps summed to pairs: [window, parity] in the place of the axis of three."""
    first, middle, last = (jax.lax.index_in_dim(kernel, t, axis, keepdims=False) for t in range(3))
    left = jnp.stack([first, first + middle], axis)  # of the window's first pixel, by parity
    right = jnp.stack([middle + last, last], axis)
    return jnp.stack([left, right], axis)


def _spread(kernel: Array, axis: int) -> Array:
    """The axis of three as four taps on a picture with a zero behind every pixel."""
    first, middle, last = (jax.lax.index_in_dim(kernel, t, axis, keepdims=False) for t in range(3))
    return jnp.stack([first, first + middle, middle + last, last], axis)
