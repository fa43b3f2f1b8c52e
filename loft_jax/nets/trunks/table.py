"""Trunks, a row each: how to build one, what it makes of a picture, the smallest it takes."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from flax import nnx

from loft_jax.errors import InputError
from loft_jax.nets.trunks import (
    densenet,
    efficientnet,
    inception,
    ir,
    maxvit,
    resnet,
    swin,
    vit,
)
from loft_jax.nets.trunks.small_cnn import SmallCNN
from loft_jax.nets.trunks.small_densenet import SmallDenseNet
from loft_jax.nets.trunks.small_resnet import SmallResNet
from loft_jax.nets.trunks.small_squeezenet import SmallSqueezeNet
from loft_jax.nets.trunks.vgg import VGG16
from loft_jax.runs.rows import Rows


class Trunk(NamedTuple):
    """How to build a trunk and what it asks for.

    Attributes:
        build: (size, channels, *, dtype, rngs) -> module from images to features.
        features: feature width at image side `size`.
        smallest: smallest image side in pixels that leaves it something to pool.
        cite: keys of references.bib.
        multiple: what image sides must be a multiple of.
    """

    build: Callable[..., nnx.Module]
    features: Callable[[int], int]
    smallest: int
    cite: tuple[str, ...] = ()
    multiple: int = 1


RESNET, DENSENET = ("he2016deep",), ("huang2017densely",)
EFFICIENT, VIT = ("tan2019efficientnet",), ("dosovitskiy2021image",)

TRUNKS: Rows[Trunk] = Rows(
    "trunk",
    {
        "small_cnn": Trunk(SmallCNN, SmallCNN.features, 8),
        "small_resnet": Trunk(SmallResNet, SmallResNet.features, 16, RESNET),
        "small_densenet": Trunk(SmallDenseNet, SmallDenseNet.features, 8, DENSENET),
        "small_squeezenet": Trunk(
            SmallSqueezeNet, SmallSqueezeNet.features, 8, ("iandola2016squeezenet",)
        ),
        "resnet18_narrow": Trunk(resnet.resnet18_narrow, lambda size: 128, 8, RESNET),
        "resnet18": Trunk(resnet.resnet18, lambda size: 512, 8, RESNET),
        "resnet34": Trunk(resnet.resnet34, lambda size: 512, 8, RESNET),
        "resnet50": Trunk(resnet.resnet50, lambda size: 2048, 8, RESNET),
        "resnet101": Trunk(resnet.resnet101, lambda size: 2048, 8, RESNET),
        "resnet152": Trunk(resnet.resnet152, lambda size: 2048, 8, RESNET),
        "vgg16_bn": Trunk(VGG16, VGG16.features, 32, ("simonyan2015very",)),
        "densenet121": Trunk(densenet.densenet121, lambda size: 1024, 32, DENSENET),
        "densenet169": Trunk(densenet.densenet169, lambda size: 1664, 32, DENSENET),
        "inception_v3": Trunk(
            inception.InceptionV3, lambda size: inception.FEATURES, 75, ("szegedy2016rethinking",)
        ),
        "efficientnet_b0": Trunk(efficientnet.efficientnet_b0, lambda size: 1280, 32, EFFICIENT),
        "efficientnet_b1": Trunk(efficientnet.efficientnet_b1, lambda size: 1280, 32, EFFICIENT),
        "efficientnet_b2": Trunk(efficientnet.efficientnet_b2, lambda size: 1408, 32, EFFICIENT),
        "vit_b_16": Trunk(vit.vit_b_16, lambda size: 768, 16, VIT, multiple=16),
        "vit_b_32": Trunk(vit.vit_b_32, lambda size: 768, 32, VIT, multiple=32),
        "swin_t": Trunk(swin.swin_t, lambda size: 768, 32, ("liu2021swin",)),
        "maxvit_t": Trunk(maxvit.maxvit_t, lambda size: 512, 32, ("tu2022maxvit",), multiple=32),
        "ir152": Trunk(ir.ir152, lambda size: ir.FEATURES, 16, ("deng2019arcface",)),
    },
    Trunk,
)

CHEAP = ("small_resnet", "resnet18_narrow", "small_cnn", "small_densenet", "small_squeezenet")
"""Trunks that a command may train on the way, best first."""
JUDGES = 2
"""Judges that are trained where nobody names any."""


class Roles(NamedTuple):
    """Which trunks judge attacks on a target, and which may help them: never the same."""

    judges: tuple[str, ...]
    helpers: tuple[str, ...]


def roles(size: int, *, other_than: str) -> Roles:
    """Cheap trunks for size x size images: the first two judge, the others help.

    A model that helps an attack and one that judges it would agree on what their architecture takes
    for a face.

    Args:
        size: image side in pixels.
        other_than: the target's architecture, which has neither role.
    """
    fit = [name for name in CHEAP if name != other_than and TRUNKS[name].smallest <= size]
    return Roles(tuple(fit[:JUDGES]), tuple(fit[JUDGES:]))


def feature_width(trunk: str, size: int) -> int:
    """Number of features the trunk makes of a size x size image; allocates nothing.

    Raises:
        InputError: unknown trunk, or images too small for it.
    """
    return _checked(trunk, size).features(size)


def build_trunk(
    trunk: str, *, size: int, channels: int, compute_dtype: str = "float32", rngs: nnx.Rngs
) -> nnx.Module:
    """A freshly initialised trunk for square images, weights float32.

    Args:
        trunk: a name in TRUNKS.
        size: image side in pixels.
        channels: 1 (gray) or 3 (colour).
        compute_dtype: dtype of its arithmetic.
        rngs: random streams; the initial weights come from `params`.

    Raises:
        InputError: unknown name, or images too small for the trunk.
    """
    dtype = jnp.dtype(compute_dtype)
    return _checked(trunk, size).build(size, channels, dtype=dtype, rngs=rngs)


def _checked(trunk: str, size: int) -> Trunk:
    row = TRUNKS.named(trunk)
    if size < row.smallest:
        msg = f"`--size` must be at least {row.smallest} px for {trunk}, got {size}"
        raise InputError(msg)
    if size % row.multiple:
        msg = f"`--size` must be a multiple of {row.multiple} px for {trunk}, got {size}"
        raise InputError(msg)
    return row
