"""The LoFt head: the last linear layer, factored through r numbers squashed by tanh."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float

from loft_jax.errors import InputError

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "none": lambda code: code,
    "relu": jax.nn.relu,
    "relu6": jax.nn.relu6,
    "leaky_relu": jax.nn.leaky_relu,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jax.nn.tanh,
}


class LoFtHead(nnx.Module):
    """Logits from features through a bottleneck of `rank` numbers.

    A model inversion attacker sees an image only through the class scores. With W = W2 W1 of rank
    at most r, directions of the features outside the row space of W1 leave no trace in the scores;
    the tanh takes the gradient away from codes it saturates.

        code = tanh(W1 norm(z) + b1)   r numbers
        logits = W2 code + b2          c numbers

    `norm` is the identity, or batch normalisation without a change of shape (`input_norm=True`).
    With `rank=None` the head is the plain linear layer, logits = W z + b, and there is no code.

    An attacker may set `straight_through`: the same answers, with the activation differentiated as
    if it were the identity, so that saturated codes hide nothing (Athalye et al. 2018, BPDA).

    Source: LoFt, "Rank Matters" (arXiv 2410.05814). The paper describes Linear-tanh-Linear; the
    code its authors released has the batch normalisation in front. Both are kept, off by default.

    Raises:
        InputError: `rank` is not in 1..`features`, or `activation` is unknown.
    """

    def __init__(
        self,
        features: int,
        rank: int | None,
        classes: int,
        activation: str = "tanh",
        input_norm: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        if rank is not None and not 1 <= rank <= features:
            msg = f"`rank` must be between 1 and the feature width {features}, got {rank}."
            raise InputError(msg)
        if activation not in ACTIVATIONS:
            msg = f"`activation` must be one of {', '.join(ACTIVATIONS)}; got {activation!r}."
            raise InputError(msg)
        self.rank = rank
        self.activation = activation
        self.straight_through = False
        self.norm = nnx.BatchNorm(features, momentum=0.9, rngs=rngs) if input_norm else None
        self.encode = None if rank is None else nnx.Linear(features, rank, rngs=rngs)
        self.decode = nnx.Linear(features if rank is None else rank, classes, rngs=rngs)

    def __call__(
        self, features: Float[Array, "b d"]
    ) -> tuple[Float[Array, "b c"], Float[Array, "b r"] | None]:
        """(logits, code); the code is None for the plain head."""
        if self.norm is not None:
            features = self.norm(features)
        if self.encode is None:
            return self.decode(features), None
        before = self.encode(features)
        code = ACTIVATIONS[self.activation](before)
        if self.straight_through:
            code = before + jax.lax.stop_gradient(code - before)
        return self.decode(code), code

    @property
    def weight(self) -> Float[Array, "c d"]:
        """Matrix of the head with its activation replaced by the identity: W2 W1, or W when plain.

        Its rank is the head-weight rank that LoFt bounds by r. The (diagonal) input normalisation
        is left out: it has full rank.
        """
        if self.encode is None:
            return self.decode.kernel[...].T
        return (self.encode.kernel[...] @ self.decode.kernel[...]).T

    @property
    def first_layer(self) -> Float[Array, "m d"]:
        """The linear map that the features meet first: W1, or W when plain, times the norm's scale.

        Activation and biases apart, it is all that the head ever learns of the features.
        """
        layer = self.decode if self.encode is None else self.encode
        kernel = layer.kernel[...]
        if self.norm is not None and self.norm.scale is not None:
            scale = self.norm.scale[...] / jnp.sqrt(self.norm.var[...] + self.norm.epsilon)
            kernel = scale[:, None] * kernel
        return kernel.T
