"""What the latents mean: standard normal numbers become named sizes, angles and colours."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

SHAPE_DIM = 24
FIELD_SHAPE = (6, 6)
IDENTITY_DIM = SHAPE_DIM + 2 * FIELD_SHAPE[0] * FIELD_SHAPE[1]
NUISANCE_DIM = 8

Scalar = Float[Array, ""]
Colour = Float[Array, "3"]


class Face(NamedTuple):
    """One person: lengths in picture units (the picture is 2 wide), the head's centre at the origin."""

    width: Scalar
    height: Scalar
    jaw: Scalar
    chin: Scalar
    ear: Scalar
    melanin: Scalar
    warmth: Scalar
    hair_volume: Scalar
    hair_length: Scalar
    hair_darkness: Scalar
    hair_red: Scalar
    fringe: Scalar
    parting: Scalar
    eye_distance: Scalar
    eye_height: Scalar
    eye_size: Scalar
    eye_tilt: Scalar
    iris: Scalar
    brow_weight: Scalar
    brow_angle: Scalar
    nose_length: Scalar
    nose_width: Scalar
    mouth_width: Scalar
    lip_fullness: Scalar


class Pose(NamedTuple):
    """What differs between two pictures of one person."""

    shift_x: Scalar
    shift_y: Scalar
    rotation: Scalar
    scale: Scalar
    yaw: Scalar
    expression: Scalar
    light: Scalar
    background: Scalar


# Mean and spread (the value at one standard deviation, about) of each trait, in order.
_FACE = Face(
    width=(0.490, 0.030),
    height=(0.620, 0.035),
    jaw=(0.04, 0.10),
    chin=(-0.10, 0.10),
    ear=(0.125, 0.022),
    melanin=(-0.9, 1.3),
    warmth=(0.0, 1.0),
    hair_volume=(0.125, 0.042),
    hair_length=(-0.50, 0.36),
    hair_darkness=(0.3, 1.7),
    hair_red=(0.0, 1.0),
    fringe=(0.36, 0.065),
    parting=(0.0, 0.26),
    eye_distance=(0.205, 0.017),
    eye_height=(0.045, 0.030),
    eye_size=(0.098, 0.013),
    eye_tilt=(0.06, 0.10),
    iris=(0.0, 1.0),
    brow_weight=(0.030, 0.008),
    brow_angle=(0.02, 0.12),
    nose_length=(0.225, 0.030),
    nose_width=(0.088, 0.016),
    mouth_width=(0.170, 0.024),
    lip_fullness=(0.056, 0.012),
)
_POSE = Pose(
    shift_x=(0.0, 0.05),
    shift_y=(0.0, 0.04),
    rotation=(0.0, 0.09),
    scale=(0.0, 0.05),
    yaw=(0.0, 0.22),
    expression=(0.45, 0.5),
    light=(0.0, 0.5),
    background=(0.0, 1.0),
)


def face_traits(shape: Float[Array, "24"]) -> Face:
    """Returns the named traits of the first 24 identity latents."""
    return Face(*_scaled(shape, _FACE))


def pose_traits(nuisance: Float[Array, "8"]) -> Pose:
    """Returns the named traits of the nuisance latents."""
    return Pose(*_scaled(nuisance, _POSE))


def _scaled(latents: Float[Array, "d"], table: NamedTuple) -> Float[Array, "d"]:
    # z / sqrt(1 + (z / 2.5)^2) keeps every trait within 2.5 spreads and, unlike a clip or tanh, keeps a
    # useful gradient for large latents.
    mean, spread = jnp.asarray(np.array(table, np.float32).T)
    return mean + spread * latents * jax.lax.rsqrt(1.0 + (latents / 2.5) ** 2)


def skin_log_colour(face: Face) -> Colour:
    """Returns log RGB of the skin, always below 0."""
    light = jnp.asarray([-0.20, -0.40, -0.56])
    dark = jnp.asarray([-1.15, -1.65, -2.05])
    warm = jnp.asarray([0.0, -0.035, -0.13])
    return light + jax.nn.sigmoid(face.melanin) * (dark - light) + jax.nn.sigmoid(face.warmth) * warm


def hair_log_colour(face: Face) -> Colour:
    """Returns log RGB of hair and brows, always below 0."""
    blond = jnp.asarray([-0.18, -0.42, -0.95])
    black = jnp.asarray([-2.60, -2.85, -2.80])
    red = jnp.asarray([0.05, -0.55, -0.85])
    return (
        blond
        + jax.nn.sigmoid(face.hair_darkness) * (black - blond)
        + jax.nn.sigmoid(1.5 * face.hair_red - 0.6) * red
    )


def iris_colour(face: Face) -> Colour:
    """Returns RGB of the iris: brown, hazel, green, blue as the latent grows."""
    phase = jnp.asarray([0.9, -0.5, -1.1])
    base = jnp.asarray([0.30, 0.33, 0.36])
    depth = jnp.asarray([0.17, 0.13, 0.26])
    return base + depth * jnp.tanh(1.2 * (phase * 0.3 - face.iris * jnp.asarray([0.9, -0.5, -1.0])))


def background_colour(pose: Pose) -> Colour:
    """Returns RGB of the wall: a walk round the colour circle."""
    return 0.58 + 0.16 * jnp.cos(1.3 * pose.background + jnp.asarray([2.6, 0.9, -0.4]))
