"""A differentiable network as a target: what JAX functions and modules have in common."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from loft_jax.errors import InputError, one_line
from loft_jax.nets.classifier import Outputs
from loft_jax.runs import arrays
from loft_jax.targets.answering import answered
from loft_jax.targets.base import Access, Answer, Network, Target

PROBES = 8
"""Pictures of noise whose answers tell one network from another."""


class NetworkTarget(Target):
    """A network of any kind, white unless said otherwise.

    Args:
        network: pictures in [0, 1] -> `Outputs`; features of width 0 are none. Differentiable and
            without side effects: it is compiled.
        label: what it is called.
        size: side of its pictures in pixels.
        channels: of its pictures.
        class_names: one name a class.
        access: "scores" and "label" hide its gradients.

    Raises:
        InputError: if it does not take such pictures or give so many logits.
    """

    argument = "network"
    """Its name in messages."""

    def __init__(
        self,
        network: Network,
        label: str,
        *,
        size: int,
        channels: int,
        class_names: tuple[str, ...],
        access: Access = "white",
    ):
        super().__init__(access=access, size=size, channels=channels, class_names=class_names)
        self._network, self._label = network, label
        self._features = self._checked()

    @property
    def label(self) -> str:
        """What it was called."""
        return self._label

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
            msg = f"`{self.argument}` must take pictures of shape {one.shape[1:]}, got "
            raise InputError(msg + one_line(error)) from error
        if found.logits.shape != (2, self.classes):
            msg = (
                f"`{self.argument}` must give {self.classes} logits a picture, one for each name, "
                f"got {found.logits.shape[1:]}"
            )
            raise InputError(msg)
        return found.features.shape[1] > 0

    def _shows(self) -> frozenset[str]:
        return frozenset({"features"} if self._features else set())

    def _answer(self, images: Float[np.ndarray, "n h w ch"]) -> Answer:
        answer = answered(lambda shown: _outputs(self._network, shown), images)
        return answer if self._features else answer._replace(features=None)


def as_outputs(said: Float[Array, "b c"] | Outputs) -> Outputs:
    """Logits as `Outputs` with features of width 0; `Outputs` as they are."""
    if isinstance(said, Outputs):
        return said
    return Outputs(said, jnp.zeros((len(said), 0)), None)


@jax.jit
def _outputs(network: Network, images: Array) -> Outputs:
    return network.outputs(images)
