"""Random changes of a batch of pictures that leave its labels true: crop, flip, jitter, erase.

Every kind of change has its own columns of one table of uniform draws, so switching one off leaves
the others' draws as they were. All of it is differentiable in the pictures; a kind that is off
costs nothing and changes no bit.
"""

from typing import NamedTuple

import dm_pix
import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Key

from loft_jax.data.settings import AugmentConfig

CROP_RATIO = 4 / 3
"""Width to height of a crop is log-uniform between 1/CROP_RATIO and CROP_RATIO (torchvision's)."""
ERASE_RATIO = 1 / 0.3
"""The same for erased rectangles (Zhong et al. 2020, r1 = 0.3)."""

Image = Float[Array, "h w ch"]
Scalar = Float[Array, ""]


class _Draws(NamedTuple):
    """What one picture draws, each uniform in [0, 1)."""

    crop_area: Scalar
    crop_ratio: Scalar
    crop_top: Scalar
    crop_left: Scalar
    shift_down: Scalar
    shift_right: Scalar
    flip: Scalar
    brightness: Scalar
    contrast: Scalar
    saturation: Scalar
    hue: Scalar
    erase: Scalar
    erase_area: Scalar
    erase_ratio: Scalar
    erase_top: Scalar
    erase_left: Scalar
    red: Scalar
    green: Scalar
    blue: Scalar


def augment(
    key: Key[Array, ""], images: Float[Array, "b h w ch"], config: AugmentConfig
) -> Float[Array, "b h w ch"]:
    """The pictures after random crop, shift, flip, colour jitter and erasing, in this order.

    * crop: a part with a share of the area uniform in `crop_scale` and a log-uniform aspect ratio,
      its sides cut at the picture's, is enlarged to the full size (bilinear);
    * shift: by whole pixels, uniform in +-round(shift * side) along each axis, edges repeated;
    * flip: left to right, half of the pictures;
    * brightness: b is added, b uniform in +-`brightness`; contrast: the distance to each channel's
      mean is multiplied by a number uniform in 1 +- `contrast`; saturation likewise (in HSV); the
      hue turns by a share of the circle uniform in +-`hue`. Gray pictures have neither of the last;
    * erase: with probability `erase`, a rectangle of whole pixels, its share of the area uniform in
      `erase_scale`, takes one random colour.

    Args:
        key: typed key; the same key gives the same bits.
        images: pictures in [0, 1], gray (ch 1) or RGB (ch 3).
        config: which changes, and how strong, as `loft_jax.config.check` allows; static under jit.

    Returns:
        Pictures of the same shape in [0, 1].

    Sources: Szegedy et al. 2015, Going deeper with convolutions (crop); Zhong et al. 2020, Random
    erasing data augmentation.
    """
    # One draw for everything: a call of the generator for each number takes seconds to compile.
    uniforms = jax.random.uniform(key, (images.shape[0], len(_Draws._fields)))
    return jax.vmap(lambda row, image: _augment_one(_Draws(*row), image, config))(uniforms, images)


def _augment_one(draws: _Draws, image: Image, config: AugmentConfig) -> Image:
    if config.crop_scale != (1.0, 1.0):
        image = _crop(draws, image, config.crop_scale)
    if config.shift > 0:
        image = _shift(draws, image, config.shift)
    if config.flip:
        image = jnp.where(draws.flip < 0.5, dm_pix.flip_left_right(image), image)
    image = _colour_jitter(draws, image, config)
    if config.erase > 0:
        image = _erase(draws, image, config.erase, config.erase_scale)
    return image


def _crop(draws: _Draws, image: Image, scale: tuple[float, float]) -> Image:
    share = _rectangle(draws.crop_area, draws.crop_ratio, scale, CROP_RATIO)
    sides = jnp.array(image.shape[:2], image.dtype)
    start = jnp.stack([draws.crop_top, draws.crop_left]) * (1 - share) * sides
    return _clip(
        jax.image.scale_and_translate(
            image,
            image.shape,
            spatial_dims=(0, 1),
            scale=1 / share,
            translation=-start / share,
            method="linear",
            antialias=False,  # it only ever enlarges
        )
    )


def _shift(draws: _Draws, image: Image, shift: float) -> Image:
    down, right = (int(side * shift + 0.5) for side in image.shape[:2])
    padded = jnp.pad(image, [(down, down), (right, right), (0, 0)], mode="edge")
    top = jnp.floor(draws.shift_down * (2 * down + 1)).astype(jnp.int32)
    left = jnp.floor(draws.shift_right * (2 * right + 1)).astype(jnp.int32)
    return jax.lax.dynamic_slice(padded, (top, left, 0), image.shape)


def _colour_jitter(draws: _Draws, image: Image, config: AugmentConfig) -> Image:
    if config.brightness > 0:
        delta = config.brightness * (2 * draws.brightness - 1)
        image = _clip(dm_pix.adjust_brightness(image, delta))
    if config.contrast > 0:
        factor = 1 + config.contrast * (2 * draws.contrast - 1)
        image = _clip(dm_pix.adjust_contrast(image, factor))
    if image.shape[2] == 3 and config.saturation > 0:
        factor = 1 + config.saturation * (2 * draws.saturation - 1)
        image = _clip(dm_pix.adjust_saturation(image, factor))
    if image.shape[2] == 3 and config.hue > 0:
        delta = config.hue * (2 * draws.hue - 1)
        image = _clip(dm_pix.adjust_hue(image, delta))
    return image


def _erase(draws: _Draws, image: Image, probability: float, scale: tuple[float, float]) -> Image:
    sides = jnp.array(image.shape[:2], image.dtype)
    share = _rectangle(draws.erase_area, draws.erase_ratio, scale, ERASE_RATIO)
    lengths = jnp.maximum(jnp.round(share * sides), 1)
    start = jnp.floor(jnp.stack([draws.erase_top, draws.erase_left]) * (sides - lengths + 1))
    inside = _inside(image.shape[0], start[0], lengths[0])[:, None]
    inside &= _inside(image.shape[1], start[1], lengths[1])[None, :]
    inside &= draws.erase < probability
    colour = jnp.stack([draws.red, draws.green, draws.blue])[: image.shape[2]]
    return jnp.where(inside[..., None], colour[None, None].astype(image.dtype), image)


def _rectangle(
    area_draw: Scalar, ratio_draw: Scalar, scale: tuple[float, float], ratio: float
) -> Float[Array, "2"]:
    """Height and width, as shares of the sides, of a rectangle of random area and aspect ratio."""
    root = jnp.sqrt(scale[0] + (scale[1] - scale[0]) * area_draw)
    stretch = ratio ** (ratio_draw - 0.5)
    return jnp.minimum(jnp.stack([root / stretch, root * stretch]), 1)


def _inside(side: int, start: Scalar, length: Scalar) -> Bool[Array, "side"]:
    place = jnp.arange(side)
    return (place >= start) & (place < start + length)


def _clip(image: ArrayLike) -> Image:
    # jnp.clip halves the gradient at exactly 0 and 1, where pixels of real pictures often are.
    image = jnp.asarray(image)
    return jnp.where(image < 0, 0, jnp.where(image > 1, 1, image))
