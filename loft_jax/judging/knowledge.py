"""Knowledge extraction as a row of an attack's result."""

from typing import Any

import numpy as np
from jax.sharding import Mesh
from jaxtyping import Float64, UInt8

from loft_jax.fitting.knowledge_extraction import knowledge_extraction
from loft_jax.judging.intervals import with_interval
from loft_jax.judging.private import Private


def knowledge_numbers(
    images: UInt8[np.ndarray, "k s h w ch"], private: Private, mesh: Mesh, seed: int
) -> tuple[dict[str, Any], Float64[np.ndarray, " k"]]:
    """(facts for attack.json, share of right answers on each class's held-out pictures).

    `knowledge`, their mean, is the mean over classes of a student taught by the reconstructions;
    `knowledge_of_real` that of one taught by as many real training pictures of each class, the
    ceiling; `knowledge_chance` is 1 / k.

    Args:
        images: s reconstructions of each of k >= 2 classes.
        private: for held-out pictures, and real ones for the ceiling.
        mesh: devices.
        seed: of both students.
    """
    s = images.shape[1]
    real = np.stack([np.resize(own, (s, *own.shape[1:])) for own in private.pictures])
    taught, ceiling = (
        np.array([right.mean() for right in knowledge_extraction(shown, private.held_out, mesh,
                                                                 seed=seed)])
        for shown in (images, real)
    )  # fmt: skip
    numbers = {
        **with_interval("knowledge_of_real", ceiling[:, None]),
        "knowledge_chance": 1 / len(images),
    }
    return numbers, taught
