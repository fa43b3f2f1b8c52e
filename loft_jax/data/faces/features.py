"""Eyes, brows, nose and mouth: tables of ellipses painted on a face."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from loft_jax.data.faces.frame import Frame
from loft_jax.data.faces.shapes import bent_ellipses, coverage, smooth_abs
from loft_jax.data.faces.traits import Colour, Face, Pose, iris_colour

Image = Float[Array, "3 h w"]
Alpha = Float[Array, "h w"]


def over(image: Image, paint: Colour | Image, alpha: Alpha) -> Image:
    """Returns `paint` laid over `image` with opacity `alpha`."""
    paint = paint if paint.ndim == 3 else paint[:, None, None]
    return image + alpha[None] * (paint - image)


def paint_eyes(image: Image, face: Face, pose: Pose, frame: Frame, brow: Colour) -> Image:
    """Returns the picture with whites, irises, pupils, glints, upper lids and brows."""
    x = smooth_abs(frame.face_x)
    size, distance, height = face.eye_size, face.eye_distance, face.eye_height
    opening = size * (0.52 - 0.06 * pose.expression)
    brow_y = height + size * 1.25 + 0.045 + 0.02 * pose.expression
    tilt = face.eye_tilt
    table = jnp.array(
        [
            [distance, height, size, opening, tilt, -1.6],
            [distance, height + 0.17 * size, 1.12 * size, 0.95 * opening, tilt, -1.9],
            [distance, height + 0.05 * size, 0.50 * size, 0.50 * size, 0.0, 0.0],
            [distance, height + 0.05 * size, 0.23 * size, 0.23 * size, 0.0, 0.0],
            [distance - 0.16 * size, height + 0.25 * size, 0.12 * size, 0.12 * size, 0.0, 0.0],
            [distance + 0.01, brow_y, 1.45 * size, face.brow_weight, face.brow_angle, -1.3],
        ]
    )
    white, lid, iris, pupil, glint, brows = coverage(
        bent_ellipses(x, frame.y, table), frame.pixel
    )
    image = over(image, brow, 0.9 * brows)
    image = over(image, jnp.asarray([0.13, 0.08, 0.07]), 0.85 * lid)
    image = over(image, jnp.asarray([0.95, 0.94, 0.92]), white)
    image = over(image, iris_colour(face), white * iris)
    image = over(image, jnp.asarray([0.04, 0.04, 0.05]), white * pupil)
    return over(image, jnp.asarray([1.0, 1.0, 1.0]), white * glint)


def paint_mouth(image: Image, face: Face, pose: Pose, frame: Frame, skin: Colour) -> Image:
    """Returns the picture with nostrils, lips and, when smiling, teeth."""
    smile = pose.expression
    nose_y, mouth_y = nose_tip(face), mouth_height(face)
    width = face.mouth_width * (1.0 + 0.10 * smile)
    bend = 1.9 * smile
    open_ = 0.006 + 0.022 * jax.nn.softplus(3.0 * (smile - 0.35)) / 3.0
    lift = -0.35 * bend * width * width
    full = face.lip_fullness
    central = jnp.array(
        [
            [0.0, mouth_y + lift + 0.12 * full, width, 0.80 * full + open_, 0.0, bend],
            [0.0, mouth_y + lift, 0.86 * width, open_ + 0.008, 0.0, bend],
            [0.0, mouth_y + lift + 0.002, 0.74 * width, open_, 0.0, bend],
        ]
    )
    lips, inner, teeth = coverage(bent_ellipses(frame.face_x, frame.y, central), frame.pixel)
    nostril = jnp.array([[0.46 * face.nose_width, nose_y - 0.035, 0.026, 0.014, 0.3, 0.0]])
    hole = coverage(bent_ellipses(smooth_abs(frame.face_x), frame.y, nostril), frame.pixel)[0]
    rose = skin * jnp.asarray([0.86, 0.55, 0.56])
    image = over(image, skin * 0.35, 0.8 * hole)
    image = over(image, rose, 0.9 * lips)
    image = over(image, skin * jnp.asarray([0.32, 0.16, 0.16]), inner)
    shows = jax.nn.sigmoid(7.0 * (smile - 0.75))
    return over(image, jnp.asarray([0.94, 0.92, 0.88]), shows * teeth)


def nose_tip(face: Face) -> Float[Array, ""]:
    """Returns the height of the tip of the nose."""
    return face.eye_height - face.nose_length


def mouth_height(face: Face) -> Float[Array, ""]:
    """Returns the height of the line between the lips: below the nose, towards the chin."""
    return 0.52 * nose_tip(face) - 0.42 * face.height
