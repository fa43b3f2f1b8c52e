"""Names of DenseNets' weights; timm calls them as torchvision does."""

from loft_jax.nets.imported.names import Names

OUTSIDE = {
    "stem": "features.conv0",
    "norm": "features.norm0",
    "last": "features.norm5",
    **{f"transitions.{k}": f"features.transition{k + 1}" for k in range(3)},
}
DOTTED = {"norm1": "norm.1", "conv1": "conv.1", "norm2": "norm.2", "conv2": "conv.2"}

NAMES = tuple(
    Names(
        library,
        OUTSIDE,
        lambda place: f"features.denseblock{place.stage + 1}.denselayer{place.position + 1}",
        lambda place, inside=inside: inside,
        left=("classifier.",),
    )
    # The files that torchvision downloads are older than its code.
    for library, inside in (("torchvision", {}), ("torchvision's files", DOTTED))
)
