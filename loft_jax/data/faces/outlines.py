"""Signed distances of the large shapes: head, hair, ears, neck and shoulders."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from loft_jax.data.faces.frame import Frame
from loft_jax.data.faces.shapes import bent_ellipses, smooth_abs, smooth_max, smooth_relu
from loft_jax.data.faces.traits import Face, Pose

Distance = Float[Array, "h w"]


def head(face: Face, frame: Frame) -> Distance:
    """Returns the head: an ellipse whose width below the eyes follows jaw and chin."""
    down = smooth_relu(-frame.y / face.height, 0.1)
    width = 1.0 + face.jaw * down + face.chin * down**3
    across = frame.x / (face.width * width)
    up = frame.y / face.height
    radius = jnp.sqrt(across**2 + up**2 + 1e-4)
    slope = jnp.sqrt((across / face.width) ** 2 + (up / face.height) ** 2 + 1e-3)
    return radius * (radius - 1.0) / slope


def ears(face: Face, pose: Pose, frame: Frame) -> Float[Array, "shapes h w"]:
    """Returns both ears and their hollows (mirrored); a turned head shows more of one."""
    x = smooth_abs(frame.x + 0.12 * jnp.sin(pose.yaw))
    ear = face.ear
    table = jnp.array(
        [
            [face.width + 0.18 * ear, -0.03, 0.55 * ear, 1.1 * ear, -0.22, 0.0],
            [face.width + 0.26 * ear, -0.02, 0.28 * ear, 0.70 * ear, -0.22, 0.0],
        ]
    )
    return bent_ellipses(x, frame.y, table)


def hair(face: Face, frame: Frame) -> Distance:
    """Returns everything the hair covers, face included: a cap above, a curtain below."""
    crown = 0.08
    rise = smooth_relu(frame.y - crown, 0.05) / (face.height - crown + face.hair_volume)
    fall = smooth_relu(crown - frame.y, 0.05) / jnp.exp(face.hair_length)
    width = face.width + 0.75 * face.hair_volume
    across = frame.x / width
    # Squares above (round) and fourth powers below (a blunt cut).
    radius = jnp.sqrt(across**2 + rise**2 + fall**4 + 1e-4)
    return width * (radius - 1.0)


def hairline(face: Face, frame: Frame) -> Distance:
    """Returns the opening of the hair around the face; the fringe is its upper edge."""
    slant = face.parting * frame.face_x
    temple = face.fringe + slant - 0.30
    up = smooth_relu(frame.y - temple, 0.05) / 0.30
    across = frame.face_x / (0.93 * face.width)
    radius = jnp.sqrt(jnp.sqrt(across**4 + up**4 + 1e-4))
    return 0.30 * (radius - 1.0)


def front_hair(face: Face, frame: Frame, outer: Distance) -> Distance:
    """Returns the hair in front of head and ears: all of it but the opening."""
    return smooth_max(outer, -hairline(face, frame))


def neck(face: Face, frame: Frame) -> Distance:
    """Returns neck and the skin above the collar."""
    flare = 0.5 * smooth_relu(-0.62 - frame.y, 0.05) ** 2
    column = smooth_abs(frame.x) - (0.30 + 0.35 * (face.width - 0.49) + 0.3 * face.jaw) * 0.82 - flare
    collar = jnp.sqrt(frame.x**2 + (1.3 * (frame.y + 0.62)) ** 2 + 1e-4) - 0.32
    return smooth_max(smooth_max(column, frame.y + 0.3), collar, 0.02)


def shoulders(frame: Frame) -> Distance:
    """Returns the clothes: a hill that runs out of the picture at the bottom."""
    hill = -0.62 - 0.30 * jnp.sqrt(frame.x**2 + 0.01) - 0.25 * frame.x**4
    return frame.y - hill
