"""Gaussian noise that is drawn anew at every call in training, and not at all in evaluation."""

import jax
from flax import nnx
from jaxtyping import Array, Float


class GaussianNoise(nnx.Module):
    """x + scale e with e ~ N(0, I) in training, x in evaluation.

    As in Dropout, `nnx.view(..., deterministic=True)` makes it silent.

    Args:
        rngs: its stream `noise` is drawn from.
    """

    def __init__(self, *, rngs: nnx.Rngs):
        self.deterministic = False
        self.rngs = rngs["noise"].fork()

    def __call__(
        self, x: Float[Array, "b n"], scale: float | Float[Array, "b n"]
    ) -> Float[Array, "b n"]:
        """The numbers, with noise of this standard deviation while training."""
        if self.deterministic:
            return x
        return x + scale * jax.random.normal(self.rngs(), x.shape, x.dtype)

    def set_view(self, deterministic: bool | None = None) -> None:
        """What `nnx.view` calls.

        Args:
            deterministic: True is evaluation, False training; None leaves it as it is.
        """
        if deterministic is not None:
            self.deterministic = deterministic
