"""Light: how much brighter or darker each place is than its colour."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from loft_jax.data.faces.features import mouth_height, nose_tip
from loft_jax.data.faces.fields import cosine_series
from loft_jax.data.faces.frame import Frame
from loft_jax.data.faces.shapes import blobs, smooth_abs
from loft_jax.data.faces.traits import Face, Pose

Plane = Float[Array, "h w"]


def exposed(
    log_colour: Float[Array, "3"], light: Plane, tint: Float[Array, "3"]
) -> Float[Array, "3 h w"]:
    """Returns colour^exp(-light * tint): in (0, 1) for any light, so nothing has to be clipped."""
    return jnp.exp(log_colour[:, None, None] * jnp.exp(-tint[:, None, None] * light[None]))


def lamp(face: Face, pose: Pose, frame: Frame) -> Plane:
    """Returns the diffuse light on the head's ellipsoid, about 0 on average."""
    normal_x = frame.x / (1.12 * face.width)
    normal_y = frame.y / (1.12 * face.height)
    return (
        0.8 * jnp.sin(pose.light) * normal_x
        + 0.22 * normal_y
        + 0.75 * jnp.cos(pose.light) * (frame.depth - 0.85)
    )


def relief(face: Face, pose: Pose, frame: Frame) -> Plane:
    """Returns the light and shade of sockets, cheeks, nose, lips and chin."""
    tip, mouth = nose_tip(face), mouth_height(face)
    wide = face.nose_width
    eye, apart = face.eye_height, face.eye_distance
    mirrored = jnp.array(
        [
            [apart, eye + 0.05, 0.12, 0.08, -0.22],
            [0.55 * apart, eye + 0.02, 0.055, 0.09, -0.18],
            [1.25 * apart, tip + 0.02, 0.11, 0.09, 0.16],
            [0.80 * wide, tip - 0.005, 0.028, 0.05, -0.22],
        ]
    )
    central = jnp.array(
        [
            [0.0, tip + 0.015, 0.45 * wide, 0.04, 0.30],
            [0.0, tip - 0.055, 0.9 * wide, 0.025, -0.40],
            [0.0, eye - 0.35 * face.nose_length, 0.03, 0.10, 0.16],
            [0.0, mouth - 1.6 * face.lip_fullness, 0.10, 0.03, -0.24],
            [0.0, -0.86 * face.height, 0.10, 0.06, 0.10],
        ]
    )
    # The nose as a bump: its slope catches the lamp on one side and loses it on the other.
    along = (frame.y - 0.5 * (eye + tip)) / (0.7 * face.nose_length)
    across = frame.face_x / (0.8 * wide)
    bump = across * jnp.exp(-(across**2) - along**4)
    return (
        blobs(smooth_abs(frame.face_x), frame.y, mirrored)
        + blobs(frame.face_x, frame.y, central)
        + (0.75 * jnp.sin(pose.light) + 0.1) * bump
    )


def complexion(face: Face, frame: Frame, coefficients: Float[Array, "6 6"]) -> Plane:
    """Returns the blotches and freckles of the skin, fixed to the face."""
    u, v = frame.face_x / face.width, frame.y / face.height
    return cosine_series(u, v, coefficients, half_frequency=5.0)


def strands(face: Face, frame: Frame, coefficients: Float[Array, "6 6"]) -> Plane:
    """Returns the locks of the hair: waves across the direction in which it falls from the crown."""
    fan = frame.x / (0.55 + 0.35 * smooth_abs(frame.y - 0.1, 0.3))
    return cosine_series(1.7 * fan, frame.y / 0.9 + 0.15 * fan**2, coefficients, half_frequency=6.0)


def sheen(face: Face, frame: Frame) -> Plane:
    """Returns the highlight round the crown of the hair."""
    top = face.height + face.hair_volume
    radius = jnp.sqrt((frame.face_x / face.width) ** 2 + (frame.y / top) ** 2 + 1e-3)
    return 0.35 * jnp.exp(-(((radius - 0.80) / 0.10) ** 2)) * (0.5 + 0.5 * jnp.tanh(4.0 * frame.y))
