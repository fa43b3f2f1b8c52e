"""In which order a forward pass meets the variables of a network."""

import jax
from flax import nnx
from jaxtyping import Array, Float

from loft_jax.nets.classifier import Classifier
from loft_jax.nets.taps import tapped

Path = tuple[str, ...]
"""Of a variable in the classifier, such as ("trunk", "convs", "0", "kernel")."""


def forward_order(
    graph: nnx.GraphDef,
    params: nnx.State,
    stats: nnx.State,
    images: Float[Array, "b h w ch"] | jax.ShapeDtypeStruct,
) -> tuple[Path, ...]:
    """Paths of all weights and statistics, in the order in which their modules are first called.

    Those of one module stand side by side, by name. Nothing is computed: shapes are enough.

    Args:
        graph: of the classifier.
        params: its weights, or their shapes.
        stats: all its other state, or the shapes of it.
        images: such as it is shown, or their shape.
    """
    order: list[Path] = []

    def call(params: nnx.State, stats: nnx.State, images: Array) -> None:
        model: Classifier = nnx.merge(graph, params, stats, copy=True)
        # Statistics that are written anew make the trace of a deep network take half a minute.
        model = nnx.view(
            model, use_running_average=True, deterministic=True, raise_if_not_found=False
        )
        own = {
            ".".join(map(str, path)): sorted(
                name
                for name, value in vars(module).items()
                if isinstance(value, nnx.Variable) and not isinstance(value, nnx.RngState)
            )
            for path, module in nnx.iter_modules(model)
            if callable(module)
        }
        # A dictionary keeps the order in which its keys came: that of the calls.
        with tapped(model, [path for path, names in own.items() if names]) as outputs:
            model.outputs(images)
        order.extend((*path.split("."), name) for path in outputs for name in own[path])

    jax.eval_shape(call, params, stats, images)
    return tuple(order)
