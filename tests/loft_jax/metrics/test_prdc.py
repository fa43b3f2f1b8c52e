"""Precision, recall, density, coverage against their definitions, written as loops."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from loft_jax.errors import InputError
from loft_jax.metrics import prdc as module
from loft_jax.metrics.prdc import prdc


def by_definition(real, fake, k):
    """The four numbers from radii by scikit-learn and balls checked one by one."""

    def radii(cloud):
        neighbours = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(cloud)
        return neighbours.kneighbors()[0][:, -1]  # without an argument: a point is not its own

    def within(point, centre, radius):
        return np.sqrt(np.sum((point - centre) ** 2)) <= radius

    real_r, fake_r = radii(real), radii(fake)
    ball_r = [[within(f, r, radius) for f in fake] for r, radius in zip(real, real_r, strict=True)]
    ball_f = [[within(r, f, radius) for f, radius in zip(fake, fake_r, strict=True)] for r in real]
    precision = sum(any(row[j] for row in ball_r) for j in range(len(fake))) / len(fake)
    recall = sum(any(row) for row in ball_f) / len(real)
    density = sum(sum(row) for row in ball_r) / (k * len(fake))
    coverage = sum(any(row) for row in ball_r) / len(real)
    return precision, recall, density, coverage


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("shift", [0.0, 1.5])
def test_the_four_numbers_are_those_of_the_definitions(k, shift):
    rng = np.random.default_rng(k)
    real, fake = rng.standard_normal((40, 3)), 0.7 * rng.standard_normal((23, 3)) + shift
    found = prdc(real, fake, k=k)
    assert found == pytest.approx(by_definition(real, fake, k), abs=1e-12)
    assert 0 < found.precision < 1.0 or shift == 0


def test_any_ball_counts_not_only_that_of_the_nearest_point():
    # The fake at 1.2 is nearest to 1, whose ball ends at 1.1; the ball of 5 reaches down to 1.1.
    real = np.array([[1.0], [1.1], [5.0]])
    fake = np.array([[1.2], [100.0]])
    assert prdc(real, fake, k=1).precision == 0.5


def test_a_cloud_against_itself_is_perfect():
    cloud = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
    found = prdc(cloud, cloud, k=3)
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    # Each ball holds its centre and k others.
    assert found.density == pytest.approx(4 / 3)


def test_far_clouds_share_nothing():
    cloud = np.random.default_rng(1).standard_normal((30, 4))
    assert prdc(cloud, cloud + 100) == (0, 0, 0, 0)


def test_collapse_to_one_good_picture_has_precision_without_recall():
    real = np.random.default_rng(2).standard_normal((50, 4))
    fake = np.repeat(real[:1], 20, axis=0)
    found = prdc(real, fake, k=3)
    assert found.precision == 1
    assert found.recall == 1 / 50
    assert found.coverage < 0.5


def test_blocks_give_what_one_block_gives(monkeypatch):
    rng = np.random.default_rng(3)
    real, fake = rng.standard_normal((37, 3)), rng.standard_normal((29, 3))
    whole = prdc(real, fake)
    monkeypatch.setattr(module, "CHUNK_BYTES", 8 * 29 * 5)
    assert prdc(real, fake) == whole


def test_bad_input_is_named():
    cloud = np.random.default_rng(4).standard_normal((5, 2))
    with pytest.raises(InputError, match="`k` must be at least 1, got 0"):
        prdc(cloud, cloud, k=0)
    with pytest.raises(InputError, match="`fake` must hold more than k = 3 samples, got 3"):
        prdc(cloud, cloud[:3])
    with pytest.raises(InputError, match="`real` must hold more than k = 4 samples, got 4"):
        prdc(cloud[:4], cloud, k=4)
    with pytest.raises(InputError, match="`real` must be finite"):
        prdc(cloud * np.inf, cloud)
    with pytest.raises(InputError, match="same number of features"):
        prdc(cloud, cloud[:, :1])
