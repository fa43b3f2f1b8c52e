"""From pixels to places on a head: the picture plane, the head's plane and the turned face."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from loft_jax.data.faces.rig import Rig
from loft_jax.data.faces.shapes import smooth_relu

HEAD_HEIGHT = 0.04
NECK_HEIGHT = -0.6


class Frame(NamedTuple):
    """Coordinates of every pixel centre, upwards positive, the head's centre at the origin."""

    picture_y: Float[Array, "h w"]
    """Height in the picture, (-1, 1)."""
    x: Float[Array, "h w"]
    """Across the head, after undoing shift, rotation and scale."""
    y: Float[Array, "h w"]
    """Up the head."""
    normal_x: Float[Array, "h w"]
    """Outward normal of the ellipsoid that stands for the head, to the right."""
    normal_y: Float[Array, "h w"]
    """The same normal, upwards."""
    normal_z: Float[Array, "h w"]
    """The same normal, towards the camera; about 0 outside the head."""
    face_x: Float[Array, "h w"]
    """Across the face, after undoing the yaw as well: features live here."""
    pixel: Float[Array, ""]
    """Width of a pixel in the units of x and y."""


def make_frame(rig: Rig, size: int) -> Frame:
    """Returns the coordinates of a `size` x `size` picture of a posed head."""
    shift_x, shift_y, rotation, scale, yaw = rig.place
    centres = jnp.asarray((2.0 * np.arange(size) + 1.0) / size - 1.0, jnp.float32)
    picture_x = jnp.broadcast_to(centres[None], (size, size))
    picture_y = jnp.broadcast_to(-centres[:, None], (size, size))
    # A head tilts about the neck.
    dx = picture_x - shift_x
    dy = picture_y - (shift_y + HEAD_HEIGHT + NECK_HEIGHT)
    cos, sin = jnp.cos(rotation) / scale, jnp.sin(rotation) / scale
    x = cos * dx + sin * dy
    y = cos * dy - sin * dx + NECK_HEIGHT
    reach = 1.12 * rig.skull[0]
    normal_x, normal_y = x / reach, y / (1.12 * rig.skull[1])
    normal_z = jnp.sqrt(smooth_relu(1.0 - normal_x**2 - normal_y**2, 0.25))
    face_x = reach * (jnp.cos(yaw) * normal_x - jnp.sin(yaw) * normal_z)
    return Frame(picture_y, x, y, normal_x, normal_y, normal_z, face_x, 2.0 / (size * scale))
