"""Any JAX function from pictures to logits as a target."""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from loft_jax.errors import InputError
from loft_jax.nets.classifier import Outputs
from loft_jax.runs import arrays
from loft_jax.targets.answering import answered
from loft_jax.targets.base import Access, Answer, Target

Function = Callable[[Float[Array, "b h w ch"]], Float[Array, "b c"] | Outputs]
PROBES = 8
"""Pictures of noise whose answers tell one function from another."""


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class FunctionNetwork:
    """A function as a network; one that tells no features has none, an array of width 0."""

    function: Function = dataclasses.field(metadata={"static": True})

    def outputs(self, images: Float[Array, "b h w ch"]) -> Outputs:
        """What the function says, as `Outputs`."""
        said = self.function(images)
        if isinstance(said, Outputs):
            return said
        return Outputs(said, jnp.zeros((len(said), 0)), None)


class FunctionTarget(Target):
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

    _network: FunctionNetwork

    def __init__(
        self,
        function: Function,
        *,
        size: int,
        channels: int,
        class_names: tuple[str, ...],
        access: Access = "white",
    ):
        super().__init__(access=access, size=size, channels=channels, class_names=class_names)
        self._network = FunctionNetwork(function)
        self._features = self._checked()

    @property
    def label(self) -> str:
        """The function's name."""
        return f"function {getattr(self._network.function, '__name__', 'without a name')}"

    @property
    def fingerprint(self) -> str:
        """Of its answers to fixed pictures of noise."""
        shape = (PROBES, self.size, self.size, self.channels)
        noise = np.random.default_rng(0).random(shape, np.float32)
        return arrays.fingerprint((self._answer(noise).logits, [*map(str, self.class_names)]))

    def _checked(self) -> bool:
        """Whether there are features."""
        one = jax.ShapeDtypeStruct((2, self.size, self.size, self.channels), jnp.float32)
        try:
            found = jax.eval_shape(self._network.outputs, one)
        except Exception as error:
            msg = f"`function` must take pictures of shape {one.shape[1:]}, got {error}"
            raise InputError(msg) from error
        if found.logits.shape != (2, self.classes):
            msg = f"`function` must give {self.classes} logits a picture, one for each name, got "
            raise InputError(msg + str(found.logits.shape[1:]))
        return found.features.shape[1] > 0

    def _shows(self) -> frozenset[str]:
        return frozenset({"features"} if self._features else set())

    def _answer(self, images: Float[np.ndarray, "n h w ch"]) -> Answer:
        answer = answered(lambda shown: _outputs(self._network, shown), images)
        return answer if self._features else answer._replace(features=None)


@jax.jit
def _outputs(network: FunctionNetwork, images: Array) -> Outputs:
    return network.outputs(images)
