"""Two-dimensional convolution layer."""

from flax import nnx
from jax.typing import DTypeLike


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
        rngs=rngs,
    )


def batch_norm(features: int, *, dtype: DTypeLike, rngs: nnx.Rngs) -> nnx.BatchNorm:
    """Batch normalisation with PyTorch's constants (its momentum 0.1 is 0.9 here)."""
    return nnx.BatchNorm(features, momentum=0.9, epsilon=1e-5, dtype=dtype, rngs=rngs)
