"""The renderer: identity and nuisance latents in, a picture of a face out."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from loft_jax.data.faces import outlines, shading
from loft_jax.data.faces.frame import Frame, make_frame
from loft_jax.data.faces.rig import LAYERS, Rig, pose_rig
from loft_jax.data.faces.shapes import bent_ellipse, coverage, smooth_abs
from loft_jax.data.faces.traits import FIELD_SHAPE, SHAPE_DIM
from loft_jax.errors import InputError

LUMA = (0.299, 0.587, 0.114)

Image = Float[Array, "3 h w"]
Plane = Float[Array, "h w"]


def render(
    identity: Float[Array, "96"],
    nuisance: Float[Array, "8"],
    size: int,
    *,
    channels: int = 3,
) -> Float[Array, "size size channels"]:
    """Returns a picture in [0, 1] of one person, differentiable everywhere in both latents.

    Layers from back to front: wall, clothes, hair, neck, head with its features, hair again, ears.
    Every border is blurred by one pixel, so a picture of 2n pixels averaged over 2 x 2 blocks looks
    like the one of n pixels.

    Args:
        identity: 24 numbers of shape and colour (the first 24 fields of `Traits`), 36 coefficients
            of the skin's field, 36 of the hair's; standard normal in the law.
        nuisance: shift x, shift y, rotation, scale, yaw, smile, light, background; likewise.
        size: height and width in pixels.
        channels: 3 for colour, 1 for its luma (ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B).

    Raises:
        InputError: if `size` < 1 or `channels` is neither 1 nor 3.
    """
    check_picture(size, channels)
    rig = pose_rig(jnp.concatenate([identity[:SHAPE_DIM], nuisance]))
    image = _compose(rig, make_frame(rig, size), identity[SHAPE_DIM:].reshape(FIELD_SHAPE))
    if channels == 1:
        return jnp.einsum("chw,c->hw", image, jnp.asarray(LUMA))[:, :, None]
    return jnp.moveaxis(image, 0, -1)


def check_picture(size: int, channels: int) -> None:
    """Raises InputError unless `size` >= 1 and `channels` is 1 or 3."""
    if size < 1:
        msg = f"`size` must be at least 1 pixel, got {size}."
        raise InputError(msg)
    if channels not in (1, 3):
        msg = f"`channels` must be 1 (gray) or 3 (colour), got {channels}."
        raise InputError(msg)


def _compose(rig: Rig, frame: Frame, coefficients: Float[Array, "2 6 6"]) -> Image:
    head, outer = outlines.head(rig, frame), outlines.hair(rig, frame)
    front = outlines.front_hair(rig, frame, outer)
    skin, shade, hair = _materials(rig, frame, coefficients, head, front)
    pixel = frame.pixel

    wall = 0.58 + 0.16 * jnp.cos(rig.mood[2] + jnp.asarray([2.6, 0.9, -0.4]))
    image = wall[:, None, None] * (0.95 + 0.16 * frame.picture_y)[None]
    image = _over(
        image, (0.75 * wall[::-1] - 0.1)[:, None, None], coverage(outlines.shoulders(frame), pixel)
    )
    image = _over(image, 0.6 * hair, coverage(outer, pixel))
    image = _over(image, shade, coverage(outlines.neck(rig, frame), pixel))
    image = _over(image, _paint_features(skin, rig, frame), coverage(head, pixel))
    image = _over(image, hair, coverage(front, pixel))
    return _paint_ears(image, shade, head, rig, frame)


def _over(image: Image, paint: Float[Array, "3 *plane"], alpha: Plane) -> Image:
    return image + alpha[None] * (paint - image)


def _materials(
    rig: Rig, frame: Frame, coefficients: Float[Array, "2 6 6"], head: Plane, front: Plane
) -> Float[Array, "3 3 h w"]:
    lamp = shading.lamp(rig, frame)
    blotches, locks = shading.textures(rig, frame, coefficients)
    under_chin = coverage(head + 0.02, frame.pixel, 0.20)
    under_hair = coverage(front, frame.pixel, 0.14)
    lit = 0.35 + lamp + 0.40 * blotches
    light = jnp.stack(
        [
            lit + shading.relief(rig, frame) - 0.4 * under_hair,
            0.5 * lit - 0.55 * under_chin,
            0.5 * (0.7 * lamp + shading.sheen(rig, frame) + 0.7 * locks),
        ]
    )
    skin, hair = rig.log_colours[-2], rig.log_colours[-1]
    return shading.exposed(jnp.stack([skin, skin, hair]), light)


def _paint_features(skin: Image, rig: Rig, frame: Frame) -> Image:
    mirrored = smooth_abs(frame.face_x)

    def paint(carry, layer):
        image, white = carry
        row, colour, opacity, half, is_white, in_white = layer
        x = half * mirrored + (1.0 - half) * frame.face_x
        alpha = coverage(bent_ellipse(x, frame.y, row), frame.pixel)
        alpha = opacity * alpha * (1.0 + in_white * (white - 1.0))
        white = white + is_white * (alpha - white)
        return (_over(image, colour[:, None, None], alpha), white), None

    teeth = jax.nn.sigmoid(8.0 * (rig.mood[0] - 0.5))
    # A loop over the layers compiles several times faster than the same layers in a row.
    layers = (
        rig.features,
        jnp.exp(rig.log_colours[:-2]),
        jnp.append(jnp.ones(len(LAYERS) - 1), teeth),
        jnp.asarray([layer not in ("lips", "inner", "teeth") for layer in LAYERS], jnp.float32),
        jnp.asarray([layer == "white" for layer in LAYERS], jnp.float32),
        jnp.asarray([layer in ("iris", "pupil", "glint") for layer in LAYERS], jnp.float32),
    )
    (image, _), _ = jax.lax.scan(paint, (skin, jnp.zeros_like(frame.y)), layers)
    return image


def _paint_ears(image: Image, skin: Image, head: Plane, rig: Rig, frame: Frame) -> Image:
    # A turned head shows more of one ear and hides the other.
    x = smooth_abs(frame.x + 0.12 * rig.place[4])
    distance = bent_ellipse(x, frame.y, rig.ear)
    ear = coverage(distance, frame.pixel)
    hollow = coverage(distance + 0.4 * rig.ear[2], frame.pixel)
    behind = 1.0 - coverage(head + 0.03, frame.pixel)
    # Long hair hides the ears, short hair is cut round them.
    bare = jax.nn.sigmoid(10.0 * (0.85 - rig.hair[2]))
    return _over(image, skin * (1.0 - 0.3 * hollow)[None], bare * behind * ear)
