"""Smooth random fields: separable cosine series whose coefficients are part of the identity."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


def cosine_series(
    u: Float[Array, "h w"],
    v: Float[Array, "h w"],
    coefficients: Float[Array, "k l"],
    *,
    half_frequency: float,
) -> Float[Array, "h w"]:
    """Returns sum_kl c_kl s_kl cos(pi k (u + 1) / 2) cos(pi l (v + 1) / 2), k = 1.., l = 0...

    For independent standard normal c the field is Gaussian; s_kl falls like a Lorentzian and is scaled to
    sum_kl s_kl^2 = 1, so its variance is about 1/4 to 1/2. The constant term is left out: it would
    only repeat a colour.

    Args:
        u: first coordinate, about [-1, 1] over the region shaded.
        v: second coordinate, likewise.
        coefficients: c.
        half_frequency: k^2 + l^2 = half_frequency^2 has half the amplitude.
    """
    rows, columns = coefficients.shape
    k, l = np.arange(1, rows + 1), np.arange(columns)
    scale = 1.0 / (1.0 + (k[:, None] ** 2 + l[None] ** 2) / half_frequency**2)
    scale = jnp.asarray(scale / np.sqrt(np.sum(scale**2)), coefficients.dtype)
    across = _cosines(u, rows + 1)[1:]
    along = _cosines(v, columns)
    return jnp.einsum("khw,kl,lhw->hw", across, coefficients * scale, along)


def _cosines(u: Float[Array, "h w"], count: int) -> Float[Array, "k h w"]:
    # One cosine and a recurrence: XLA's CPU cosine costs far more than a product.
    first = jnp.cos(0.5 * np.pi * (u + 1.0))
    waves = [jnp.ones_like(u), first]
    while len(waves) < count:
        waves.append(2.0 * first * waves[-1] - waves[-2])
    return jnp.stack(waves)
