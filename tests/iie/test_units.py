"""Errors scale with the square of the input's unit, and no rank depends on any unit."""

import numpy as np
import pytest
import strategies

import iie
from iie.error import structured as _structured

UNITS = [(1.0, 1e20), (1.0, 1e-20), (1e20, 1.0), (1e-20, 1.0)]


def instance():
    """A prior of rank 7 on 9 coordinates, and five outputs of rank 3 up to rounding."""
    rng = np.random.default_rng(0)
    Q = strategies.orthogonal(9, rng)[:, :7]
    S = Q * np.geomspace(4, 0.5, 7) @ Q.T
    W = rng.standard_normal((5, 3)) @ rng.standard_normal((3, 9))
    return (S + S.T) / 2, W


@pytest.mark.parametrize(("unit_of_x", "unit_of_y"), UNITS)
def test_no_rank_depends_on_the_units_of_inputs_and_outputs(unit_of_x, unit_of_y):
    S, W = instance()
    expected = iie.ideal_inversion_error(S, W).total
    S, W = unit_of_x**2 * S, unit_of_y / unit_of_x * W
    prior, release = iie.DenseCovariance(S), iie.Linear(W)
    accurate = iie.ideal_inversion_error(S, W)
    orthonormal = _structured._orthonormal(prior, release, accurate.cutoff)
    truncated = iie.position(S, W)
    for result in (accurate, orthonormal, truncated):
        assert result.rank == 3
        assert result.total == pytest.approx(unit_of_x**2 * expected, rel=1e-12, abs=0)


@pytest.mark.parametrize(("unit_of_x", "unit_of_y"), UNITS)
def test_correlated_noise_counts_in_every_unit(unit_of_x, unit_of_y):
    S, W = instance()
    N = np.eye(5) + 0.3
    expected = iie.ideal_inversion_error(S, iie.Linear(W, noise=N)).total
    scaled = iie.Linear(unit_of_y / unit_of_x * W, noise=unit_of_y**2 * N)
    result = iie.ideal_inversion_error(unit_of_x**2 * S, scaled)
    assert result.rank == 3
    assert result.total == pytest.approx(unit_of_x**2 * expected, rel=1e-12, abs=0)
