"""Names of ResNets' weights; timm calls them as torchvision does."""

from loft_jax.nets.imported.names import Names

OUTSIDE = {"stem": "conv1", "norm": "bn1"}
INSIDE = {
    "norm1": "bn1",
    "norm2": "bn2",
    "norm3": "bn3",
    "shortcut.layers.0": "downsample.0",
    "shortcut.layers.1": "downsample.1",
}

NAMES = (
    Names(
        "torchvision",
        OUTSIDE,
        lambda place: f"layer{place.stage + 1}.{place.position}",
        lambda place: INSIDE,
    ),
)
