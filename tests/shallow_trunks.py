"""Small members of each family, ours and PyTorch's, with weights that NumPy draws for both."""

import math
from functools import partial
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from flax import nnx

from loft_jax.nets.imported import densenet as densenet_names
from loft_jax.nets.imported import efficientnet as efficientnet_names
from loft_jax.nets.imported import ir as ir_names
from loft_jax.nets.imported import maxvit as maxvit_names
from loft_jax.nets.imported import swin as swin_names
from loft_jax.nets.imported import vit as vit_names
from loft_jax.nets.trunks.densenet import DenseNet
from loft_jax.nets.trunks.efficientnet import EfficientNet, Stage
from loft_jax.nets.trunks.ir import IR
from loft_jax.nets.trunks.maxvit import MaxViT
from loft_jax.nets.trunks.swin import Swin
from loft_jax.nets.trunks.vit import VisionTransformer


class Shallow(NamedTuple):
    """Our network, the side of its pictures, what other libraries call its weights."""

    build: partial
    size: int
    names: tuple


_STAGES = (Stage(1, 3, 1, 16, 1), Stage(6, 5, 2, 24, 2))
_LAST = {"last.conv": "features.3.0", "last.norm": "features.3.1"}
_EFFICIENTNET = tuple(
    names._replace(outside={**names.outside, **_LAST}) if names.library == "torchvision" else names
    for names in efficientnet_names.NAMES
)
_IR = tuple(names._replace(flattened={"linear": 16}) for names in ir_names.NAMES)

FAMILIES = {
    "densenet": Shallow(partial(DenseNet, (2, 2), growth=8), 32, densenet_names.NAMES),
    "efficientnet": Shallow(partial(EfficientNet, 1.0, 1.0, stages=_STAGES), 16, _EFFICIENTNET),
    "vit": Shallow(partial(VisionTransformer, 8, width=32, depth=2, heads=4), 16, vit_names.NAMES),
    # 5 x 5 tokens: windows of 3 x 3 are padded, shifted and cut off; then one window of 3 x 3.
    "swin": Shallow(partial(Swin, (2, 2), width=16, head=8, window=3), 20, swin_names.NAMES),
    "maxvit": Shallow(partial(MaxViT, (1, 1), stem=32), 64, maxvit_names.NAMES),
    "ir": Shallow(partial(IR, (1, 2), stem=8), 16, _IR),
}


def drawn(shapes):
    """Arrays of these shapes, each random and of a size that keeps activations near 1.

    RandomState, because NumPy promises its stream for ever.
    """
    random, made = np.random.RandomState(0), {}
    for name, shape in sorted(shapes.items()):
        if name.endswith("running_var"):
            array = random.uniform(0.5, 2, shape)
        elif len(shape) > 1:
            array = random.uniform(-1, 1, shape) * math.sqrt(3 / np.prod(shape[1:]))
        else:
            array = random.uniform(-0.3, 0.3, shape)
            array += 0 if name.endswith(("bias", "mean")) else 0.8
        made[name] = array.astype(np.float32)
    return made


def pictures(size):
    """Two of noise, in [-1, 1]."""
    return np.random.RandomState(1).uniform(-1, 1, (2, size, size, 3)).astype(np.float32)


# By torchvision 0.28.0 on torch 2.13.0; `ir` by evoLVe's description in PyTorch.
# Of the second picture every so many features, six of them; the norm of all of both pictures.
RECORDED = {
    "densenet": ((0.0806367, 0, 0.319859, 0, 0, 0.220307), 1.590262),
    "efficientnet": (
        (-0.125578, 0.0595343, -0.0780202, 0.175092, 0.0983708, 0.153662), 2.052671,
    ),
    "vit": ((-0.617048, -0.558949, 1.68065, 0.105285, 0.854836, 0.571963), 6.152047),
    "swin": ((0.0847687, -0.336432, -0.611014, -0.396686, -0.0687597, -0.428376), 5.309896),
    "maxvit": ((0.827623, -0.414021, -0.644444, 0.853021, -0.744982, 0.32131), 6.988767),
    "ir": ((-0.658149, -0.250053, 0.377809, 0.384969, 0.405523, 0.16488), 20.31885),
}  # fmt: skip


def abstract(family):
    case = FAMILIES[family]
    build = lambda: case.build(case.size, 3, dtype=jnp.float32, rngs=nnx.Rngs(0))  # noqa: E731
    return nnx.eval_shape(build)


def summary(features):
    chosen = features[1, :: max(1, features.shape[1] // 6)][:6]
    return np.asarray(chosen), float(np.linalg.norm(features))
