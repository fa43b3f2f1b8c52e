"""Trunks by name, and the one function that builds a classifier from settings."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import jax.numpy as jnp
from flax import nnx

from loft_jax.errors import InputError
from loft_jax.nets.classifier import Classifier
from loft_jax.nets.head import LoFtHead
from loft_jax.nets.trunks.resnet import (
    resnet18,
    resnet18_narrow,
    resnet34,
    resnet50,
    resnet101,
    resnet152,
)
from loft_jax.nets.trunks.small_cnn import SmallCNN
from loft_jax.nets.trunks.small_resnet import SmallResNet
from loft_jax.nets.trunks.vgg import VGG16


class Trunk(NamedTuple):
    """How to build a trunk and what it asks for.

    Attributes:
        build: (size, channels, *, dtype, rngs) -> module from images to features.
        features: feature width at image side `size`.
        smallest: smallest image side in pixels that leaves it something to pool.
    """

    build: Callable[..., nnx.Module]
    features: Callable[[int], int]
    smallest: int


TRUNKS: dict[str, Trunk] = {
    "small_cnn": Trunk(SmallCNN, SmallCNN.features, 8),
    "small_resnet": Trunk(SmallResNet, SmallResNet.features, 16),
    "resnet18_narrow": Trunk(resnet18_narrow, lambda size: 128, 8),
    "resnet18": Trunk(resnet18, lambda size: 512, 8),
    "resnet34": Trunk(resnet34, lambda size: 512, 8),
    "resnet50": Trunk(resnet50, lambda size: 2048, 8),
    "resnet101": Trunk(resnet101, lambda size: 2048, 8),
    "resnet152": Trunk(resnet152, lambda size: 2048, 8),
    "vgg16_bn": Trunk(VGG16, VGG16.features, 32),
}

CHEAP = ("small_resnet", "resnet18_narrow", "small_cnn")
"""Trunks that a command may train on the way, best first."""


def cheap_trunks(size: int, *, other_than: str) -> list[str]:
    """Cheap trunks for size x size images, without one architecture; allocates nothing."""
    return [name for name in CHEAP if name != other_than and TRUNKS[name].smallest <= size]


def feature_width(trunk: str, size: int) -> int:
    """Number of features the trunk makes of a size x size image; allocates nothing.

    Raises:
        InputError: unknown trunk, or images too small for it.
    """
    return _checked(trunk, size).features(size)


def build_classifier(
    trunk: str,
    *,
    size: int,
    channels: int,
    classes: int,
    rank: int | None,
    activation: str = "tanh",
    input_norm: bool = False,
    compute_dtype: Literal["float32", "bfloat16"] = "float32",
    rngs: nnx.Rngs,
) -> Classifier:
    """Freshly initialised classifier of square images, weights float32.

    Args:
        trunk: a name in TRUNKS.
        size: image side in pixels.
        channels: 1 (gray) or 3 (colour).
        classes: number of classes.
        rank: width of the LoFt bottleneck; None for a plain linear head.
        activation: squashing of the code, a name in loft_head.ACTIVATIONS.
        input_norm: whether batch normalisation precedes the head.
        compute_dtype: dtype of the trunk's arithmetic. Head and logits are float32 always.
        rngs: random streams; the initial weights come from `params`.

    Raises:
        InputError: unknown name, images too small for the trunk, or a rank outside 1..features.
    """
    features = feature_width(trunk, size)
    # The head first: a rank that is refused should be so before large trunks are allocated.
    head = LoFtHead(features, rank, classes, activation, input_norm, rngs=rngs)
    dtype = jnp.dtype(compute_dtype)
    return Classifier(TRUNKS[trunk].build(size, channels, dtype=dtype, rngs=rngs), head)


def _checked(trunk: str, size: int) -> Trunk:
    if trunk not in TRUNKS:
        msg = f"`trunk` must be one of {', '.join(TRUNKS)}; got {trunk!r}."
        raise InputError(msg)
    if size < TRUNKS[trunk].smallest:
        msg = f"`size` must be at least {TRUNKS[trunk].smallest} px for {trunk}, got {size}."
        raise InputError(msg)
    return TRUNKS[trunk]
