"""Any JAX function from pictures to logits as a target."""

import dataclasses
from collections.abc import Callable

import jax
from jaxtyping import Array, Float

from loft_jax.nets.classifier import Outputs
from loft_jax.targets.base import Access
from loft_jax.targets.network import NetworkTarget, as_outputs

Function = Callable[[Float[Array, "b h w ch"]], Float[Array, "b c"] | Outputs]


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class FunctionNetwork:
    """A function as a network; one that tells no features has none, an array of width 0."""

    function: Function = dataclasses.field(metadata={"static": True})

    def outputs(self, images: Float[Array, "b h w ch"]) -> Outputs:
        """What the function says, as `Outputs`."""
        return as_outputs(self.function(images))


class FunctionTarget(NetworkTarget):
    """A JAX function, white unless said otherwise.

    Args:
        function: pictures [b h w ch] in [0, 1] -> logits [b c], or `Outputs`, whose features it
            then offers. Differentiable and without side effects: it is compiled.
        size: side of its pictures in pixels.
        channels: of its pictures.
        class_names: one name a class.
        access: "scores" and "label" hide its gradients.

    Raises:
        InputError: if the function does not take such pictures or give so many logits.
    """

    argument = "function"

    def __init__(
        self,
        function: Function,
        *,
        size: int,
        channels: int,
        class_names: tuple[str, ...],
        access: Access = "white",
    ):
        label = f"function {getattr(function, '__name__', 'without a name')}"
        super().__init__(
            FunctionNetwork(function), label,
            size=size, channels=channels, class_names=class_names, access=access,
        )  # fmt: skip
