"""From pixels to places on a head: the picture plane, the head's plane and the turned face."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from loft_jax.data.faces.shapes import smooth_relu
from loft_jax.data.faces.traits import Face, Pose, Scalar

HEAD_CENTRE_Y = 0.04


class Frame(NamedTuple):
    """Coordinates of every pixel centre, upwards positive, the head's centre at the origin."""

    picture_y: Float[Array, "h w"]
    """Height in the picture, [-1, 1]."""
    x: Float[Array, "h w"]
    """Across the head, after undoing shift, rotation and scale."""
    y: Float[Array, "h w"]
    """Up the head."""
    depth: Float[Array, "h w"]
    """Third coordinate of the unit ellipsoid that stands for the head; about 0 outside."""
    face_x: Float[Array, "h w"]
    """Across the face, after undoing the yaw as well: features live here."""
    pixel: Scalar
    """Width of a pixel in the units of x and y."""


def make_frame(face: Face, pose: Pose, size: int) -> Frame:
    """Returns the frame of a `size` x `size` picture of a posed head."""
    centres = jnp.asarray((2.0 * np.arange(size) + 1.0) / size - 1.0, jnp.float32)
    shape = (size, size)
    picture_x = jnp.broadcast_to(centres[None], shape)
    picture_y = jnp.broadcast_to(-centres[:, None], shape)
    scale = jnp.exp(pose.scale)
    dx, dy = picture_x - pose.shift_x, picture_y - pose.shift_y - HEAD_CENTRE_Y
    # People tilt their heads at the neck, not about the nose.
    neck = -0.6
    cos, sin = jnp.cos(pose.rotation) / scale, jnp.sin(pose.rotation) / scale
    x = cos * dx + sin * (dy - neck)
    y = cos * (dy - neck) - sin * dx + neck
    across, up = x / (1.12 * face.width), y / (1.12 * face.height)
    depth = jnp.sqrt(smooth_relu(1.0 - across**2 - up**2, 0.25))
    turned = jnp.cos(pose.yaw) * across - jnp.sin(pose.yaw) * depth
    face_x = 1.12 * face.width * turned
    return Frame(picture_y, x, y, depth, face_x, 2.0 / (size * scale))
