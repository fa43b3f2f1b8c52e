"""Squared distance, in an evaluator's features, from a reconstruction to its target's pictures."""

from collections.abc import Sequence

import numpy as np
import scipy  # not its parts: they load at first use, and a command begins sooner
from jaxtyping import Float, Float64

from loft_jax.metrics import _checks


def feature_distance(
    features: Float[np.ndarray, "k s d"], private: Sequence[Float[np.ndarray, "_ _"]]
) -> Float64[np.ndarray, "k s"]:
    """min_i ||f - p_i||^2 over the private training pictures p_i of the target.

    Published as delta (PPA: delta_eval with the evaluator's features, delta_face with FaceNet's)
    and as KNN Dist (KED-MI, PLG-MI, LOMMA). Squared, as their code and tables have it. Unit: that
    of the features, squared; comparable only within one evaluator.

    Args:
        features: penultimate features of s reconstructions of each of k targets.
        private: for each target, those of its training pictures; their numbers may differ.

    Raises:
        InputError: if a cloud is empty, not finite or of another width, or one is missing.

    Source: Struppek et al., "Plug & play attacks", ICML 2022, section 4; Chen et al.,
    "Knowledge-enriched distributional model inversion attacks", ICCV 2021, section 4.
    """
    _check(features, private)
    squared = (
        scipy.spatial.distance.cdist(own.astype(np.float64), real.astype(np.float64), "sqeuclidean")
        for own, real in zip(features, private, strict=True)
    )
    return np.stack([distances.min(axis=1) for distances in squared])


def centroid_distance(
    features: Float[np.ndarray, "k s d"], private: Sequence[Float[np.ndarray, "_ _"]]
) -> Float64[np.ndarray, "k s"]:
    """||f - mean_i p_i||^2: the distance to the centroid of the target's private pictures.

    Published as Feat Dist (GMI). Arguments, unit and errors as in `feature_distance`.

    Source: Zhang et al., "The secret revealer" (GMI), CVPR 2020, section 4.
    """
    _check(features, private)
    centroids = np.stack([real.mean(axis=0, dtype=np.float64) for real in private])
    return np.sum((features - centroids[:, None]) ** 2, axis=2)


def _check(features: np.ndarray, private: Sequence[np.ndarray]) -> None:
    _checks.finite("features", features)
    _checks.one_cloud_a_class("private", len(private), len(features))
    for own, real in zip(features, private, strict=True):
        _checks.finite("private", real)
        _checks.same_width(("features", "private"), own, real)
