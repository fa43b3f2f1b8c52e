"""The networks of the toy: a trunk of a few layers, and a plain or a LoFt head."""

from typing import NamedTuple

import jax
from flax import nnx
from jaxtyping import Array, Float

from loft_jax.defenses.loft import LoFtHead
from loft_jax.errors import InputError
from loft_jax.nets.head import LinearHead
from loft_jax.toy.law import CLASSES


class Architecture(NamedTuple):
    """Widths of the hidden layers, and the head.

    Attributes:
        hidden: widths, from the input on.
        rank: of the LoFt head; None is the plain linear layer.
        activation: of the LoFt head.
    """

    hidden: tuple[int, ...]
    rank: int | None = None
    activation: str = "none"


ARCHITECTURES: dict[str, Architecture] = {
    "linear": Architecture(()),
    "MLP": Architecture((32, 16)),
    "narrow MLP": Architecture((1, 16)),
    "LoFt, tanh": Architecture((32, 16), rank=1, activation="tanh"),
    "LoFt, no tanh": Architecture((32, 16), rank=1),
}


class ToyNetwork(nnx.Module):
    """Logits of points of the plane.

    The trunk's activation is SiLU: smooth, so that sums over a grid converge to integrals fast.

    Raises:
        InputError: if the architecture is unknown.
    """

    def __init__(self, name: str, *, rngs: nnx.Rngs):
        if name not in ARCHITECTURES:
            msg = f"`name` must be one of {', '.join(ARCHITECTURES)}; got {name!r}."
            raise InputError(msg)
        hidden, rank, activation = ARCHITECTURES[name]
        widths = (2, *hidden)
        self.layers = nnx.List(
            [nnx.Linear(i, o, rngs=rngs) for i, o in zip(widths, hidden, strict=False)]
        )
        if rank is None:
            self.head = LinearHead(widths[-1], CLASSES, rngs=rngs)
        else:
            self.head = LoFtHead(widths[-1], rank, CLASSES, activation, rngs=rngs)

    def release(self, x: Float[Array, "b 2"]) -> tuple[Float[Array, "b c"], Float[Array, "b r"]]:
        """(logits, code): LoFt's own code, or what the last linear layer is given."""
        for layer in self.layers:
            x = jax.nn.silu(layer(x))
        logits, code = self.head(x)
        return logits, x if code is None else code

    def __call__(self, x: Float[Array, "b 2"]) -> Float[Array, "b c"]:
        """Logits."""
        return self.release(x)[0]
