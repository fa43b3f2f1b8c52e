"""FID and PRDC on Inception's features, the ones that papers print, from weights a user brings."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from loft_jax.judging.clouds import clouds
from loft_jax.judging.private import Private
from loft_jax.nets.inception import features
from loft_jax.nets.inception_weights import load_inception

BATCH = 32


def inception_clouds(
    weights: str, images: UInt8[np.ndarray, "k s h w ch"], private: Private
) -> dict[str, Any]:
    """`clouds` of the reconstructions beside the private pictures, under `inception`.

    `weights_sha256` tells which weights they were: numbers compare for one and the same only, and
    ImageNet weights of the same names are not those of published FIDs.

    Raises:
        InputError: if `weights` is no archive that `load_inception` reads.
    """
    network = load_inception(Path(weights))
    fake = features(network, images.reshape(-1, *images.shape[2:]), BATCH)
    real = features(network, np.concatenate(private.pictures), BATCH)
    digest = hashlib.sha256(Path(weights).read_bytes()).hexdigest()
    return {"inception": {**clouds(real, fake), "weights": weights, "weights_sha256": digest}}
