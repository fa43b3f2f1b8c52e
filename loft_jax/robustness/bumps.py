"""The squares of the L2 square attack: a light and a dark bump side by side, of a fixed length."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from loft_jax.robustness.balls import Strength

TILES = 5
"""Bumps side by side in the first change."""
TINY = 1e-12

Picture = Float[Array, "h w ch"]
Plane = Float[Array, "h w"]


class Window(NamedTuple):
    """A square window of a picture.

    Attributes:
        row: of each pixel, from the window's first.
        column: likewise.
        side: of the window.
    """

    row: Int[Array, "h 1"]
    column: Int[Array, "1 w"]
    side: Int[Array, ""]

    @classmethod
    def anywhere(cls, key: Key[Array, ""], size: int, side: Array) -> "Window":
        """At a random place of a picture of so many pixels a side."""
        top, left = jax.random.randint(key, (2,), 0, size - side + 1)
        numbers = jnp.arange(size)
        return cls(numbers[:, None] - top, numbers[None] - left, jnp.asarray(side))

    @property
    def mask(self) -> Bool[Array, "h w"]:
        """Which pixels lie in it."""
        rows = (self.row >= 0) & (self.row < self.side)
        return rows & (self.column >= 0) & (self.column < self.side)


def bump(window: Window, turned: Array) -> Plane:
    """The change eta of a square: above the middle light, below it dark, each fading outwards.

    Of a half with centre c it is sum_{j = m}^{n} 1 / (j + 1)^2 at the distance m = max(|row - c|,
    |column - c|), with n = floor(side / 2); zero outside. Its length is 1.

    Args:
        window: where.
        turned: whether the halves are left and right instead.

    Source: Andriushchenko et al. (ECCV 2020), section 3.4, equation 2 and algorithm 3.
    """
    rows, columns = jnp.broadcast_arrays(window.row, window.column)
    row, column = jnp.where(turned, columns, rows), jnp.where(turned, rows, columns)
    half = window.side // 2
    second = row >= half
    height = jnp.where(second, window.side - half, half)
    centre = jnp.where(second, half, 0) + height // 2
    away = jnp.maximum(jnp.abs(row - centre), jnp.abs(column - half))
    most = max(rows.shape) + 2
    sums = jnp.asarray(np.cumsum([0.0, *(1 / np.arange(1, most + 1) ** 2)]), jnp.float32)
    value = jnp.where(second, -1.0, 1.0) * (sums[half + 1] - sums[jnp.clip(away, 0, half + 1)])
    return _unit(jnp.where(window.mask, value, 0.0))


def tiles(key: Key[Array, ""], centre: Picture, strength: Strength) -> Picture:
    """A picture changed by 5 x 5 bumps of random signs and turns, of that length together."""
    size, _, channels = centre.shape
    side = max(size // TILES, 1)
    begin = (size - min(size, side * TILES)) // 2
    numbers = jnp.arange(size) - begin
    signs, turns = jax.random.split(key)
    sign = jax.random.rademacher(signs, (TILES, TILES, channels), float)
    turned = jax.random.bernoulli(turns, shape=(TILES, TILES))
    which = jnp.clip(numbers // side, 0, TILES - 1)
    within = (numbers >= 0) & (numbers < side * TILES)
    local = jnp.where(within, numbers - which * side, -1)
    window = Window(local[:, None], local[None], jnp.asarray(side))
    here = turned[which[:, None], which[None]]
    change = bump(window, here)[..., None] * sign[which[:, None], which[None]]
    return centre + strength * change / jnp.maximum(jnp.linalg.norm(change), TINY)


def moved(
    key: Key[Array, ""], x: Picture, centre: Picture, side: Array, strength: Strength
) -> Picture:
    """A picture whose change leaves one square for another, where it gets a bump.

    What the change has of its length in both squares, and what it has not used, goes into the
    second one; so it grows no longer than `strength`.
    """
    places = jax.random.split(key, 4)
    size, _, channels = centre.shape
    new, old = (Window.anywhere(place, size, side) for place in places[:2])
    eta = bump(new, jax.random.bernoulli(places[2]))
    sign = jax.random.rademacher(places[3], (1, 1, channels), float)
    change = x - centre
    unused = jnp.maximum(strength**2 - jnp.sum(change**2), 0)
    inside, either = new.mask[..., None], (new.mask | old.mask)[..., None]
    squares = jnp.sum(jnp.where(either, change, 0.0) ** 2, axis=(0, 1), keepdims=True)
    length = jnp.sqrt(squares + unused / channels)
    kept = jnp.where(inside, change, 0.0)
    added = eta[..., None] * sign + kept / jnp.maximum(_norms(kept), TINY)
    added = length * added / jnp.maximum(_norms(added), TINY)
    return centre + jnp.where(inside, added, jnp.where(either, 0.0, change))


def _norms(plane: Picture) -> Float[Array, "1 1 ch"]:
    return jnp.sqrt(jnp.sum(plane**2, axis=(0, 1), keepdims=True))


def _unit(plane: Plane) -> Plane:
    return plane / jnp.maximum(jnp.sqrt(jnp.sum(plane**2)), TINY)
