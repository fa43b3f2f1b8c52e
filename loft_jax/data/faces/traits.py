"""What the latents mean: each standard normal number is one named trait of a face or of a pose."""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float

SHAPE_DIM = 24
FIELD_SHAPE = (2, 6, 6)
IDENTITY_DIM = 96
NUISANCE_DIM = 8


class Traits(NamedTuple):
    """A face (24 numbers) in a pose (8). Lengths: the picture is 2 wide, the head's centre is 0."""

    width: float
    height: float
    jaw: float
    chin: float
    ear: float
    melanin: float
    warmth: float
    hair_volume: float
    hair_length: float
    hair_darkness: float
    hair_red: float
    fringe: float
    parting: float
    eye_distance: float
    eye_height: float
    eye_size: float
    eye_tilt: float
    iris: float
    brow_weight: float
    brow_slope: float
    nose_length: float
    nose_width: float
    mouth_width: float
    lip_fullness: float

    shift_x: float
    shift_y: float
    rotation: float
    scale: float
    yaw: float
    smile: float
    light: float
    background: float


MEAN = Traits(
    width=0.490,
    height=0.620,
    jaw=0.04,
    chin=-0.10,
    ear=0.125,
    melanin=0.15,
    warmth=0.5,
    hair_volume=0.130,
    hair_length=0.62,
    hair_darkness=0.50,
    hair_red=0.35,
    fringe=0.36,
    parting=0.0,
    eye_distance=0.205,
    eye_height=0.045,
    eye_size=0.098,
    eye_tilt=0.06,
    iris=0.0,
    brow_weight=0.032,
    brow_slope=0.02,
    nose_length=0.225,
    nose_width=0.088,
    mouth_width=0.170,
    lip_fullness=0.056,
    shift_x=0.0,
    shift_y=0.0,
    rotation=0.0,
    scale=1.0,
    yaw=0.0,
    smile=0.45,
    light=0.0,
    background=0.0,
)

# One spread is about one standard deviation; `bounded` keeps every trait within 2.5 of them.
SPREAD = Traits(
    width=0.030,
    height=0.035,
    jaw=0.10,
    chin=0.10,
    ear=0.022,
    melanin=0.21,
    warmth=0.3,
    hair_volume=0.045,
    hair_length=0.20,
    hair_darkness=0.26,
    hair_red=0.22,
    fringe=0.072,
    parting=0.26,
    eye_distance=0.017,
    eye_height=0.030,
    eye_size=0.013,
    eye_tilt=0.10,
    iris=1.0,
    brow_weight=0.009,
    brow_slope=0.12,
    nose_length=0.030,
    nose_width=0.016,
    mouth_width=0.024,
    lip_fullness=0.014,
    shift_x=0.05,
    shift_y=0.04,
    rotation=0.09,
    scale=0.05,
    yaw=0.22,
    smile=0.45,
    light=0.5,
    background=1.0,
)


def bounded(latents: Float[Array, "d"]) -> Float[Array, "d"]:
    """Returns z / sqrt(1 + (z / 2.5)^2): within (-2.5, 2.5), and unlike a clip never flat."""
    return latents * jax.lax.rsqrt(1.0 + (latents / 2.5) ** 2)


def traits(steps: np.ndarray) -> Traits:
    """Returns the traits `steps` spreads away from the mean face in the mean pose."""
    return Traits(*(np.array(MEAN) + np.array(SPREAD) * steps))
