"""Smooth signed distances in the plane and the coverage of a pixel by a shape."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def smooth_abs(x: Float[Array, "..."], softness: float = 0.02) -> Float[Array, "..."]:
    """Returns sqrt(x^2 + softness^2): |x| with a gradient at zero."""
    return jnp.sqrt(x * x + softness * softness)


def smooth_relu(x: Float[Array, "..."], softness: float = 0.1) -> Float[Array, "..."]:
    """Returns (x + sqrt(x^2 + softness^2)) / 2: positive everywhere, close to max(x, 0)."""
    return 0.5 * (x + smooth_abs(x, softness))


def smooth_max(
    a: Float[Array, "h w"], b: Float[Array, "h w"], softness: float = 0.03
) -> Float[Array, "h w"]:
    """Returns the rounded intersection of two signed distances."""
    return a + smooth_relu(b - a, softness)


def coverage(
    distance: Float[Array, "*shape"], width: Float[Array, ""], softness: float = 0.0
) -> Float[Array, "*shape"]:
    """Returns the share of a pixel that lies inside a shape.

    1 / (1 + exp(4 d / (w + s))): slope -1/w at the border, as for a box filter of one pixel, but with
    a gradient on both sides.

    Args:
        distance: signed distance d, negative inside, in picture units (the picture is 2 wide).
        width: pixel width w in the same units.
        softness: extra blur s of the border that does not depend on the picture's size.
    """
    return jax.nn.sigmoid(-4.0 / (width + softness) * distance)


def bent_ellipses(
    x: Float[Array, "h w"], y: Float[Array, "h w"], table: Float[Array, "shapes 6"]
) -> Float[Array, "shapes h w"]:
    """Returns approximate signed distances to ellipses whose long axis may be a parabola.

    With k = |p / r| and g = |p / r^2| the distance is k (k - 1) / g, exact to first order at the border.

    Args:
        x: horizontal positions.
        y: vertical positions, upwards.
        table: rows of centre x, centre y, radius x, radius y, angle (radians), bend (1 / unit):
            the axis is the curve y = bend * x^2.

    Source: Inigo Quilez, "ellipsoid - distance bound" (iquilezles.org/articles/ellipsoids).
    """
    cx, cy, rx, ry, angle, bend = (column[:, None, None] for column in table.T)
    dx, dy = x[None] - cx, y[None] - cy
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    along = (cos * dx + sin * dy) / rx
    across = (cos * dy - sin * dx) / ry - (bend * rx * rx / ry) * along * along
    tiny = 1e-4
    k = jnp.sqrt(along**2 + across**2 + tiny)
    g = jnp.sqrt((along / rx) ** 2 + (across / ry) ** 2 + tiny / (rx * ry))
    return k * (k - 1.0) / g


def blobs(
    x: Float[Array, "h w"], y: Float[Array, "h w"], table: Float[Array, "blobs 5"]
) -> Float[Array, "h w"]:
    """Returns the sum of Gaussian bumps a exp(-((x - cx) / rx)^2 - ((y - cy) / ry)^2).

    Args:
        x: horizontal positions.
        y: vertical positions, upwards.
        table: rows of centre x, centre y, radius x, radius y, height a.
    """
    cx, cy, rx, ry, height = (column[:, None, None] for column in table.T)
    return jnp.sum(
        height * jnp.exp(-(((x[None] - cx) / rx) ** 2) - ((y[None] - cy) / ry) ** 2), axis=0
    )
