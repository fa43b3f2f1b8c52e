"""Weights divided by their largest singular value, so that a discriminator cannot become steep."""

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from loft_jax.nets.layers.convolution import convolve
from loft_jax.priors.doubling import doubled_convolution

TINY = 1e-12


class SingularVector(nnx.Variable):
    """The running estimate of a weight's singular vector; state, not a weight."""


def power_iteration(
    matrix: Float[Array, "m n"], vector: Float[Array, " n"]
) -> tuple[Float[Array, ""], Float[Array, " n"]]:
    """One step towards the largest singular value: sigma = u' W v with u ~ W v, v ~ W' u.

    No gradient flows through u and v, so that d sigma / d W = u v', which is exact at convergence.

    Returns:
        The estimate of sigma (never above the true one), and the next vector v.

    Source: Miyato et al. 2018, Spectral normalization for GANs, Algorithm 1.
    """
    fixed = jax.lax.stop_gradient(matrix)
    left = _unit(fixed @ vector)
    right = _unit(fixed.T @ left)
    return left @ (matrix @ right), right


class Weight(nnx.Module):
    """A weight tensor, optionally divided by the largest singular value of its matrix [rest, o].

    Called with `update=True` it makes one step of the power iteration and remembers its vector.
    """

    def __init__(self, *shape: int, spectral: bool, rngs: nnx.Rngs):
        init = nnx.initializers.variance_scaling(2.0, "fan_in", "normal")
        self.value = nnx.Param(init(rngs.params(), shape))
        self.vector = (
            SingularVector(_unit(jax.random.normal(rngs.params(), shape[-1:])))
            if spectral
            else None
        )

    def __call__(self, update: bool) -> Float[Array, "..."]:
        """The tensor to compute with."""
        value = self.value[...]
        if self.vector is None:
            return value
        sigma, vector = power_iteration(value.reshape(-1, value.shape[-1]), self.vector[...])
        if update:
            self.vector[...] = vector
        return value / sigma


class Convolution(nnx.Module):
    """`padded_convolution` with a bias; of 3 x 3 on request behind a doubling of the sides."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int,
        *,
        spectral: bool,
        rngs: nnx.Rngs,
        stride: int = 1,
        double: bool = False,
    ):
        self.weight = Weight(size, size, inputs, outputs, spectral=spectral, rngs=rngs)
        self.bias = nnx.Param(jnp.zeros(outputs))
        self.stride, self.double = stride, double

    def __call__(self, x: Float[Array, "b h w i"], update: bool) -> Float[Array, "b h2 w2 o"]:
        """Convolution of x."""
        kernel = self.weight(update)
        y = (
            doubled_convolution(x, kernel)
            if self.double
            else padded_convolution(x, kernel, self.stride)
        )
        return y + self.bias[...][None, None, None]


class Dense(nnx.Module):
    """Linear map with a bias."""

    def __init__(self, inputs: int, outputs: int, *, spectral: bool, rngs: nnx.Rngs):
        self.weight = Weight(inputs, outputs, spectral=spectral, rngs=rngs)
        self.bias = nnx.Param(jnp.zeros(outputs))

    def __call__(self, x: Float[Array, "b i"], update: bool) -> Float[Array, "b o"]:
        """Linear map of x."""
        return x @ self.weight(update) + self.bias[...][None]


def padded_convolution(
    x: Float[Array, "b h w i"], kernel: Float[Array, "k k i o"], stride: int = 1
) -> Float[Array, "b h2 w2 o"]:
    """Convolution, zero-padded so that stride 1 keeps (odd k) and stride 2 halves the side."""
    edge = ((kernel.shape[0] - 1) // 2,) * 2
    layout = ("NHWC", "HWIO", "NHWC")
    return convolve(x, kernel, (stride, stride), (edge, edge), dimension_numbers=layout)


def _unit(vector: Float[Array, " n"]) -> Float[Array, " n"]:
    return vector / (jnp.linalg.norm(vector) + TINY)
