"""The distribution nearest to a given one, by KL divergence, within a distance of another."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def nearest_within(
    p: Float[Array, "b c"], q: Float[Array, "b c"], distance: Float[Array, " b"]
) -> Float[Array, "b c"]:
    """The x in the simplex with least KL(x || q) and |x - p|_1 at most `distance`.

    By the conditions of Karush, Kuhn and Tucker x / q is p / q, cut off below at a level a and
    above at a level b, where raising and lowering take half of the distance each:

        x = min(max(p, a q), b q),    sum (a q - p)+ = sum (p - b q)+ = distance / 2

    With the classes in the order of p / q, the first j of them give a level a each, of which the
    least holds; likewise the last j the largest b. Where q itself is near enough, a = b = 1.

    Args:
        p: where it starts, rows of the simplex.
        q: where it is drawn to, rows of the simplex, positive.
        distance: at most, at least 0.
    """
    order = jnp.argsort(p / q, axis=1)
    low_p, low_q = (jnp.take_along_axis(x, order, axis=1) for x in (p, q))
    high_p, high_q = low_p[:, ::-1], low_q[:, ::-1]
    half = distance[:, None] / 2
    raised = (half + low_p.cumsum(1)) / low_q.cumsum(1)
    lowered = (high_p.cumsum(1) - half) / high_q.cumsum(1)
    a = jnp.minimum(raised.min(1, keepdims=True), 1)
    b = jnp.maximum(lowered.max(1, keepdims=True), 1)
    return jnp.minimum(jnp.maximum(p, a * q), b * q)
