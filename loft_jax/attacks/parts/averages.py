"""AlignMI: the target's slope by the picture, averaged over many pictures that are near it.

A mean loss over random views has the mean of their slopes as its slope, so both averages are an
objective with many views.

Source: AlignMI, NeurIPS 2025: PAA averages over noisy copies, TAA over random crops.
"""

import dataclasses
from typing import Literal

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.transforms import Transform

Average = Literal["none", "noise", "crops"]

COPIES = 50
NOISE = 0.05
"""Standard deviation; published: 0.05 to 0.1 of the range of the pixels."""
CROPS = Transform(crop_scale=(0.8, 1.0), crop_ratio=1.1, flip=0.5)
"""Published with rotations by up to 5 degrees as well."""


def averaged(objective: Objective, average: Average, *, flips: bool) -> Objective:
    """The objective with its identity loss averaged over 50 copies of each picture.

    Args:
        objective: whose own views the noisy copies are shown by; crops take their place.
        average: over what; none leaves the objective.
        flips: whether crops may be mirrored.
    """
    if average == "none":
        return objective
    if average == "noise":
        view = dataclasses.replace(objective.transform, noise=NOISE)
    else:
        view = CROPS if flips else dataclasses.replace(CROPS, flip=0.0)
    return dataclasses.replace(objective, transform=view, views=COPIES)
