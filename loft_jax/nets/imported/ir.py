"""Names of IR nets' weights in evoLVe, whose files have no classifying head."""

from loft_jax.nets.imported.names import CENTRED, Names
from loft_jax.nets.trunks.ir import FEATURES

INSIDE = {
    "shortcut.layers.0": "shortcut_layer.0",
    "shortcut.layers.1": "shortcut_layer.1",
    "norm1": "res_layer.0",
    "conv1": "res_layer.1",
    "prelu": "res_layer.2",
    "conv2": "res_layer.3",
    "norm2": "res_layer.4",
}

NAMES = (
    Names(
        "evoLVe",
        {
            "stem": "input_layer.0",
            "norm": "input_layer.1",
            "prelu": "input_layer.2",
            "last": "output_layer.0",
            "linear": "output_layer.3",
            "out": "output_layer.4",
        },
        lambda place: f"body.{place.number}",
        lambda place: INSIDE,
        left=(),
        flattened={"linear": FEATURES},
        pixels=CENTRED,
    ),
)
