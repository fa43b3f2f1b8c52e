"""What turns features into logits: the interface of all heads, and the plain linear layer."""

import abc

import jax
import jax.numpy as jnp
from flax import nnx
from jaxtyping import Array, Float, Int

MARGIN = 6.0
"""How far above the mean score a head begins to put the own class: about 0.9 of 50 classes."""


class Head(nnx.Module):
    """Logits, and what is released on the way to them."""

    @abc.abstractmethod
    def __call__(
        self, features: Float[Array, "b d"]
    ) -> tuple[Float[Array, "b c"], Float[Array, "b r"] | None]:
        """(logits, code); the code is None for a head without a bottleneck."""

    @property
    @abc.abstractmethod
    def weight(self) -> Float[Array, "c d"]:
        """Matrix of the head, what is not linear in it taken for the identity."""

    @property
    @abc.abstractmethod
    def first_layer(self) -> Float[Array, "m d"]:
        """The linear map that the features meet first, with the scale of a normalisation before it.

        Activation and biases apart, it is all that the head ever learns of the features.
        """

    def begin(self, features: Float[Array, "n d"], labels: Int[Array, " n"], own: int) -> None:
        """Begin as the nearest class mean in the last `own` features; here, as it is.

        Args:
            features: of the training pictures; the last `own` are discriminants,
                uncorrelated within classes, the most telling first.
            labels: their classes.
            own: how many.
        """

    def slope(self, features: Float[Array, " d"]) -> Float[Array, "c d"]:
        """Derivative of the logits by the features, at these features."""
        return jax.jacrev(lambda f: self(f[None])[0][0])(features)


class LinearHead(Head):
    """logits = W norm(z) + b, with `norm` the identity or batch normalisation."""

    def __init__(self, features: int, classes: int, input_norm: bool = False, *, rngs: nnx.Rngs):
        self.norm = input_normalisation(features, rngs) if input_norm else None
        self.decode = nnx.Linear(features, classes, rngs=rngs)

    def __call__(self, features: Float[Array, "b d"]) -> tuple[Float[Array, "b c"], None]:
        """(logits, None)."""
        return self.decode(features if self.norm is None else self.norm(features)), None

    def begin(self, features: Float[Array, "n d"], labels: Int[Array, " n"], own: int) -> None:
        """Begin as the nearest class mean in the last `own` features, blind to the others."""
        assert self.decode.bias is not None
        z = settled(self.norm, features)
        kernel, bias = nearest_mean(z[:, -own:], labels, self.decode.out_features)
        blind = jnp.zeros((z.shape[1] - own, kernel.shape[1]))
        self.decode.kernel[...] = jnp.concatenate([blind, kernel])
        self.decode.bias[...] = bias

    @property
    def weight(self) -> Float[Array, "c d"]:
        """W; the (diagonal) normalisation is left out: it has full rank."""
        return self.decode.kernel[...].T

    @property
    def first_layer(self) -> Float[Array, "c d"]:
        """W times the scale of the normalisation."""
        return scaled(self.decode.kernel[...], self.norm)


def input_normalisation(features: int, rngs: nnx.Rngs) -> nnx.BatchNorm:
    """Batch normalisation in front of a head."""
    return nnx.BatchNorm(features, momentum=0.9, rngs=rngs)


def settled(norm: nnx.BatchNorm | None, features: Float[Array, "n d"]) -> Float[Array, "n d"]:
    """The features behind a normalisation whose statistics are made those of these features."""
    if norm is None:
        return features
    norm.mean[...], norm.var[...] = features.mean(0), features.var(0)
    return norm(features, use_running_average=True)


def nearest_mean(
    x: Float[Array, "n m"], labels: Int[Array, " n"], classes: int
) -> tuple[Float[Array, "m c"], Float[Array, " c"]]:
    """(W, b) of the linear scores x W + b whose largest is that of the nearest class mean.

    Distances are in units of each column's spread within classes, v_j its variance:

        score_k(x) = sum_j m_kj x_j / v_j - m_kj^2 / (2 v_j)

    Linear discriminant analysis with equal priors, for columns uncorrelated within classes. A
    column that does not vary has no say. All scores are then divided by one number, so that in the
    mean over the rows that of the own class is MARGIN above the mean of all: of pictures it was
    fitted to, discriminant analysis is surer than it should be.
    """
    member = jax.nn.one_hot(labels, classes)
    means = (member.T @ x) / jnp.maximum(member.sum(0)[:, None], 1)
    within = ((x - means[labels]) ** 2).mean(0)
    weight = jnp.where(within > 1e-12, 1 / jnp.maximum(within, 1e-12), 0)
    centred = means - means.mean(0, keepdims=True)
    kernel = weight[:, None] * centred.T
    bias = -(means**2 @ weight) / 2
    bias -= bias.mean()
    scores = x @ kernel + bias[None]
    above = jnp.mean((scores * member).sum(1) - scores.mean(1))
    share = MARGIN / jnp.maximum(above, MARGIN)
    return share * kernel, share * bias


def scaled(kernel: Float[Array, "d m"], norm: nnx.BatchNorm | None) -> Float[Array, "m d"]:
    """The matrix behind a normalisation in evaluation mode, with its scale, without its shift."""
    if norm is not None and norm.scale is not None:
        scale = norm.scale[...] / jnp.sqrt(norm.var[...] + norm.epsilon)
        kernel = scale[:, None] * kernel
    return kernel.T
