"""What the latents mean: each standard normal number is one named trait of a face or of a pose."""

from typing import Annotated, NamedTuple, get_type_hints

import jax
import numpy as np
from jaxtyping import Array, Float

SHAPE_DIM = 24
FIELD_SHAPE = (2, 6, 6)
IDENTITY_DIM = 96
NUISANCE_DIM = 8


class Traits(NamedTuple):
    """A face (24 numbers) in a pose (8). Lengths: the picture is 2 wide, the head's centre is 0.

    The defaults are the mean face in the mean pose. The number beside each type is the trait's
    spread, about one standard deviation; `bounded` keeps every trait within 2.5 of them.
    """

    width: Annotated[float, 0.030] = 0.490
    height: Annotated[float, 0.035] = 0.620
    jaw: Annotated[float, 0.10] = 0.04
    chin: Annotated[float, 0.10] = -0.10
    ear: Annotated[float, 0.022] = 0.125
    melanin: Annotated[float, 0.21] = 0.15
    warmth: Annotated[float, 0.3] = 0.5
    hair_volume: Annotated[float, 0.045] = 0.130
    hair_length: Annotated[float, 0.20] = 0.62
    hair_darkness: Annotated[float, 0.26] = 0.50
    hair_red: Annotated[float, 0.22] = 0.35
    fringe: Annotated[float, 0.072] = 0.36
    parting: Annotated[float, 0.26] = 0.0
    eye_distance: Annotated[float, 0.017] = 0.205
    eye_height: Annotated[float, 0.030] = 0.045
    eye_size: Annotated[float, 0.013] = 0.098
    eye_tilt: Annotated[float, 0.10] = 0.06
    iris: Annotated[float, 1.0] = 0.0
    brow_weight: Annotated[float, 0.009] = 0.032
    brow_slope: Annotated[float, 0.12] = 0.02
    nose_length: Annotated[float, 0.030] = 0.225
    nose_width: Annotated[float, 0.016] = 0.088
    mouth_width: Annotated[float, 0.024] = 0.170
    lip_fullness: Annotated[float, 0.014] = 0.056

    shift_x: Annotated[float, 0.05] = 0.0
    shift_y: Annotated[float, 0.04] = 0.0
    rotation: Annotated[float, 0.09] = 0.0
    scale: Annotated[float, 0.05] = 1.0
    yaw: Annotated[float, 0.22] = 0.0
    smile: Annotated[float, 0.45] = 0.45
    light: Annotated[float, 0.5] = 0.0
    background: Annotated[float, 1.0] = 0.0


MEAN = np.array(Traits())
SPREAD = np.array(
    [hint.__metadata__[0] for hint in get_type_hints(Traits, include_extras=True).values()]
)


def bounded(latents: Float[Array, "d"]) -> Float[Array, "d"]:
    """Returns z / sqrt(1 + (z / 2.5)^2): within (-2.5, 2.5), and unlike a clip never flat."""
    return latents * jax.lax.rsqrt(1.0 + (latents / 2.5) ** 2)


def traits(steps: np.ndarray) -> Traits:
    """Returns the traits `steps` spreads away from the mean face in the mean pose."""
    return Traits(*(MEAN + SPREAD * steps))
