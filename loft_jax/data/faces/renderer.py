"""The renderer: identity and nuisance latents in, a picture of a face out."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from loft_jax.data.faces import outlines, shading
from loft_jax.data.faces.features import mouth_height, over, paint_eyes, paint_mouth
from loft_jax.data.faces.frame import Frame, make_frame
from loft_jax.data.faces.shapes import coverage
from loft_jax.data.faces.traits import (
    FIELD_SHAPE,
    SHAPE_DIM,
    Face,
    Pose,
    background_colour,
    face_traits,
    hair_log_colour,
    pose_traits,
    skin_log_colour,
)
from loft_jax.errors import InputError

LUMA = (0.299, 0.587, 0.114)


def render(
    identity: Float[Array, "96"],
    nuisance: Float[Array, "8"],
    size: int,
    *,
    channels: int = 3,
) -> Float[Array, "size size channels"]:
    """Returns a picture in [0, 1] of one person, differentiable everywhere in both latents.

    Layers from back to front: wall, clothes, hair, neck, ears, head, features, hair again. Every border is
    blurred by one pixel, so a picture of 2n pixels averaged over 2 x 2 blocks looks like that of n pixels.

    Args:
        identity: 24 numbers of shape and colour, 36 coefficients of the skin's field, 36 of the
            hair's; standard normal in the law.
        nuisance: shift x, shift y, rotation, scale, yaw, expression, light, background; likewise.
        size: height and width in pixels.
        channels: 3 for colour, 1 for its luma (ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B).

    Raises:
        InputError: if `size` < 1 or `channels` is neither 1 nor 3.
    """
    if size < 1:
        msg = f"`size` must be at least 1 pixel, got {size}."
        raise InputError(msg)
    if channels not in (1, 3):
        msg = f"`channels` must be 1 (gray) or 3 (colour), got {channels}."
        raise InputError(msg)
    face, pose = face_traits(identity[:SHAPE_DIM]), pose_traits(nuisance)
    skin_field, hair_field = identity[SHAPE_DIM:].reshape(2, *FIELD_SHAPE)
    frame = make_frame(face, pose, size)
    image = _compose(face, pose, frame, skin_field, hair_field)
    if channels == 1:
        return jnp.einsum("chw,c->hw", image, jnp.asarray(LUMA))[:, :, None]
    return jnp.moveaxis(image, 0, -1)


def _compose(
    face: Face,
    pose: Pose,
    frame: Frame,
    skin_field: Float[Array, "6 6"],
    hair_field: Float[Array, "6 6"],
) -> Float[Array, "3 h w"]:
    pixel = frame.pixel
    light = shading.lamp(face, pose, frame)
    skin_log, hair_log = skin_log_colour(face), hair_log_colour(face)
    skin_light = 0.35 + light + 0.45 * shading.complexion(face, frame, skin_field)
    skin_tint = jnp.asarray([1.25, 1.0, 0.9])
    hair_light = (
        0.7 * light + shading.sheen(face, frame) + 0.8 * shading.strands(face, frame, hair_field)
    )
    hair = shading.exposed(hair_log, hair_light, jnp.asarray([0.55, 0.5, 0.5]))

    outer = outlines.hair(face, frame)
    front = outlines.front_hair(face, frame, outer)
    head = outlines.head(face, frame)
    ear, hollow = coverage(outlines.ears(face, pose, frame), pixel)
    skin = shading.exposed(skin_log, skin_light + shading.relief(face, pose, frame), skin_tint)
    shadow = -0.5 * coverage(head + 0.02, pixel, 0.20) - 0.1
    below = shading.exposed(skin_log, 0.5 * skin_light + shadow, skin_tint)

    wall = background_colour(pose)
    image = wall[:, None, None] * (0.95 + 0.16 * frame.picture_y)[None]
    image = over(image, 0.75 * wall[::-1] - 0.1, coverage(outlines.shoulders(frame), pixel))
    image = over(image, 0.6 * hair, coverage(outer, pixel))
    image = over(image, below, coverage(outlines.neck(face, frame), pixel))
    on_face = over(skin, 0.5 * skin, 0.55 * coverage(front, pixel, 0.14))
    on_face = paint_eyes(on_face, face, pose, frame, jnp.exp(0.9 * hair_log - 0.15))
    on_face = paint_mouth(on_face, face, pose, frame, jnp.exp(skin_log))
    image = over(image, on_face, coverage(head, pixel))
    image = over(image, hair, coverage(front, pixel))
    # Long hair hides the ears, short hair is cut round them.
    bare = jax.nn.sigmoid(-8.0 * (face.hair_length + 0.1))
    image = over(image, below, bare * ear)
    return over(image, 0.7 * below, 0.6 * bare * hollow)
