"""Square attack: random squares, kept where they help; no gradient that could be masked."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.robustness import bumps
from loft_jax.robustness.balls import Norm, Pictures, Strength, projected
from loft_jax.robustness.bumps import Window
from loft_jax.robustness.objective import Found, Labels, chosen, margin

SHARE = 0.8
"""Share of the picture that the first squares cover."""
HALVED = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""Queries of 10,000 after which the share is halved."""

Picture = Float[Array, "h w ch"]


def sides(norm: Norm, size: int, queries: int) -> list[int]:
    """The side of each query's square: sqrt of its share of the picture; odd and 3 for L2."""
    done = np.arange(queries) / queries * 10_000
    shares = SHARE / 2.0 ** np.searchsorted(HALVED, done)
    found = np.maximum(np.round(np.sqrt(shares) * size), 1).astype(int)
    if norm == "l2":
        largest = size - 1 + size % 2
        found = np.minimum(np.maximum(found + 1 - found % 2, 3), largest)
    return found.tolist()


@partial(jax.jit, static_argnames=("norm", "queries"))
def square(
    network: FrozenClassifier,
    images: Pictures,
    labels: Labels,
    keys: Key[Array, " b"],
    strength: Strength,
    *,
    norm: Norm,
    queries: int,
) -> Found:
    """Random search on the margin; rows do not touch each other.

    Args:
        network: under attack, by its answers alone.
        images: pictures in [0, 1].
        labels: what must not be answered.
        keys: of each picture's draws.
        strength: see `Norm`.
        norm: what it bounds.
        queries: pictures that are asked about after the first; who fools stays as it is.

    Source: Andriushchenko et al., "Square attack" (ECCV 2020), algorithms 1 to 3; the first share
    is that of AutoAttack. A square that changes nothing costs a query.
    """
    begin, propose = (_stripes, _square) if norm == "linf" else (bumps.tiles, bumps.moved)

    def ask(x: Pictures) -> Array:
        return margin(network.outputs(x).logits, labels)

    def step(state: tuple[Pictures, Array], given: tuple[Array, Array]) -> tuple[tuple, None]:
        best, least = state
        number, side = given
        drawn = jax.vmap(lambda key: jax.random.fold_in(key, number))(keys)
        draw = jax.vmap(lambda key, x, centre: propose(key, x, centre, side, strength))
        x = projected(norm, draw(drawn, best, images), images, strength)
        now = ask(x)
        better = (now < least) & (least >= 0)
        return (chosen(better, x, best), jnp.where(better, now, least)), None

    first = jax.vmap(lambda key, centre: begin(key, centre, strength))(keys, images)
    first = projected(norm, first, images, strength)
    numbers = jnp.arange(1, queries + 1)
    given = (numbers, jnp.asarray(sides(norm, images.shape[1], queries)))
    (best, _), _ = jax.lax.scan(step, (first, ask(first)), given)
    return Found(best, network.outputs(best).logits.argmax(-1) != labels)


def _stripes(key: Key[Array, ""], centre: Picture, strength: Strength) -> Picture:
    """Vertical stripes of the full strength."""
    _, width, channels = centre.shape
    return centre + strength * jax.random.rademacher(key, (1, width, channels), float)


def _square(
    key: Key[Array, ""], x: Picture, centre: Picture, side: Array, strength: Strength
) -> Picture:
    """A square somewhere, all of it lighter or darker by the full strength, channel by channel."""
    place, sign = jax.random.split(key)
    inside = Window.anywhere(place, centre.shape[0], side).mask[..., None]
    changed = centre + strength * jax.random.rademacher(sign, (1, 1, centre.shape[2]), float)
    return jnp.where(inside, changed, x)
