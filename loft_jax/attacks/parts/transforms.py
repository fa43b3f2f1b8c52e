"""Random changes of a picture inside an attack: differentiable, and a function of each row's key.

Not `loft_jax.data.augment`: published attacks crop with their own aspect ratios, do not clip (a
clipped pixel has no gradient), and here every row has a key of its own, so that a reconstruction
does not depend on which others share its batch.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

_DRAWS = 7

Image = Float[Array, "h w ch"]


@dataclass(frozen=True)
class Transform:
    """Which changes are drawn; the defaults leave pictures as they are.

    Attributes:
        crop_scale: smallest and largest share of the area that a crop keeps; it is enlarged to the
            full size (bilinear).
        crop_ratio: a crop's width / height is log-uniform between 1 / this and this.
        flip: probability of mirroring left to right.
        brightness: all pixels are multiplied by a number uniform in 1 +- this.
        contrast: distances to the picture's mean are multiplied by a number uniform in 1 +- this.
    """

    crop_scale: tuple[float, float] = (1.0, 1.0)
    crop_ratio: float = 1.0
    flip: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0


NO_TRANSFORM = Transform()


def transformed(
    keys: Key[Array, " n"], images: Float[Array, "n h w ch"], transform: Transform
) -> Float[Array, "n h w ch"]:
    """The pictures after random crop, flip, brightness and contrast, in this order, unclipped."""
    if transform == NO_TRANSFORM:
        return images
    draws = jax.vmap(lambda key: jax.random.uniform(key, (_DRAWS,)))(keys)
    return jax.vmap(lambda row, image: _transform_one(row, image, transform))(draws, images)


def mirrored(images: Float[Array, "n h w ch"]) -> Float[Array, "n h w ch"]:
    """Left to right."""
    return images[:, :, ::-1]


def _transform_one(draws: Float[Array, "7"], image: Image, transform: Transform) -> Image:
    if transform.crop_scale != (1.0, 1.0):
        image = _crop(draws[:4], image, transform)
    if transform.flip > 0:
        image = jnp.where(draws[4] < transform.flip, image[:, ::-1], image)
    if transform.brightness > 0:
        image = image * (1 + transform.brightness * (2 * draws[5] - 1))
    if transform.contrast > 0:
        factor = 1 + transform.contrast * (2 * draws[6] - 1)
        image = image.mean() + factor * (image - image.mean())
    return image


def _crop(draws: Float[Array, "4"], image: Image, transform: Transform) -> Image:
    low, high = transform.crop_scale
    side = jnp.sqrt(low + (high - low) * draws[0])
    stretch = transform.crop_ratio ** (draws[1] - 0.5)
    share = jnp.minimum(jnp.stack([side / stretch, side * stretch]), 1)
    start = draws[2:4] * (1 - share) * jnp.array(image.shape[:2], image.dtype)
    return jax.image.scale_and_translate(
        image,
        image.shape,
        spatial_dims=(0, 1),
        scale=1 / share,
        translation=-start / share,
        method="linear",
        antialias=False,  # it only ever enlarges
    )
