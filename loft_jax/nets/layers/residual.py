"""What all blocks with a shortcut have in common: a scale of it."""

import jax
from flax import nnx
from jaxtyping import Array, Float


class Residual(nnx.Module):
    """A block whose input reaches its output by a shortcut as well.

    Attributes:
        shortcut: what changes the input's shape to that of the output; None where it fits.
        shortcut_scale: what the shortcut is multiplied by.
        straight_through: whether it is differentiated as if the scale were 1.
    """

    shortcut: nnx.Sequential | None = None
    shortcut_scale: float = 1.0
    straight_through: bool = False

    @property
    def has_shortcut(self) -> bool:
        """Whether there is one: a few blocks of nets that have them elsewhere have none."""
        return True

    def passed(self, x: Float[Array, "b *pixels i"]) -> Float[Array, "b *fewer o"]:
        """What comes by the shortcut."""
        x = x if self.shortcut is None else self.shortcut(x)
        if self.shortcut_scale == 1:
            return x
        scaled = self.shortcut_scale * x
        return x + jax.lax.stop_gradient(scaled - x) if self.straight_through else scaled
