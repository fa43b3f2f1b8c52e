"""Names of MaxViT's weights: three of our blocks are a layer of torchvision's."""

from collections.abc import Mapping

from loft_jax.nets.imported.names import Names, Place

KINDS = ("MBconv", "window_attention", "grid_attention")
CONVOLUTION = {
    "norm": "layers.pre_norm",
    "expand.conv": "layers.conv_a.0",
    "expand.norm": "layers.conv_a.1",
    "depthwise.conv": "layers.conv_b.0",
    "depthwise.norm": "layers.conv_b.1",
    "squeeze.down": "layers.squeeze_excitation.fc1",
    "squeeze.up": "layers.squeeze_excitation.fc2",
    "project": "layers.conv_c",
    "shortcut.layers.1": "proj.1",
}
ATTENTION = {
    "norm1": "attn_layer.0",
    "attention.bias": "attn_layer.1.relative_position_bias_table",
    "attention.qkv": "attn_layer.1.to_qkv",
    "attention.out": "attn_layer.1.merge",
    "norm2": "mlp_layer.0",
    "up": "mlp_layer.1",
    "down": "mlp_layer.3",
}


def _block(place: Place) -> str:
    layer, kind = divmod(place.position, len(KINDS))
    return f"blocks.{place.stage}.layers.{layer}.layers.{KINDS[kind]}"


def _inside(place: Place) -> Mapping[str, str]:
    return ATTENTION if place.position % len(KINDS) else CONVOLUTION


NAMES = (
    Names(
        "torchvision",
        {
            "stem.conv": "stem.0.0",
            "stem.norm": "stem.0.1",
            "conv": "stem.1.0",
            "norm": "classifier.2",
            "linear": "classifier.3",
        },
        _block,
        _inside,
        left=("classifier.5.",),
    ),
)
