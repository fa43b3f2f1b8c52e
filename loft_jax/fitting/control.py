"""The control of training: what PCA and LDA of gray pixels name of the same test pictures.

A network that names fewer is a poor judge, and what a defense does to it says little.
"""

import numpy as np
from jaxtyping import Float, Int, Int32, UInt8

from loft_jax.data.dataset import Dataset
from loft_jax.data.resize import resize, to_channels
from loft_jax.data.split import Split

SIDE = 32
COMPONENTS = (50, 100, 200, 400)
MOST = 20_000
"""Training pictures that are looked at, so that it takes seconds."""

_known: dict[tuple, float | None] = {}
"""Answers by pictures and split, which the runs of a sweep share."""


def pca_lda_accuracy(data: Dataset, split: Split) -> float | None:
    """Share of the test pictures whose class PCA and LDA name; None where there is nothing to fit.

    Fisherfaces: gray pictures of at most 32 px, each brought to mean 0 and variance 1, on their
    leading k principal components, then linear discriminants. Of k = 50, 100, 200, 400, up to half
    of what pictures less classes leave, the validation pictures choose; then these train as well.

    Source: Belhumeur, Hespanha and Kriegman, "Eigenfaces vs. Fisherfaces", PAMI 19 (1997).
    """
    parts = (split.train, split.validation, split.test)
    key = (data.fingerprint, *(part.tobytes() for part in parts))
    if key not in _known:
        _known[key] = _measured(data, split)
    return _known[key]


def _measured(data: Dataset, split: Split) -> float | None:
    train = _some(split.train)
    most = (len(train) - data.classes) // 2
    allowed = [k for k in COMPONENTS if k <= most] or [most]
    if most < 1:
        return None
    labels, chosen = data.labels, allowed[-1]
    if len(split.validation) and len(allowed) > 1:
        scores = _scores(data.images, labels, train, split.validation, allowed)
        chosen = max(allowed, key=lambda k: (scores[k], k))
    every = np.union1d(train, split.validation)
    return _scores(data.images, labels, every, split.test, [chosen])[chosen]


def standardised(images: UInt8[np.ndarray, "n h w ch"]) -> Float[np.ndarray, "n d"]:
    """Gray pixels of at most 32 px a side, every picture of mean 0 and variance 1."""
    gray = to_channels(images, 1)
    gray = resize(gray, min(SIDE, gray.shape[1]), source="the control")
    rows = gray.reshape(len(gray), -1).astype(np.float32)
    rows -= rows.mean(1, keepdims=True)
    return rows / np.maximum(rows.std(1, keepdims=True), 1)


def _some(indices: Int[np.ndarray, " n"]) -> Int[np.ndarray, " m"]:
    """All of them, or as many as are looked at, evenly spread (they lie by class or by chance)."""
    if len(indices) <= MOST:
        return indices
    return np.sort(np.random.default_rng(0).permutation(indices)[:MOST])


def _scores(
    images: UInt8[np.ndarray, "n h w ch"],
    labels: Int32[np.ndarray, " n"],
    train: Int[np.ndarray, " a"],
    test: Int[np.ndarray, " b"],
    components: list[int],
) -> dict[int, float]:
    """Accuracy on `test` by the number of components."""
    from sklearn.decomposition import PCA  # takes a second to import
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from threadpoolctl import threadpool_limits

    learnt = standardised(images[train])
    most = min(components[-1], *learnt.shape)
    # So small a problem is solved fifty times slower where threads wait for busy cores.
    with threadpool_limits(1):
        pca = PCA(most, svd_solver="covariance_eigh").fit(learnt)
        seen, asked = pca.transform(learnt), pca.transform(standardised(images[test]))
        return {
            k: float(
                LinearDiscriminantAnalysis()
                .fit(seen[:, :k], labels[train])
                .score(asked[:, :k], labels[test])
            )
            for k in components
        }
