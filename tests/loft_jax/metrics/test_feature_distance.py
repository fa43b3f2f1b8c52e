"""Feature distances against scikit-learn's nearest neighbours and plain loops."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from loft_jax.errors import InputError
from loft_jax.metrics.feature_distance import centroid_distance, feature_distance


@pytest.fixture
def clouds():
    rng = np.random.default_rng(0)
    features = rng.standard_normal((4, 3, 6)).astype(np.float32)
    private = [rng.standard_normal((n, 6)).astype(np.float32) for n in (1, 5, 9, 2)]
    return features, private


def test_the_distance_is_that_of_the_nearest_neighbour_squared(clouds):
    for found, own, real in zip(feature_distance(*clouds), *clouds, strict=True):
        nearest, _ = NearestNeighbors(n_neighbors=1, algorithm="kd_tree").fit(real).kneighbors(own)
        assert found == pytest.approx(nearest[:, 0] ** 2, rel=1e-5)


def test_a_copy_of_a_private_picture_is_at_distance_exactly_zero(clouds):
    features, private = clouds
    features[2, 1] = private[2][7]
    found = feature_distance(features, private)
    assert found[2, 1] == 0
    assert np.count_nonzero(found) == found.size - 1


def test_the_centroid_distance_is_to_the_mean_of_the_class(clouds):
    features, private = clouds
    found = centroid_distance(features, private)
    for i, real in enumerate(private):
        for j in range(3):
            steps = [
                features[i, j, c] - sum(float(p[c]) for p in real) / len(real) for c in range(6)
            ]
            assert found[i, j] == pytest.approx(sum(step**2 for step in steps), rel=1e-5)


def test_both_agree_for_a_single_private_picture(clouds):
    features, private = clouds
    both = [f(features, private)[0] for f in (feature_distance, centroid_distance)]
    assert both[0] == pytest.approx(both[1], rel=1e-6)


@pytest.mark.parametrize("distance", [feature_distance, centroid_distance])
def test_bad_input_is_named(clouds, distance):
    features, private = clouds
    with pytest.raises(InputError, match="`private` must hold one array for each of the 4 classes"):
        distance(features, private[:3])
    with pytest.raises(InputError, match="`private` must not be empty"):
        distance(features, [*private[:3], np.zeros((0, 6), np.float32)])
    with pytest.raises(InputError, match="same number of features, got 6 and 5"):
        distance(features, [*private[:3], np.zeros((2, 5), np.float32)])
    with pytest.raises(InputError, match="`features` must be finite"):
        distance(features * np.inf, private)
