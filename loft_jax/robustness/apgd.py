"""APGD-CE: ascent that halves its steps where they no longer help, and returns to its best."""

import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.robustness.balls import Norm, Pictures, Strength, anywhere, projected, steepest
from loft_jax.robustness.objective import Answered, Found, Labels, answered, chosen

FRESH = 0.75
"""alpha: share of the new step; the rest is the last one's momentum."""
RISES = 0.75
"""rho: share of steps that must raise the loss, or steps are halved."""
FIRST, SHORTER, LEAST = 0.22, 0.03, 0.06
"""Of all steps: those before the first look back, how many fewer each time, and the fewest."""


class _State(NamedTuple):
    """Where the ascent stands; `length` is of a step, `rises` counts since the last look back."""

    x: Pictures
    before: Pictures
    now: Answered
    best: Pictures
    at_best: Answered
    length: Float[Array, " b"]
    rises: Int[Array, " b"]
    last_length: Float[Array, " b"]
    last_best: Float[Array, " b"]
    found: Found


def checkpoints(steps: int) -> list[int]:
    """After how many steps the attack looks back: w_j = ceil(p_j N), p_1 = 0.22.

    p_{j+1} = p_j + max(p_j - p_{j-1} - 0.03, 0.06).
    """
    shares = [0.0, FIRST]
    while shares[-1] <= 1:
        shares.append(shares[-1] + max(shares[-1] - shares[-2] - SHORTER, LEAST))
    # Sums of decimal fractions may lie above the whole number that they mean.
    return sorted({math.ceil(share * steps - 1e-9) for share in shares[1:] if share <= 1})


@partial(jax.jit, static_argnames=("norm", "steps"))
def apgd(
    network: FrozenClassifier,
    images: Pictures,
    labels: Labels,
    keys: Key[Array, " b"],
    strength: Strength,
    *,
    norm: Norm,
    steps: int,
) -> Found:
    """Auto-PGD on the cross-entropy (see `log_odds`); rows do not touch each other.

    Args:
        network: under attack, by its gradients.
        images: pictures in [0, 1].
        labels: what must not be answered.
        keys: of each picture's start.
        strength: see `Norm`.
        norm: what it bounds.
        steps: gradients that are asked for, after that of the start.

    Source: Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of
    diverse parameter-free attacks" (ICML 2020), algorithm 1 and section 3.2. A look back counts the
    steps up to and with that of the checkpoint, as the authors' code does.
    """
    looks = checkpoints(steps)
    since = np.diff([0, *looks])
    asked = np.zeros(steps, np.float32)
    asked[np.array(looks) - 1] = RISES * since  # rises that are asked for; 0 where nobody looks

    def step(state: _State, given: tuple[Array, Array, Array]) -> tuple[_State, None]:
        fresh, look, needed = given
        ahead = state.x + state.length[:, None, None, None] * steepest(norm, state.now.slope)
        ahead = projected(norm, ahead, images, strength)
        x = state.x + fresh * (ahead - state.x) + (1 - fresh) * (state.x - state.before)
        x = projected(norm, x, images, strength)
        now = answered(network, x, labels)
        rises = state.rises + (now.loss > state.now.loss)
        higher = now.loss > state.at_best.loss
        best, at_best = chosen(higher, x, state.best), _either(higher, now, state.at_best)
        idle = (state.length == state.last_length) & (at_best.loss == state.last_best)
        halve = look & ((rises < needed) | idle)
        return _State(
            x=chosen(halve, best, x),
            before=state.x,
            now=_either(halve, at_best, now),
            best=best,
            at_best=at_best,
            length=jnp.where(halve, state.length / 2, state.length),
            rises=jnp.where(look, 0, rises),
            last_length=jnp.where(look, state.length, state.last_length),
            last_best=jnp.where(look, at_best.loss, state.last_best),
            found=_kept(state.found, x, now, best),
        ), None

    start = anywhere(norm, keys, images, strength)
    first = answered(network, start, labels)
    rows = jnp.zeros(len(images))
    length = rows + 2 * strength
    begun = _State(
        start, start, first, start, first, length, jnp.zeros(len(images), int),
        length, first.loss, Found(start, first.fooled),
    )  # fmt: skip
    fresh = np.full(steps, FRESH, np.float32)
    fresh[0] = 1
    given = (jnp.asarray(fresh), jnp.asarray(asked > 0), jnp.asarray(asked))
    return jax.lax.scan(step, begun, given)[0].found


def _either(which: Array, yes: Answered, no: Answered) -> Answered:
    return Answered(
        jnp.where(which, yes.loss, no.loss),
        jnp.where(which, yes.fooled, no.fooled),
        chosen(which, yes.slope, no.slope),
    )


def _kept(found: Found, x: Pictures, now: Answered, best: Pictures) -> Found:
    """The picture that fooled first, else the best so far."""
    shown = chosen(now.fooled, x, best)
    return Found(chosen(found.fooled, found.images, shown), found.fooled | now.fooled)
