"""What other libraries call the weights of our trunks: a row a trunk, a file a family."""

from loft_jax.nets.imported import (
    densenet,
    efficientnet,
    inception,
    ir,
    maxvit,
    resnet,
    swin,
    vgg,
    vit,
)
from loft_jax.nets.imported.names import Names
from loft_jax.runs.rows import Rows

NAMES: Rows[tuple[Names, ...]] = Rows(
    "trunk",
    {
        "resnet18": resnet.NAMES,
        "resnet34": resnet.NAMES,
        "resnet50": resnet.NAMES,
        "resnet101": resnet.NAMES,
        "resnet152": resnet.NAMES,
        "vgg16_bn": vgg.NAMES,
        "densenet121": densenet.NAMES,
        "densenet169": densenet.NAMES,
        "inception_v3": inception.NAMES,
        "efficientnet_b0": efficientnet.NAMES,
        "efficientnet_b1": efficientnet.NAMES,
        "efficientnet_b2": efficientnet.NAMES,
        "vit_b_16": vit.NAMES,
        "vit_b_32": vit.NAMES,
        "swin_t": swin.NAMES,
        "maxvit_t": maxvit.NAMES,
        "ir152": ir.NAMES,
    },
    tuple,
)
