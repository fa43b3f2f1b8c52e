"""Slopes of what is released by the numbers behind a picture, through the law that draws it."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64

from loft_jax.data.sources import Law
from loft_jax.nets.classifier import Outputs
from loft_jax.targets.base import Network

CHUNK = 8
"""Pictures whose slopes are computed by one call: each has one for each number behind it."""
PILOTS = 32
"""Pictures that choose the directions of the picture in which slopes are kept."""


class Slopes(NamedTuple):
    """Jacobians at n pictures.

    Attributes:
        released: of each source by the latents, "n m z".
        picture: of the picture's coordinates in fixed orthonormal directions, "n q z".
    """

    released: dict[str, np.ndarray]
    picture: Float64[np.ndarray, "n q z"]


def source(outputs: Outputs, kind: str) -> Float[Array, "b m"]:
    """The numbers of this source, before any noise."""
    if kind == "scores":
        return jax.nn.softmax(outputs.logits)
    found = getattr(outputs, kind)
    assert found is not None
    return found


def slopes(
    network: Network, law: Law, kinds: tuple[str, ...], latents: Float[np.ndarray, "n z"]
) -> Slopes:
    """The Jacobians; pictures beyond whole chunks are left out.

    A picture has thousands of coordinates and few numbers behind it: of its Jacobian only what lies
    in the directions in which its mean slope points is kept. They are chosen on the first `PILOTS`
    latents, which are not among the others: they are fixed there, and any fixed ones are right.

    Args:
        network: what answers.
        law: draws pictures, differentiably.
        kinds: sources.
        latents: at which; more than `PILOTS`.
    """
    pilots, others = latents[:PILOTS], latents[PILOTS:]
    mean = np.mean([part[0].mean(0) for part in _chunks(network, law, kinds, pilots)], axis=0)
    directions = np.linalg.svd(mean.astype(np.float64), full_matrices=False)[0]
    parts = [
        (np.einsum("npz,pq->nqz", picture, directions), released)
        for picture, released in _chunks(network, law, kinds, others)
    ]
    return Slopes(
        {
            kind: np.concatenate([released[k] for _, released in parts]).astype(np.float64)
            for k, kind in enumerate(kinds)
        },
        np.concatenate([picture for picture, _ in parts]),
    )


@partial(jax.jit, static_argnums=(1, 2))
def _slope(
    network: Network, law: Law, kinds: tuple[str, ...], latents: Float[Array, "n z"]
) -> tuple[Float[Array, "n p z"], tuple[Float[Array, "n _ z"], ...]]:
    def shown(z: Float[Array, " z"]) -> tuple[Array, tuple[Array, ...]]:
        picture = law.decode(z[None])
        outputs = network.outputs(picture)
        return picture.ravel(), tuple(source(outputs, kind)[0] for kind in kinds)

    return jax.vmap(jax.jacfwd(shown))(latents)


def _chunks(
    network: Network, law: Law, kinds: tuple[str, ...], latents: Float[np.ndarray, "n z"]
) -> list[tuple[np.ndarray, tuple[np.ndarray, ...]]]:
    return [
        jax.tree.map(
            np.asarray, _slope(network, law, kinds, jnp.asarray(latents[start : start + CHUNK]))
        )
        for start in range(0, len(latents) // CHUNK * CHUNK, CHUNK)
    ]
