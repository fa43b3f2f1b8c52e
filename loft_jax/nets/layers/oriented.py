"""Histograms of oriented gradients: where in a picture edges run in which direction.

Light that falls from another side changes pixels more than faces do; the directions of edges it
leaves. Everything is differentiable: directions enter by sine and cosine, never by an angle.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

CELLS, DIRECTIONS = 8, 8
SMALL = 1e-3
"""Length below which a gradient has no direction, in units of the whole range of pixels."""
FLOOR = 0.05
"""Length below which a block has no contrast to divide by."""


def oriented_gradients(images: Float[Array, "b h w ch"]) -> Float[Array, "b d"]:
    """Histograms on a grid of 8 x 8 cells, 1568 numbers a picture.

    With (p, q) the gradient of the gray picture and m its length, pixel and direction k add

        m max(0, cos(2 angle - 2 pi k / 8))^2,    cos(2 angle) = (p^2 - q^2) / m^2

    to the four cells around the pixel, bilinearly. Each 2 x 2 block of cells is then divided by its
    length, so that contrast does not count either.

    Args:
        images: pixels in [-1, 1], gray or RGB.

    Source: Dalal and Triggs, "Histograms of oriented gradients for human detection", CVPR 2005.
    """
    gray = (images.mean(-1) + 1) / 2
    p, q = _differences(gray, 2), _differences(gray, 1)
    square = p**2 + q**2 + SMALL**2
    cosine, sine = (p**2 - q**2) / square, 2 * p * q / square
    angles = (2 * jnp.pi * jnp.arange(DIRECTIONS) / DIRECTIONS)[None, None, None]
    along = cosine[..., None] * jnp.cos(angles) + sine[..., None] * jnp.sin(angles)
    strength = jnp.sqrt(square)[..., None] * jax.nn.relu(along) ** 2
    rows, columns = (jnp.asarray(_cells(side)) for side in gray.shape[1:])
    cells = jnp.einsum("bhwk,hi,wj->bijk", strength, rows, columns)
    corners = [cells[:, i : i + CELLS - 1, j : j + CELLS - 1] for i in (0, 1) for j in (0, 1)]
    blocks = jnp.concatenate(corners, -1)
    blocks /= jnp.sqrt((blocks**2).sum(-1, keepdims=True) + FLOOR**2)
    return blocks.reshape(len(blocks), -1)


WIDTH = (CELLS - 1) ** 2 * 4 * DIRECTIONS


def _differences(gray: Float[Array, "b h w"], axis: int) -> Float[Array, "b h w"]:
    """Half the difference of the neighbours along an axis; at the border of pixel and neighbour."""
    padding = [(1, 1) if axis == place else (0, 0) for place in range(3)]
    padded = jnp.pad(gray, padding, mode="edge")
    last = padded.shape[axis]
    after = jax.lax.slice_in_dim(padded, 2, last, axis=axis)
    return (after - jax.lax.slice_in_dim(padded, 0, last - 2, axis=axis)) / 2


def _cells(side: int) -> Float[np.ndarray, "side cells"]:
    """Share of each row of pixels in each cell, one at its centre, none from the next one's on.

    In all pixels a cell weighs as it would in a picture of 8 px a cell, whatever its side.
    """
    pitch = side / CELLS
    centres = (np.arange(CELLS) + 0.5) * pitch - 0.5
    share = np.maximum(0, 1 - np.abs(np.arange(side)[:, None] - centres) / pitch)
    return (share * 8 / pitch).astype(np.float32)
