"""Linear layers and normalisations of transformers, begun as these are."""

from flax import nnx
from jax.typing import DTypeLike

WEIGHTS = nnx.initializers.truncated_normal(0.02)


def linear(
    inputs: int, outputs: int, *, use_bias: bool = True, dtype: DTypeLike, rngs: nnx.Rngs
) -> nnx.Linear:
    """A linear layer whose weights are normal with standard deviation 0.02, cut off at two."""
    return nnx.Linear(
        inputs,
        outputs,
        use_bias=use_bias,
        dtype=dtype,
        kernel_init=WEIGHTS,
        rngs=rngs,
    )


def layer_norm(
    width: int, epsilon: float = 1e-5, *, dtype: DTypeLike, rngs: nnx.Rngs
) -> nnx.LayerNorm:
    """Layer normalisation; variances by differences, or small ones would lose their digits."""
    return nnx.LayerNorm(width, epsilon=epsilon, use_fast_variance=False, dtype=dtype, rngs=rngs)
