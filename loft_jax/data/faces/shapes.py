"""Smooth signed distances in the plane and the share of a pixel that a shape covers."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def smooth_abs(x: Float[Array, "*shape"], softness: float = 0.02) -> Float[Array, "*shape"]:
    """Returns sqrt(x^2 + softness^2): |x| with a gradient at zero."""
    return jnp.sqrt(x * x + softness * softness)


def smooth_relu(x: Float[Array, "*shape"], softness: float = 0.1) -> Float[Array, "*shape"]:
    """Returns (x + sqrt(x^2 + softness^2)) / 2: positive, and close to max(x, 0)."""
    return 0.5 * (x + smooth_abs(x, softness))


def smooth_max(
    a: Float[Array, "*shape"], b: Float[Array, "*shape"], softness: float = 0.03
) -> Float[Array, "*shape"]:
    """Returns the rounded intersection of two signed distances."""
    return a + smooth_relu(b - a, softness)


def coverage(
    distance: Float[Array, "h w"], pixel: Float[Array, ""], softness: float = 0.0
) -> Float[Array, "h w"]:
    """Returns the share of each pixel that lies inside a shape.

    1 / (1 + exp(4 d / (w + s))): slope -1/w at the border, as a box filter of one pixel has, but
    with a gradient on both sides.

    Args:
        distance: signed distance d, negative inside.
        pixel: width w of a pixel in the same units.
        softness: blur s of the border that does not depend on the picture's size.
    """
    return jax.nn.sigmoid(-4.0 / (pixel + softness) * distance)


def bent_ellipse(
    x: Float[Array, "h w"], y: Float[Array, "h w"], row: Float[Array, "6"]
) -> Float[Array, "h w"]:
    """Returns the approximate signed distance to an ellipse whose long axis may be a parabola.

    With k = |p / r| and g = |p / r^2| the distance is k (k - 1) / g, exact to first order at the
    border.

    Args:
        x: horizontal positions.
        y: vertical positions, upwards.
        row: centre x, centre y, radius x, radius y, slope, bend. Along the long axis y rises by
            slope * x + bend * x^2.

    Source: Inigo Quilez, "ellipsoid - distance bound" (iquilezles.org/articles/ellipsoids).
    """
    cx, cy, rx, ry, slope, bend = row
    along = x - cx
    across = (y - cy - along * (slope + bend * along)) / ry
    along = along / rx
    tiny = 1e-4
    k = jnp.sqrt(along * along + across * across + tiny)
    g = jnp.sqrt((along / rx) ** 2 + (across / ry) ** 2 + tiny / (rx * ry))
    return k * (k - 1.0) / g


def blob(
    x: Float[Array, "h w"], y: Float[Array, "h w"], row: Float[Array, "5"]
) -> Float[Array, "h w"]:
    """Returns the Gaussian bump a exp(-((x - cx) / rx)^2 - ((y - cy) / ry)^2).

    Args:
        x: horizontal positions.
        y: vertical positions, upwards.
        row: centre x, centre y, radius x, radius y, height a.
    """
    cx, cy, rx, ry, height = row
    return height * jnp.exp(-(((x - cx) / rx) ** 2) - ((y - cy) / ry) ** 2)
