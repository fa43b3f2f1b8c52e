"""A classifier that no longer learns, as one pytree: what attacks and evaluators hold."""

import dataclasses
from collections.abc import Callable, Sequence

import jax
from flax import nnx
from jaxtyping import Array, Float

from loft_jax.nets.classifier import Outputs
from loft_jax.nets.head import Head


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class FrozenClassifier:
    """Weights and other state (statistics, say) of a classifier, in evaluation mode.

    A pytree with a static graph: it goes through `jax.jit` as an argument, so that two runs of one
    architecture share a compiled program.
    """

    graph: nnx.GraphDef = dataclasses.field(metadata={"static": True})
    params: nnx.State
    stats: nnx.State

    def outputs(self, images: Float[Array, "b h w ch"], taps: Sequence[str] = ()) -> Outputs:
        """Logits, features and code of images with pixels in [0, 1]; differentiable.

        Args:
            images: what is asked about.
            taps: paths of modules whose outputs are wanted as `hidden`.
        """
        return nnx.merge(self.graph, self.params, self.stats).outputs(images, taps)

    @property
    def head(self) -> Head:
        """The head with its weights."""
        return nnx.merge(self.graph, self.params, self.stats).head


def rebuilt(network: FrozenClassifier, change: Callable[[nnx.Module], None]) -> FrozenClassifier:
    """A copy of the network after `change` has been let loose on it."""
    model = nnx.merge(network.graph, network.params, network.stats, copy=True)
    change(model)
    graph, params, stats = nnx.split(model, nnx.Param, ...)
    return FrozenClassifier(graph, params, stats)
