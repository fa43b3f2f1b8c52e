"""PGD: ascent from a random start with steps of one length, always back into the ball."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.robustness.balls import Norm, Pictures, Strength, anywhere, projected, steepest
from loft_jax.robustness.objective import Found, Labels, answered, chosen

REACH = 2.5
"""How many strengths all steps together are long: from any start to any point, and some more."""


@partial(jax.jit, static_argnames=("norm", "steps"))
def pgd(
    network: FrozenClassifier,
    images: Pictures,
    labels: Labels,
    keys: Key[Array, " b"],
    strength: Strength,
    *,
    norm: Norm,
    steps: int,
) -> Found:
    """Projected gradient ascent of `log_odds`; rows do not touch each other.

    Args:
        network: under attack, by its gradients.
        images: pictures in [0, 1].
        labels: what must not be answered.
        keys: of each picture's start.
        strength: see `Norm`.
        norm: what it bounds.
        steps: gradients that are asked for, after that of the start.

    Source: Madry et al., "Towards deep learning models resistant to adversarial attacks" (ICLR
    2018), section 2.1.
    """

    def step(state: tuple, _: None) -> tuple[tuple, None]:
        x, now, best, found = state
        x = x + REACH / steps * strength * steepest(norm, now.slope)
        x = projected(norm, x, images, strength)
        now = answered(network, x, labels)
        better = ~found.fooled & (now.fooled | (now.loss > best))
        found = Found(chosen(better, x, found.images), found.fooled | now.fooled)
        return (x, now, jnp.maximum(best, now.loss), found), None

    start = anywhere(norm, keys, images, strength)
    first = answered(network, start, labels)
    state = (start, first, first.loss, Found(start, first.fooled))
    (_, _, _, found), _ = jax.lax.scan(step, state, length=steps)
    return found
