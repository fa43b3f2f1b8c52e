"""What an adversary raises: the log-odds that a picture is taken for somebody else."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.robustness.balls import Pictures

Labels = Int[Array, " b"]


class Answered(NamedTuple):
    """What a network makes of pictures.

    Attributes:
        loss: `log_odds` of the logits.
        fooled: whether another class has the highest logit.
        slope: gradient of each picture's own loss.
    """

    loss: Float[Array, " b"]
    fooled: Bool[Array, " b"]
    slope: Pictures


class Found(NamedTuple):
    """What an attack comes back with.

    Attributes:
        images: the first picture on its way that fools the network, else its best.
        fooled: whether one did.
    """

    images: Pictures
    fooled: Bool[Array, " b"]


def answered(network: FrozenClassifier, images: Pictures, labels: Labels) -> Answered:
    """Loss, success and slope of every picture."""

    def total(images: Pictures) -> tuple[Array, tuple[Array, Array]]:
        logits = network.outputs(images).logits
        loss = log_odds(logits, labels)
        return loss.sum(), (loss, logits.argmax(-1) != labels)

    slope, (loss, fooled) = jax.grad(total, has_aux=True)(images)
    return Answered(loss, fooled, slope)


def log_odds(logits: Float[Array, "b c"], labels: Labels) -> Float[Array, " b"]:
    """log((1 - p) / p) of the probability p of the label: logsumexp of the other logits - its own.

    The cross-entropy is softplus of it, so both rise in the same directions, and whoever looks at
    signs, directions and order takes the same path by either. But the slope of the cross-entropy
    is rounded away where p is nearly 1, and an attack fails for no reason of the network.
    """
    others = jnp.where(_own(logits, labels), -jnp.inf, logits)
    return jax.nn.logsumexp(others, axis=-1) - _of(logits, labels)


def margin(logits: Float[Array, "b c"], labels: Labels) -> Float[Array, " b"]:
    """The label's logit less the highest other one; below zero the network is fooled."""
    others = jnp.where(_own(logits, labels), -jnp.inf, logits)
    return _of(logits, labels) - others.max(-1)


def _own(logits: Array, labels: Labels) -> Bool[Array, "b c"]:
    return jnp.arange(logits.shape[-1])[None] == labels[:, None]


def _of(logits: Array, labels: Labels) -> Float[Array, " b"]:
    return jnp.take_along_axis(logits, labels[:, None], axis=-1)[:, 0]


def chosen(which: Bool[Array, " b"], yes: Pictures, no: Pictures) -> Pictures:
    """Picture by picture the one or the other."""
    return jnp.where(which[:, None, None, None], yes, no)
