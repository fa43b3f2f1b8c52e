"""What of a classifier does not learn, as its defense says."""

import jax
from flax import nnx
from jaxtyping import Array, Float

from loft_jax.defenses.base import Defense
from loft_jax.nets.order import Path, forward_order


def frozen_paths(
    defense: Defense,
    graph: nnx.GraphDef,
    params: nnx.State,
    stats: nnx.State,
    images: Float[Array, "b h w ch"] | jax.ShapeDtypeStruct,
) -> frozenset[Path]:
    """Paths of the variables that keep their bits; empty where the defense leaves that alone.

    Args:
        defense: whose `trainable` is asked.
        graph: of the classifier.
        params: its weights, or their shapes.
        stats: all its other state, or the shapes of it.
        images: such as it is shown, or their shape.
    """
    if not defense.overrides("trainable"):
        return frozenset()
    order = forward_order(graph, params, stats, images)
    flat = (*nnx.to_flat_state(params), *nnx.to_flat_state(stats))
    paths = [tuple(map(str, path)) for path, _ in flat]
    return frozenset(path for path in paths if not defense.trainable(path, order))
