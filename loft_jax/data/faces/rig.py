"""The rig: every measure of every shape, linear in the traits."""

from functools import cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from loft_jax.data.faces.traits import Traits, bounded, traits

LAYERS = ("brow", "lid", "white", "iris", "pupil", "glint", "nostril", "lips", "inner", "teeth")
"""What is painted on the face, from back to front."""


class Rig(NamedTuple):
    """The measures of one face in one pose."""

    features: Float[Array, "10 6"]
    """Rows of `bent_ellipse`: the ten `LAYERS`."""
    ear: Float[Array, "6"]
    """The row of `bent_ellipse` of an ear."""
    blobs: Float[Array, "9 5"]
    """Rows of `blob`: four mirrored ones, then five on the midline."""
    log_colours: Float[Array, "12 3"]
    """Log RGB of the ten `LAYERS`, then of skin and hair; below 0."""
    place: Float[Array, "5"]
    """Shift x, shift y, rotation (radians), scale, yaw (radians)."""
    skull: Float[Array, "4"]
    """Half width, half height, jaw, chin."""
    hair: Float[Array, "6"]
    """Half width, height above the crown, length below it, temple height, parting, top."""
    nose: Float[Array, "4"]
    """Middle height, half length, half width, half width of the neck."""
    mood: Float[Array, "3"]
    """Smile, light (radians), background (radians)."""


def pose_rig(latents: Float[Array, "32"]) -> Rig:
    """Returns the rig of a face in a pose: R(0) + R'(0) b(z), with b(z) the bounded latents.

    Colours are linear in the logarithm. One matrix product moves everything, which keeps the
    compiled program small.

    Source: Blanz and Vetter, "A morphable model for the synthesis of 3D faces" (SIGGRAPH 1999):
    a linear model about the mean face.
    """
    mean, slopes = _linear_model()
    flat = jnp.asarray(mean) + jnp.asarray(slopes) @ bounded(latents)
    shapes = {name: leaf.shape for name, leaf in _measures(traits(np.zeros(32))).items()}
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()])
    leaves = jnp.split(flat, ends[:-1])
    return Rig(
        **{
            name: leaf.reshape(shape)
            for (name, shape), leaf in zip(shapes.items(), leaves, strict=True)
        }
    )


@cache
def _linear_model() -> tuple[np.ndarray, np.ndarray]:
    def flat(steps: np.ndarray) -> np.ndarray:
        return np.concatenate([np.ravel(leaf) for leaf in _measures(traits(steps)).values()])

    # Nearly all measures are linear in the traits; a central difference is exact for those.
    columns = [0.5 * (flat(step) - flat(-step)) for step in np.eye(32)]
    return flat(np.zeros(32)).astype(np.float32), np.stack(columns, 1).astype(np.float32)


def _measures(t: Traits) -> dict[str, np.ndarray]:
    crown = 0.08
    tip = t.eye_height - t.nose_length
    return dict(
        features=_features(t, tip, _mouth_height(t)),
        ear=np.array([t.width + 0.18 * t.ear, -0.03, 0.55 * t.ear, 1.1 * t.ear, 0.0, 0.0]),
        blobs=_relief(t, tip, _mouth_height(t)),
        log_colours=_log_colours(t),
        place=np.array([t.shift_x, t.shift_y, t.rotation, t.scale, t.yaw]),
        skull=np.array([t.width, t.height, t.jaw, t.chin]),
        hair=np.array(
            [
                t.width + 0.75 * t.hair_volume,
                t.height - crown + t.hair_volume,
                t.hair_length,
                t.fringe - 0.30,
                t.parting,
                t.height + t.hair_volume,
            ]
        ),
        nose=np.array(
            [
                0.5 * (t.eye_height + tip),
                0.7 * t.nose_length,
                0.8 * t.nose_width,
                0.246 + 0.29 * (t.width - 0.49) + 0.25 * t.jaw,
            ]
        ),
        mood=np.array([t.smile, t.light, 1.3 * t.background]),
    )


def _mouth_height(t: Traits) -> float:
    return 0.52 * (t.eye_height - t.nose_length) - 0.42 * t.height


def _features(t: Traits, tip: float, mouth: float) -> np.ndarray:
    size, apart, eye, tilt = t.eye_size, t.eye_distance, t.eye_height, t.eye_tilt
    opening = size * (0.52 - 0.06 * t.smile)
    brow = eye + 1.25 * size + 0.045 + 0.02 * t.smile
    width = t.mouth_width * (1.0 + 0.10 * t.smile)
    bend = 1.9 * t.smile
    parted = 0.010 + 0.010 * t.smile
    corner = mouth - 0.35 * bend * width**2
    full = t.lip_fullness
    rows = {
        "lid": (apart, eye + 0.17 * size, 1.12 * size, 0.95 * opening, tilt, -1.9),
        "brow": (apart + 0.01, brow, 1.45 * size, t.brow_weight, t.brow_slope, -1.3),
        "white": (apart, eye, size, opening, tilt, -1.6),
        "nostril": (0.46 * t.nose_width, tip - 0.035, 0.026, 0.014, 0.3, 0.0),
        "iris": (apart, eye + 0.05 * size, 0.5 * size, 0.5 * size, 0.0, 0.0),
        "lips": (0.0, corner + 0.12 * full, width, 0.8 * full + parted, 0.0, bend),
        "pupil": (apart, eye + 0.05 * size, 0.23 * size, 0.23 * size, 0.0, 0.0),
        "inner": (0.0, corner, 0.86 * width, parted + 0.008, 0.0, bend),
        "glint": (apart - 0.16 * size, eye + 0.25 * size, 0.12 * size, 0.12 * size, 0.0, 0.0),
        "teeth": (0.0, corner + 0.002, 0.74 * width, parted, 0.0, bend),
    }
    return np.array([rows[layer] for layer in LAYERS])


def _relief(t: Traits, tip: float, mouth: float) -> np.ndarray:
    eye, apart, wide = t.eye_height, t.eye_distance, t.nose_width
    return np.array(
        [
            (apart, eye + 0.05, 0.12, 0.08, -0.22),  # socket
            (0.55 * apart, eye + 0.02, 0.055, 0.09, -0.18),  # side of the bridge
            (1.25 * apart, tip + 0.02, 0.11, 0.09, 0.16),  # cheek
            (0.8 * wide, tip - 0.005, 0.028, 0.05, -0.22),  # side of the nose
            (0.0, tip + 0.015, 0.45 * wide, 0.04, 0.30),  # tip
            (0.0, tip - 0.055, 0.9 * wide, 0.025, -0.40),  # under the nose
            (0.0, eye - 0.35 * t.nose_length, 0.03, 0.10, 0.16),  # bridge
            (0.0, mouth - 1.6 * t.lip_fullness, 0.10, 0.03, -0.24),  # under the lip
            (0.0, -0.86 * t.height, 0.10, 0.06, 0.10),  # chin
        ]
    )


def _log_colours(t: Traits) -> np.ndarray:
    skin = (
        np.array([-0.40, -0.64, -0.86])
        + t.melanin * np.array([-1.0, -1.4, -1.7])
        + t.warmth * np.array([0.0, -0.07, -0.30])
    )
    hair = (
        np.array([-0.38, -0.60, -1.05])
        + t.hair_darkness * np.array([-2.2, -2.3, -1.8])
        + t.hair_red * np.array([0.10, -0.45, -0.75])
    )
    rows = {
        "lid": np.log([0.13, 0.08, 0.07]),
        "brow": 0.9 * hair - 0.15,
        "white": np.log([0.95, 0.94, 0.92]),
        "nostril": skin - 1.05,
        "iris": np.log([0.28, 0.31, 0.30]) + t.iris * np.array([-0.05, 0.20, 0.45]),
        "lips": skin + np.log([0.86, 0.55, 0.56]),
        "pupil": np.log([0.04, 0.04, 0.05]),
        "inner": skin + np.log([0.32, 0.16, 0.16]),
        "glint": np.log([0.99, 0.99, 0.99]),
        "teeth": np.log([0.94, 0.92, 0.88]),
    }
    return np.array([*(rows[layer] for layer in LAYERS), skin, hair])
