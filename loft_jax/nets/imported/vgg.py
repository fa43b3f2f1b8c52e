"""Names of VGG16-BN's weights: layers are numbered through, ReLU and pooling among them."""

from loft_jax.nets.imported.names import Names
from loft_jax.nets.trunks.vgg import STAGES

# Three layers a convolution (itself, normalisation, ReLU), and a pooling behind each stage.
FIRST = [
    3 * number + stage
    for number, stage in enumerate(s for s, widths in enumerate(STAGES) for _ in widths)
]
OUTSIDE = {
    **{f"convs.{number}": f"features.{first}" for number, first in enumerate(FIRST)},
    **{f"norms.{number}": f"features.{first + 1}" for number, first in enumerate(FIRST)},
    "linears.0": "classifier.0",
    "linears.1": "classifier.3",
}

NAMES = (
    Names("torchvision", OUTSIDE, left=("classifier.",), flattened={"linears.0": STAGES[-1][-1]}),
)
