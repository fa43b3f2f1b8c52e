"""The start of a network with discriminants: it names people as discriminant analysis does."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Float, Int32, UInt8

from loft_jax.data.batches import evaluation_batches
from loft_jax.fitting.state import Graphs, TrainState
from loft_jax.nets.classifier import Classifier
from loft_jax.nets.layers.oriented import oriented_gradients

COMPONENTS = 300
"""Principal components among which discriminants are sought, where the pictures allow."""
RIDGE = 1e-4
"""Share of their mean variance that all directions have at least."""
BATCH = 64


def begun_as_discriminants(
    state: TrainState,
    graphs: Graphs,
    images: UInt8[np.ndarray, "n h w ch"],
    labels: Int32[np.ndarray, " n"],
) -> TrainState:
    """The state with the discriminants of these pictures, and a head that begins with them.

    Args:
        state: fresh, or with a trunk trained elsewhere.
        graphs: of the classifier, which has discriminants.
        images: the training pictures.
        labels: their classes.
    """
    model: Classifier = nnx.merge(graphs.evaluate, state.params, state.stats, copy=True)
    assert model.discriminants is not None
    gradients = _of_all(jax.jit(lambda batch: oriented_gradients(2 * batch - 1)), images)
    own = model.discriminants.kernel.shape[1]
    mean, kernel = fisher(gradients, labels, own)
    model.discriminants.mean[...], model.discriminants.kernel[...] = mean, kernel
    graph, params, stats = nnx.split(model, nnx.Param, ...)
    answer = jax.jit(lambda batch: nnx.merge(graph, params, stats).outputs(batch).features)
    model.head.begin(jnp.asarray(_of_all(answer, images)), jnp.asarray(labels), own)
    _, params, stats = nnx.split(model, nnx.Param, ...)
    average = None if state.ema is None else jax.tree.map(jnp.copy, params)
    return state._replace(params=params, stats=stats, ema=average)


def fisher(
    features: Float[np.ndarray, "n d"], labels: Int32[np.ndarray, " n"], count: int
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, "d count"]]:
    """(mean, kernel): (features - mean) kernel are the leading discriminants, the best first.

    Sought among the leading principal components, at most 300 and half of what features less
    classes leave; of unit variance, and uncorrelated within classes. Columns that there are too few
    pictures for are 0.

    Source: Belhumeur, Hespanha and Kriegman, "Eigenfaces vs. Fisherfaces", PAMI 19 (1997).
    """
    from sklearn.decomposition import PCA  # takes a second to import
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from threadpoolctl import threadpool_limits

    kernel = np.zeros((features.shape[1], count), np.float32)
    spare = (len(features) - len(np.unique(labels))) // 2
    components = min(COMPONENTS, spare, features.shape[1])
    if components < 1:
        return features.mean(0), kernel
    with threadpool_limits(1):  # threads that wait for busy cores would take fifty times as long
        pca = PCA(components, svd_solver="covariance_eigh").fit(features)
        analysis = LinearDiscriminantAnalysis(solver="eigen", shrinkage=RIDGE)
        analysis.fit(pca.transform(features), labels)
    directions = np.asarray(pca.components_).T
    found = directions @ analysis.scalings_[:, :count]
    found /= np.maximum(((features - pca.mean_) @ found).std(0), 1e-6)
    kernel[:, : found.shape[1]] = found
    return pca.mean_.astype(np.float32), kernel


def _of_all(function, images: UInt8[np.ndarray, "n h w ch"]) -> Float[np.ndarray, "n d"]:
    parts = [
        np.asarray(function(jnp.asarray(images[indices], jnp.float32) / 255))[valid]
        for indices, valid in evaluation_batches(len(images), BATCH)
    ]
    return np.concatenate(parts)
