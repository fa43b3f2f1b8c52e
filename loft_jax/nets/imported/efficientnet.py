"""Names of EfficientNets' weights; the blocks of the first stage have one layer less."""

from collections.abc import Mapping

from loft_jax.nets.imported.names import Names, Place


def _torchvision(place: Place) -> Mapping[str, str]:
    layers = ("expand", "depthwise", "squeeze", "project")[place.stage == 0 :]
    inside = {}
    for number, layer in enumerate(layers):
        inside[f"{layer}.conv"] = f"block.{number}.0"
        inside[f"{layer}.norm"] = f"block.{number}.1"
        inside[f"{layer}.down"] = f"block.{number}.fc1"
        inside[f"{layer}.up"] = f"block.{number}.fc2"
    return inside


def _timm(place: Place) -> Mapping[str, str]:
    inside = {"squeeze.down": "se.conv_reduce", "squeeze.up": "se.conv_expand"}
    convs = ("conv_dw", "conv_pw") if place.stage == 0 else ("conv_pw", "conv_dw", "conv_pwl")
    layers = ("depthwise", "project") if place.stage == 0 else ("expand", "depthwise", "project")
    for number, (layer, conv) in enumerate(zip(layers, convs, strict=True)):
        inside |= {f"{layer}.conv": conv, f"{layer}.norm": f"bn{number + 1}"}
    return inside


NAMES = (
    Names(
        "torchvision",
        {
            "stem.conv": "features.0.0",
            "stem.norm": "features.0.1",
            "last.conv": "features.8.0",
            "last.norm": "features.8.1",
        },
        lambda place: f"features.{place.stage + 1}.{place.position}",
        _torchvision,
        left=("classifier.",),
    ),
    Names(
        "timm",
        {
            "stem.conv": "conv_stem",
            "stem.norm": "bn1",
            "last.conv": "conv_head",
            "last.norm": "bn2",
        },
        lambda place: f"blocks.{place.stage}.{place.position}",
        _timm,
        left=("classifier.",),
    ),
)
