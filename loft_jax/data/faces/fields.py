"""Smooth random fields: separable cosine series whose coefficients are part of the identity."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def cosine_series(
    u: Float[Array, "fields h w"],
    v: Float[Array, "fields h w"],
    coefficients: Float[Array, "fields k l"],
    *,
    half_frequency: float,
) -> Float[Array, "fields h w"]:
    """Returns sum_kl c_kl s_kl cos(pi k (u + 1) / 2) cos(pi l (v + 1) / 2), k = 1.., l = 0...

    For independent standard normal c the field is Gaussian. The amplitudes s_kl fall like
    1 / (1 + (k^2 + l^2) / half_frequency^2) and have sum_kl s_kl^2 = 1. The constant in u is left
    out: it would only repeat a colour.

    Args:
        u: first coordinate, about [-1, 1] over the region shaded.
        v: second coordinate, likewise.
        coefficients: c.
        half_frequency: where the amplitude has fallen to a half.
    """
    _, rows, columns = coefficients.shape
    k = np.arange(1, rows + 1)[:, None]
    scale = 1.0 / (1.0 + (k**2 + np.arange(columns) ** 2) / half_frequency**2)
    scale = jnp.asarray(scale / np.sqrt(np.sum(scale**2)), coefficients.dtype)
    across = _cosines(u, rows + 1)[1:]
    first = jnp.cos(0.5 * np.pi * (v + 1.0))

    # A loop, and sums of planes inside it: XLA's CPU backend runs a batch of 6 x 6 products
    # 30 times slower, and the gradient of the unrolled series compiles for minutes.
    def add_column(carry, column):
        total, wave, next_wave = carry
        mix = sum(column[:, i, None, None] * across[i] for i in range(rows))
        return (total + mix * wave, next_wave, 2.0 * first * next_wave - wave), None

    start = (jnp.zeros_like(v), jnp.ones_like(v), first)
    weights = jnp.moveaxis(coefficients * scale[None], 2, 0)
    (total, _, _), _ = jax.lax.scan(add_column, start, weights)
    return total


def _cosines(u: Float[Array, "fields h w"], count: int) -> Float[Array, "k fields h w"]:
    # One cosine and a recurrence: a cosine costs far more than a product.
    first = jnp.cos(0.5 * np.pi * (u + 1.0))

    def climb(carry, _):
        wave, next_wave = carry
        return (next_wave, 2.0 * first * next_wave - wave), wave

    return jax.lax.scan(climb, (jnp.ones_like(u), first), length=count)[1]
