"""LoFt: the last linear layer, factored through r numbers squashed by tanh."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import jax
import jax.numpy as jnp
from annotated_types import Interval
from flax import nnx
from jaxtyping import Array, Float, Int

from loft_jax.defenses.adaptive import PRE_CODE
from loft_jax.defenses.base import About, Adaptive, Defense
from loft_jax.defenses.none import NoDefense
from loft_jax.errors import InputError
from loft_jax.nets.frozen import FrozenClassifier, rebuilt
from loft_jax.nets.head import Head, input_normalisation, nearest_mean, scaled, settled

Activation = Literal["none", "relu", "relu6", "leaky_relu", "sigmoid", "tanh"]
ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "none": lambda code: code,
    "relu": jax.nn.relu,
    "relu6": jax.nn.relu6,
    "leaky_relu": jax.nn.leaky_relu,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jax.nn.tanh,
}


class LoFtHead(Head):
    """Logits from features through a bottleneck of `rank` numbers.

    A model inversion attacker sees an image only through the class scores. With W = W2 W1 of rank
    at most r, directions of the features outside the row space of W1 leave no trace in the scores;
    the tanh takes the gradient away from codes it saturates.

        code = tanh(W1 norm(z) + b1)   r numbers
        logits = W2 code + b2          c numbers

    `norm` is the identity, or batch normalisation without a change of shape (`input_norm=True`).
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
        rank: int,
        classes: int,
        activation: str = "tanh",
        input_norm: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        if not 1 <= rank <= features:
            msg = f"`--rank` must be 1..{features} (the feature width) or none, got {rank}"
            raise InputError(msg)
        if activation not in ACTIVATIONS:
            msg = f"`activation` must be one of {', '.join(ACTIVATIONS)}, got {activation}"
            raise InputError(msg)
        self.activation = activation
        self.straight_through = False
        self.norm = input_normalisation(features, rngs) if input_norm else None
        self.encode = nnx.Linear(features, rank, rngs=rngs)
        self.decode = nnx.Linear(rank, classes, rngs=rngs)

    def __call__(
        self, features: Float[Array, "b d"]
    ) -> tuple[Float[Array, "b c"], Float[Array, "b r"]]:
        """(logits, code)."""
        code = self.code(features)
        return self.decode(code), code

    def code(self, features: Float[Array, "b d"]) -> Float[Array, "b r"]:
        """The r numbers that the logits are made of."""
        if self.norm is not None:
            features = self.norm(features)
        before = self.encode(features)
        code = ACTIVATIONS[self.activation](before)
        if self.straight_through:
            code = before + jax.lax.stop_gradient(code - before)
        return code

    def begin(self, features: Float[Array, "n d"], labels: Int[Array, " n"], own: int) -> None:
        """Begin with a discriminant a number of the code, as far as they go, the first ones.

        They enter at half their standard deviation, where a tanh is nearly straight.
        """
        assert self.encode.bias is not None
        assert self.decode.bias is not None
        z = settled(self.norm, features)
        width, rank = self.encode.kernel.shape
        first = min(own, rank)
        entering = jnp.arange(first)
        spread = jnp.maximum(z[:, width - own :].std(0)[:first], 1e-6)
        kernel = self.encode.kernel[...].at[width - own :].set(0).at[:, :first].set(0)
        kernel = kernel.at[width - own + entering, entering].set(0.5 / spread)
        self.encode.kernel[...] = kernel
        centre = jnp.where(jnp.arange(rank) < first, -(z.mean(0) @ kernel), 0)
        self.encode.bias[...] = centre
        code = ACTIVATIONS[self.activation](self.encode(z))
        leading, bias = nearest_mean(code[:, :first], labels, self.decode.out_features)
        blind = jnp.zeros((rank - first, leading.shape[1]))
        self.decode.kernel[...] = jnp.concatenate([leading, blind])
        self.decode.bias[...] = bias

    @property
    def weight(self) -> Float[Array, "c d"]:
        """W2 W1, whose rank LoFt bounds by r; the (diagonal) normalisation is left out."""
        return (self.encode.kernel[...] @ self.decode.kernel[...]).T

    @property
    def first_layer(self) -> Float[Array, "r d"]:
        """W1 times the scale of the normalisation."""
        return scaled(self.encode.kernel[...], self.norm)

    def slope(self, features: Float[Array, " d"]) -> Float[Array, "c d"]:
        """Of the head without its activation, the same at all features."""
        saved, self.activation = self.activation, "none"
        try:
            return super().slope(features)
        finally:
            self.activation = saved


@dataclass(frozen=True)
class LoFt(Defense):
    """The LoFt head, trained by cross-entropy as the plain one is."""

    tag = "loft"
    about = About(
        title="LoFt",
        source="Yu et al., KDD 2026 (arXiv 2410.05814)",
        changes="the head: features -> r -> tanh -> classes",
        published="rank 50 of 530 classes; 20 to 500; BatchNorm first in the authors' code",
        ours="rank 64 of 128 classes; no BatchNorm by default, as in the paper's text",
        cite=("yu2026rank",),
    )
    strength_name = "rank"

    rank: Annotated[int, Interval(ge=1, le=2**20)] = 64
    """Width r of the bottleneck."""
    activation: Activation = "tanh"
    """What follows the head's first layer."""
    input_norm: bool = False
    """BatchNorm before the head (the authors' code has it, the paper's text not)."""

    @property
    def variant(self) -> str:
        """Activation, if not tanh, and normalisation, if there is one."""
        named = "without activation" if self.activation == "none" else self.activation
        words = ("" if self.activation == "tanh" else named,
                 "BatchNorm first" if self.input_norm else "")  # fmt: skip
        return ", ".join(filter(None, words))

    @property
    def baselines(self) -> tuple[Defense, ...]:
        """A plain head with the same normalisation; without one, the norm is part of LoFt."""
        plain = NoDefense()
        return (NoDefense(input_norm=True), plain) if self.input_norm else (plain,)

    def head(self, features: int, classes: int, *, rngs: nnx.Rngs) -> LoFtHead:
        """The LoFt head."""
        return LoFtHead(features, self.rank, classes, self.activation, self.input_norm, rngs=rngs)

    def remark(self, classes: int, features: int) -> str | None:
        """At a rank of classes - 1 the logits can be what a plain head gives, up to a shift."""
        if self.rank < classes - 1:
            return None
        return (
            f"a rank of {self.rank} takes nothing away from the logits of {classes} classes, which "
            f"span {classes - 1} dimensions: only a rank below {classes - 1} does"
        )

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """Attackers who do without the gradient of the activation, or without the head."""
        if self.activation == "none":
            return {"pre-code": PRE_CODE}
        return {"straight-through": Adaptive(straight_through), "pre-code": PRE_CODE}


def straight_through(network: FrozenClassifier) -> FrozenClassifier:
    """The same answers, with the head's activation differentiated as if it were the identity.

    Source: Bengio et al. 2013; as an attack on hidden gradients, Athalye et al. 2018 (BPDA).
    """

    def seen_through(model: nnx.Module) -> None:
        model.head.straight_through = True  # pyright: ignore[reportAttributeAccessIssue]

    return rebuilt(network, seen_through)
