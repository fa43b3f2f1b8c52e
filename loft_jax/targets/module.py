"""A Flax module as a target."""

import dataclasses
from collections.abc import Sequence

import jax
from flax import nnx
from jaxtyping import Array, Float

from loft_jax.nets.classifier import Classifier, Outputs
from loft_jax.nets.taps import tapped
from loft_jax.targets.base import Access
from loft_jax.targets.network import NetworkTarget, as_outputs


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class ModuleNetwork:
    """A module in evaluation mode as a pytree: its weights are no constants of a program."""

    graph: nnx.GraphDef = dataclasses.field(metadata={"static": True})
    state: nnx.State

    def outputs(self, images: Float[Array, "b h w ch"], taps: Sequence[str] = ()) -> Outputs:
        """What the module says, as `Outputs`.

        Args:
            images: what is asked about.
            taps: paths of modules inside it whose outputs are wanted as `hidden`.
        """
        model = nnx.merge(self.graph, self.state)
        said = model.outputs if isinstance(model, Classifier) else model
        with tapped(model, taps) as hidden:
            outputs = as_outputs(said(images))
        return outputs._replace(hidden=hidden or None)


class ModuleTarget(NetworkTarget):
    """A Flax NNX module, white unless said otherwise.

    Args:
        module: pictures [b h w ch] in [0, 1] -> logits [b c] or `Outputs`. It is shown in
            evaluation mode (running averages, no dropout) and not changed.
        size: side of its pictures in pixels.
        channels: of its pictures.
        class_names: one name a class.
        access: "scores" and "label" hide its gradients.

    Raises:
        InputError: if the module does not take such pictures or give so many logits.
    """

    argument = "module"

    def __init__(
        self,
        module: nnx.Module,
        *,
        size: int,
        channels: int,
        class_names: tuple[str, ...],
        access: Access = "white",
    ):
        still = nnx.view(
            module, use_running_average=True, deterministic=True, raise_if_not_found=False
        )
        super().__init__(
            ModuleNetwork(*nnx.split(still)), f"module {type(module).__name__}",
            size=size, channels=channels, class_names=class_names, access=access,
        )  # fmt: skip
