"""Photographs of faces: dlib's recognition network, whose weights come inside a package."""

from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
from jaxtyping import Float64, UInt8
from rich.console import Console

from loft_jax.data.resize import resize, to_channels
from loft_jax.data.sources import Source
from loft_jax.judging.independent.row import Recogniser, Row, Wanted

SIDE = 150
"""Pixels that the network takes."""
PORTION = 64
TRAINED_ON = (
    "dlib's ResNet-29: 3 million photographs of 7,485 people, of FaceScrub and VGG Face among "
    "others (not LFW): of those people it is no independent judge"
)


def embedded(images: UInt8[np.ndarray, "n h w ch"]) -> Float64[np.ndarray, "n 128"]:
    """Descriptors of whole pictures, faces filling them: none is searched for or aligned."""
    chips = to_channels(resize(images, SIDE, source="pictures"), 3)
    portions = np.split(chips, range(PORTION, len(chips), PORTION))
    return np.concatenate(
        [np.array(_network().compute_face_descriptor(list(portion))) for portion in portions]
    )


@cache
def _network() -> Any:
    import dlib  # pyright: ignore[reportMissingImports] - of the extra
    import face_recognition_models as models  # pyright: ignore[reportMissingImports]

    # The package holds detectors and landmarks too, under other terms: they are not read.
    recogniser: Any = dlib  # compiled, without types
    return recogniser.face_recognition_model_v1(models.face_recognition_model_location())


def _serves(source: Source) -> bool:
    return source.law is None and source.noun == "people"


def _needs() -> str | None:
    if find_spec("dlib") and find_spec("face_recognition_models"):
        return None
    return "photographs need the extra faces: pip install 'loft-iie[faces]'"


def _load(wanted: Wanted, out: Console) -> Recogniser:
    _network()
    return Recogniser(TRAINED_ON, embedded)


FACES = Row(
    "dlib's face recognition network, ResNet-29 (extra: faces)",
    _serves,
    _load,
    _needs,
    cite=("king2009dlib",),
)
