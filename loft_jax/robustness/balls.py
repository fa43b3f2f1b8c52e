"""How far a picture may be changed: every number of it a little, or all of them together."""

from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

Norm = Literal["linf", "l2"]
"""What a strength bounds: the largest change of a number of the picture, as a share of the range
[0, 1] of pixels; or the Euclidean length of all changes together, in the same unit."""
HALVINGS = 24
"""After which float32 tells no shares apart."""

Pictures = Float[Array, "b h w ch"]
Strength = float | Float[Array, ""]


def projected(norm: Norm, moved: Pictures, centre: Pictures, strength: Strength) -> Pictures:
    """The nearest pictures in [0, 1] that differ from `centre` by no more than `strength`.

    L2: clip(c + t (m - c), 0, 1) for the largest t in [0, 1] that is near enough. To project on the
    ball and clip afterwards, as is often done, gives pictures that are allowed but not the nearest.

    Args:
        norm: how changes are measured.
        moved: any numbers.
        centre: pictures in [0, 1].
        strength: largest change, see `Norm`.
    """
    if norm == "linf":
        low, high = jnp.maximum(centre - strength, 0), jnp.minimum(centre + strength, 1)
        return jnp.clip(moved, low, high)

    def at(share: Array) -> Pictures:
        return jnp.clip(centre + share * (moved - centre), 0, 1)

    def near(share: Array) -> Array:
        return lengths(at(share) - centre) <= strength

    def halve(ends: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], None]:
        low, high = ends
        middle = (low + high) / 2
        inside = near(middle)
        return (jnp.where(inside, middle, low), jnp.where(inside, high, middle)), None

    none = jnp.zeros((len(centre), 1, 1, 1))
    (low, _), _ = jax.lax.scan(halve, (none, none + 1), length=HALVINGS)
    return at(jnp.where(near(none + 1), 1.0, low))


def steepest(norm: Norm, slope: Pictures) -> Pictures:
    """The change of length 1 that raises a linear function of this slope the most."""
    if norm == "linf":
        return jnp.sign(slope)
    return slope / jnp.maximum(lengths(slope), jnp.finfo(slope.dtype).tiny)


def anywhere(norm: Norm, keys: Key[Array, " b"], centre: Pictures, strength: Strength) -> Pictures:
    """A random picture near each: uniform in the cube, or on the sphere; then made a picture."""
    shape = centre.shape[1:]
    if norm == "linf":
        away = jax.vmap(lambda key: jax.random.uniform(key, shape, minval=-1, maxval=1))(keys)
    else:
        away = steepest(norm, jax.vmap(lambda key: jax.random.normal(key, shape))(keys))
    return projected(norm, centre + strength * away, centre, strength)


def lengths(changes: Pictures) -> Float[Array, "b 1 1 1"]:
    """The Euclidean length of each."""
    return jnp.sqrt(jnp.sum(changes**2, axis=(1, 2, 3), keepdims=True))
