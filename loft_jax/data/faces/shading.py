"""Light: how much brighter or darker each place is than its colour."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from loft_jax.data.faces.fields import cosine_series
from loft_jax.data.faces.frame import Frame
from loft_jax.data.faces.rig import Rig
from loft_jax.data.faces.shapes import blob, smooth_abs

Plane = Float[Array, "h w"]


def exposed(
    log_colours: Float[Array, "k 3"], light: Float[Array, "k h w"]
) -> Float[Array, "k 3 h w"]:
    """Returns colour^exp(-light) for k materials: in (0, 1) for any light, without a clip."""
    # The barrier keeps XLA from computing the light once for every channel.
    absorption = jax.lax.optimization_barrier(jnp.exp(-light))
    return jnp.exp(log_colours[:, :, None, None] * absorption[:, None])


def lamp(rig: Rig, frame: Frame) -> Plane:
    """Returns the diffuse light on the head's ellipsoid, about 0 on average."""
    angle = rig.mood[1]
    return (
        0.8 * jnp.sin(angle) * frame.normal_x
        + 0.22 * frame.normal_y
        + 0.75 * jnp.cos(angle) * (frame.normal_z - 0.85)
    )


def relief(rig: Rig, frame: Frame) -> Plane:
    """Returns the light and shade of sockets, cheeks, nose, lips and chin."""
    mirrored = smooth_abs(frame.face_x)

    def add(light, bump):
        row, half = bump
        return light + blob(half * mirrored + (1.0 - half) * frame.face_x, frame.y, row), None

    halves = jnp.asarray([1.0] * 4 + [0.0] * 5)
    bumps, _ = jax.lax.scan(add, jnp.zeros_like(frame.y), (rig.blobs, halves))
    # The nose is a ridge: its slope catches the lamp on one side and loses it on the other.
    middle, length, width, _ = rig.nose
    along, across = (frame.y - middle) / length, frame.face_x / width
    ridge = across * jnp.exp(-(across**2) - along**4)
    return bumps + (0.1 + 0.75 * jnp.sin(rig.mood[1])) * ridge


def textures(rig: Rig, frame: Frame, coefficients: Float[Array, "2 6 6"]) -> Float[Array, "2 h w"]:
    """Returns the blotches and freckles of the skin, and the locks of the hair.

    The skin's field is fixed to the face. The hair's runs across the direction in which hair falls
    from the crown.
    """
    width, height = rig.skull[0], rig.skull[1]
    fan = frame.x / (0.32 + 0.2 * smooth_abs(frame.y - 0.1, 0.3))
    u = jnp.stack([1.3 * frame.face_x / width, 1.15 * fan])
    v = jnp.stack([1.4 * (frame.y / height + 0.25), (frame.y - 0.5) / 0.32 + 0.15 * fan**2])
    return cosine_series(u, v, coefficients, half_frequency=5.5)


def sheen(rig: Rig, frame: Frame) -> Plane:
    """Returns the highlight round the crown of the hair."""
    radius2 = (frame.face_x / rig.skull[0]) ** 2 + (frame.y / rig.hair[5]) ** 2
    above = 0.5 + 0.5 * jnp.tanh(4.0 * frame.y)
    return 0.35 * above * jnp.exp(-(((radius2 - 0.64) / 0.16) ** 2))
