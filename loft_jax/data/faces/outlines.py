"""Signed distances of the large shapes: head, hair, neck and shoulders."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from loft_jax.data.faces.frame import Frame
from loft_jax.data.faces.rig import Rig
from loft_jax.data.faces.shapes import smooth_abs, smooth_max, smooth_relu

Distance = Float[Array, "h w"]
CROWN = 0.08


def head(rig: Rig, frame: Frame) -> Distance:
    """Returns the head: an ellipse whose width below the eyes follows jaw and chin."""
    width, height, jaw, chin = rig.skull
    up = frame.y / height
    down = smooth_relu(-up)
    across = frame.x / (width * (1.0 + down * (jaw + chin * down * down)))
    radius = jnp.sqrt(across**2 + up**2 + 1e-4)
    slope = jnp.sqrt((across / width) ** 2 + (up / height) ** 2 + 1e-3)
    return radius * (radius - 1.0) / slope


def hair(rig: Rig, frame: Frame) -> Distance:
    """Returns all that the hair covers, face included: a cap above the crown, a curtain below."""
    width, rise, fall = rig.hair[0], rig.hair[1], rig.hair[2]
    over = smooth_relu(frame.y - CROWN, 0.05)
    under = over - (frame.y - CROWN)
    # Squares above (round), fourth powers below (a blunt cut).
    radius = jnp.sqrt((frame.x / width) ** 2 + (over / rise) ** 2 + (under / fall) ** 4 + 1e-4)
    return width * (radius - 1.0)


def front_hair(rig: Rig, frame: Frame, outer: Distance) -> Distance:
    """Returns the hair in front of the head: all but an opening, whose upper edge is the fringe."""
    temple, parting = rig.hair[3], rig.hair[4]
    edge = 0.30
    up = smooth_relu(frame.y - temple - parting * frame.face_x, 0.05) / edge
    across = frame.face_x / (0.93 * rig.skull[0])
    opening = edge * (jnp.sqrt(jnp.sqrt(across**4 + up**4 + 1e-4)) - 1.0)
    return smooth_max(outer, -opening)


def neck(rig: Rig, frame: Frame) -> Distance:
    """Returns the neck and the skin above the collar."""
    column = smooth_abs(frame.x) - rig.nose[3]
    collar = jnp.sqrt(frame.x**2 + (1.3 * (frame.y + 0.62)) ** 2 + 1e-4) - 0.32
    return smooth_max(column, collar)


def shoulders(frame: Frame) -> Distance:
    """Returns the clothes: a hill that runs out of the picture at the bottom."""
    return frame.y + 0.62 + 0.30 * smooth_abs(frame.x, 0.1) + 0.25 * frame.x**4
