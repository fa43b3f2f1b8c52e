"""Names of Inception-v3's weights: our trunk has torchvision's.

Torchvision's were trained on pixels in [-1, 1]: its model takes the other scaling back.
"""

from loft_jax.nets.imported.names import CENTRED, Names

NAMES = (Names("torchvision", left=("fc.", "AuxLogits."), pixels=CENTRED),)
