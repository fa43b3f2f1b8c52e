"""From d = 128 on a dense covariance is checked by cheaper means, to the same verdict."""

import numpy as np
import pytest

from iie.covariance import DenseCovariance
from iie.covariance.dense import LARGE, _clearly_positive


@pytest.fixture(scope="module")
def rotation():
    """A reflection: an orthogonal matrix without a factorisation."""
    v = np.random.default_rng(0).standard_normal(LARGE)
    return np.eye(LARGE) - 2 * np.outer(v, v) / (v @ v)


@pytest.mark.parametrize(("smallest", "clear"), [(0.1, True), (1e-5, False), (-1e-7, False)])
def test_only_what_is_far_from_indefinite_is_left_to_float32(rotation, smallest, clear):
    spectrum = np.linspace(0.5, 1.0, LARGE)
    spectrum[0] = smallest
    assert _clearly_positive(rotation * spectrum @ rotation.T) == clear


@pytest.mark.parametrize("smallest", [-1e-7, -1e-3])
def test_an_eigenvalue_below_the_tolerance_is_named(rotation, smallest):
    spectrum = np.ones(LARGE)
    spectrum[5] = smallest
    S = rotation * spectrum @ rotation.T
    with pytest.raises(ValueError, match=rf"`matrix` .* got an eigenvalue of {smallest:.3g}"):
        DenseCovariance((S + S.T) / 2)


def test_rounding_below_zero_is_forgiven_and_the_rank_is_numerical(rotation):
    spectrum = np.where(np.arange(LARGE) < 10, 1.0, -1e-13)
    S = DenseCovariance(rotation * spectrum @ rotation.T)
    assert S.root_dim == 10
    assert S.trace() == pytest.approx(10)
    assert S.spectrum()[9:11].tolist() == [pytest.approx(1), pytest.approx(0, abs=1e-12)]


def test_asymmetry_across_blocks_is_found_and_rounding_is_averaged():
    S = np.eye(600)
    S[500, 3] = 1e-3
    with pytest.raises(ValueError, match=r"differ by 0\.001"):
        DenseCovariance(S)
    S[500, 3] = 1e-10
    made = DenseCovariance(S).matrix
    assert made[500, 3] == made[3, 500] == 5e-11
    assert np.array_equal(made, made.T)
