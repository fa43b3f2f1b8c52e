"""Answers of a JAX network in NumPy, by a handful of compiled programs."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PyTree

from loft_jax.nets.classifier import Outputs
from loft_jax.targets.base import Answer


def answered(
    outputs: Callable[[jax.Array], Outputs], images: Float[np.ndarray, "n h w ch"]
) -> Answer:
    """The answer, with pictures filled up to a power of two, so that few shapes are compiled."""
    n = len(images)
    missing = (1 << (n - 1).bit_length()) - n
    whole = np.concatenate([images, np.repeat(images[-1:], missing, axis=0)])
    found: PyTree = jax.tree.map(lambda part: np.asarray(part)[:n], outputs(jnp.asarray(whole)))
    logits, scores = found.logits, np.asarray(jax.nn.softmax(found.logits))
    return Answer(logits.argmax(1), scores, logits, found.features, found.hidden, found.code)
