"""Random changes of a picture inside an attack: differentiable, and a function of each row's key.

Not `loft_jax.data.augment`: published attacks crop with their own aspect ratios, do not clip (a
clipped pixel has no gradient), and here every row has a key of its own, so that a reconstruction
does not depend on which others share its batch. `of_training` is what a training did, as a view.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

_DRAWS, _LATER_DRAWS = 7, 3
CROP_RATIO = 4 / 3
"""Aspect ratios of the crops of a training."""

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
        shift: moved by whole pixels, uniform in +-round(this * side) along each axis, edges
            repeated.
        offset: a number uniform in +- this is added to all pixels.
        noise: standard deviation of what is added to each pixel by itself, before all else.
    """

    crop_scale: tuple[float, float] = (1.0, 1.0)
    crop_ratio: float = 1.0
    flip: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    shift: float = 0.0
    offset: float = 0.0
    noise: float = 0.0


NO_TRANSFORM = Transform()


def transformed(
    keys: Key[Array, " n"], images: Float[Array, "n h w ch"], transform: Transform
) -> Float[Array, "n h w ch"]:
    """The pictures after noise, crop, shift, flip, brightness, contrast and offset, unclipped."""
    if transform == NO_TRANSFORM:
        return images
    if transform.noise:
        images = images + transform.noise * _noise(keys, images.shape[1:])
    draws = jax.vmap(lambda key: jax.random.uniform(key, (_DRAWS,)))(keys)
    if transform.shift or transform.offset:
        later = jax.vmap(lambda key: jax.random.fold_in(key, 1))(keys)
        more = jax.vmap(lambda key: jax.random.uniform(key, (_LATER_DRAWS,)))(later)
        draws = jnp.concatenate([draws, more], axis=1)
    return jax.vmap(lambda row, image: _transform_one(row, image, transform))(draws, images)


def _noise(keys: Key[Array, " n"], shape: tuple[int, ...]) -> Float[Array, "n h w ch"]:
    return jax.vmap(lambda key: jax.random.normal(jax.random.fold_in(key, 2), shape))(keys)


def of_training(augmentation: Mapping[str, Any]) -> Transform:
    """The view that shows a picture as a training did.

    Crop, shift, flip and the jitter of brightness and contrast; not that of colours, nor erasing.

    Args:
        augmentation: settings by name, as `Target.augmentation` has them; what is left out is off.
    """
    low, high = augmentation.get("crop_scale", (1.0, 1.0))
    crops = (low, high) != (1.0, 1.0)
    return Transform(
        crop_scale=(low, high),
        crop_ratio=CROP_RATIO if crops else 1.0,
        flip=0.5 if augmentation.get("flip") else 0.0,
        contrast=augmentation.get("contrast", 0.0),
        shift=augmentation.get("shift", 0.0),
        offset=augmentation.get("brightness", 0.0),
    )


def flipped(images: Float[Array, "n h w ch"]) -> Float[Array, "n h w ch"]:
    """Left to right."""
    return images[:, :, ::-1]


def _transform_one(draws: Float[Array, " d"], image: Image, transform: Transform) -> Image:
    if transform.crop_scale != (1.0, 1.0):
        image = _crop(draws[:4], image, transform)
    if transform.shift > 0:
        image = _shift(draws[_DRAWS : _DRAWS + 2], image, transform.shift)
    if transform.flip > 0:
        image = jnp.where(draws[4] < transform.flip, image[:, ::-1], image)
    if transform.brightness > 0:
        image = image * (1 + transform.brightness * (2 * draws[5] - 1))
    if transform.contrast > 0:
        factor = 1 + transform.contrast * (2 * draws[6] - 1)
        image = image.mean() + factor * (image - image.mean())
    if transform.offset > 0:
        image = image + transform.offset * (2 * draws[_DRAWS + 2] - 1)
    return image


def _shift(draws: Float[Array, "2"], image: Image, shift: float) -> Image:
    reach = [int(side * shift + 0.5) for side in image.shape[:2]]
    padded = jnp.pad(image, [(most, most) for most in reach] + [(0, 0)], mode="edge")
    starts = [jnp.int32(draw * (2 * most + 1)) for draw, most in zip(draws, reach, strict=True)]
    return jax.lax.dynamic_slice(padded, (*starts, jnp.int32(0)), image.shape)


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
