"""Numbers, lists and tuples of Python are arguments, and mean what the arrays mean."""

import numpy as np
import pytest

import iie

S, W = ((2, 1), (1, 2)), ((1, 0),)
ARRAYS = np.array(S, float), np.array(W, float)


@pytest.mark.parametrize("convert", [lambda a: a, lambda a: [list(row) for row in a], np.array])
def test_tuples_lists_and_integers_have_the_error_worked_by_hand(convert):
    # x_2 given x_1: 2 - 1 / 2.
    assert iie.ideal_inversion_error(convert(S), convert(W)).total == pytest.approx(1.5)
    assert iie.ideal_inversion_error(convert(S), convert(W), cutoff=0).rank == 1


@pytest.mark.parametrize("noise", [2, 2.0, np.float32(2), np.array(2), [2], (2,), ((2,),)])
def test_every_number_is_a_noise(noise):
    # tr S - |S w|^2 / (w S w + 2).
    release = iie.Linear(W, bias=(1,), noise=noise)
    assert iie.ideal_inversion_error(S, release).total == pytest.approx(4 - 5 / 4)


@pytest.mark.parametrize("df", [5, 5.0, np.int64(5), np.float32(5)])
def test_every_number_is_a_degree_of_freedom(df):
    assert iie.StudentT(S, df, mean=(1, 2)).df == 5.0


def test_priors_and_covariances_take_tuples():
    mixture = iie.GaussianMixture((0.5, 0.5), ((0, 0), (1, 1)), (S, S))
    assert mixture.covariance.trace() == pytest.approx(4.5)
    assert iie.DiagonalCovariance((1, 2)).trace() == 3.0
    assert iie.LowRankCovariance(((1,), (2,)), (1, 1)).trace() == 7.0
    assert iie.KroneckerCovariance((S, S)).trace() == 16.0
    assert iie.StationaryCovariance(((4, 1, 1),)).trace() == 6.0
    assert iie.empirical_covariance(((1, 2), (3, 4)), 0).trace() == 2.0


def test_attackers_curves_and_bits_take_tuples_and_whole_numbers():
    gain = iie.ideal_attacker(*ARRAYS).gain
    np.testing.assert_allclose(iie.ideal_attacker(S, W, (0, 1), cutoff=0).gain, gain)
    np.testing.assert_allclose(iie.ridge_attacker(W, 1).gain, [[0.5], [0.0]])
    assert iie.rank_curve(S, W, (0, 2)).truncated == pytest.approx([4.0, 1.5])
    assert iie.bits_released(S, W, 2) == pytest.approx(0.5)
    assert iie.distortion((4, 1), 0) == 5.0
    assert iie.Quantised(iie.Linear(W), np.int64(8)).bits == 8.0
    assert iie.LabelOnly(np.int64(8)).bits == 3.0
    exact = iie.rational_inversion_error(S, W)
    assert (exact.total, exact.rank) == (1.5, 1)
