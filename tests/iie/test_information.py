"""Rate-distortion bounds against a bisected water level, the channel against mpmath and slopes."""

import math

import mpmath
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from iie.covariance import DiagonalCovariance, LowRankCovariance
from iie.filters.curves import most_leaking
from iie.information.rate_distortion import (
    bits_released,
    bits_to_reach_psnr,
    distortion,
    label_bound,
    mmse,
    quantised_bound,
    rate,
)
from iie.releases import Linear

SPECTRA = st.lists(st.floats(0, 1e6) | st.just(0.0), min_size=1, max_size=8)
RATES = st.floats(0, 50)


def bisected(spectrum, bits):
    """(D, R) at the water level, found to 40 digits by bisection on the definition."""
    with mpmath.workdps(40):
        values = [mpmath.mpf(value) for value in spectrum if value > 0]
        low, high = max(values) * mpmath.power(2, -2 * mpmath.mpf(bits) - 2), max(values)
        for _ in range(200):
            level = mpmath.sqrt(low * high)
            told = sum(mpmath.log(max(value / level, 1), 2) / 2 for value in values)
            low, high = (level, high) if told > bits else (low, level)
        return float(sum(min(level, value) for value in values))


@given(SPECTRA, RATES)
def test_distortion_is_the_error_under_a_bisected_water_level(spectrum, bits):
    if max(spectrum) < 1e-200:
        spectrum = [*spectrum, 1.0]
    assert distortion(spectrum, bits) == pytest.approx(bisected(spectrum, bits), rel=1e-11)


@given(SPECTRA, st.floats(0, 1))
def test_rate_is_the_inverse_of_distortion(spectrum, share):
    total = share * sum(spectrum)
    bits = rate(spectrum, total)
    assert bits >= 0
    assert distortion(spectrum, bits) == pytest.approx(total, rel=1e-9, abs=1e-300)


@given(SPECTRA, RATES, RATES)
def test_more_bits_never_raise_the_bound(spectrum, one, other):
    few, many = sorted([one, other])
    slack = 1e-12 * sum(spectrum)
    assert distortion(spectrum, many) <= distortion(spectrum, few) + slack
    # D is convex as well.
    middle = distortion(spectrum, (few + many) / 2)
    assert 2 * middle <= distortion(spectrum, few) + distortion(spectrum, many) + slack


@given(st.integers(1, 9), st.floats(0, 30), st.floats(1e-3, 1e3))
def test_an_isotropic_prior_loses_its_variance_at_six_decibels_a_bit_and_coordinate(d, bits, s):
    expected = d * s * 2 ** (-2 * bits / d)
    assert distortion([s] * d, bits) == pytest.approx(expected, rel=1e-12)
    if bits > 1e-3:
        assert rate([s] * d, expected) == pytest.approx(bits, rel=1e-10)


def test_no_bits_leave_the_total_variance_and_infinitely_many_leave_nothing():
    spectrum = [3.0, 0.0, 1.0, 0.5]
    assert distortion(spectrum, 0) == 4.5
    assert distortion(spectrum, math.inf) == 0.0
    assert rate(spectrum, 4.5) == 0.0
    assert rate(spectrum, 99.0) == 0.0
    assert rate(spectrum, 0.0) == math.inf
    assert rate(spectrum, math.inf) == 0.0
    assert distortion([0.0, 0.0], 1.0) == rate([0.0, 0.0], 0.0) == 0.0


def test_distortion_and_rate_hold_for_the_spectrum_of_an_image():
    frequencies = np.fft.fftfreq(224) * 224
    squares = frequencies[:, None] ** 2 + frequencies**2
    spectrum = np.outer(1 / np.maximum(squares, 1), [2.9, 0.07, 0.03]).ravel()
    assert spectrum.size == 150_528
    for bits in (1.0, 1e3, 1e5, 1e6):
        error = distortion(spectrum, bits)
        assert rate(spectrum, error) == pytest.approx(bits, rel=1e-9, abs=1e-9)
        level = np.sort(spectrum)  # the definition, with the level read off the error
        wet = np.searchsorted(np.cumsum(level) + level * np.arange(spectrum.size)[::-1], error)
        q = (error - level[:wet].sum()) / (spectrum.size - wet)
        told = np.sum(np.log2(np.maximum(spectrum / q, 1))) / 2
        assert told == pytest.approx(bits, rel=1e-9, abs=1e-9)


@given(SPECTRA, st.integers(0, 8), st.integers(0, 12))
def test_a_coarser_release_is_bounded_higher_and_a_label_by_its_bits(spectrum, outputs, bits):
    bound = quantised_bound(spectrum, outputs, bits)
    assert bound.kind == "lower bound"
    assert bound.bits == outputs * bits
    assert bound.total >= quantised_bound(spectrum, outputs, bits + 1).total - 1e-9
    assert label_bound(spectrum, 2**bits) == quantised_bound(spectrum, 1, bits)
    assert 0 <= bound.relative <= 1 + 1e-12
    assert bound.per_coordinate * len(spectrum) == pytest.approx(bound.total)


def test_scalar_quantisation_of_a_gaussian_stays_above_the_bound():
    # Lloyd-Max, one bit: centroids at +- sqrt(2 / pi), error 1 - 2 / pi (Max 1960).
    assert 1 - 2 / math.pi > label_bound([1.0], 2).total == pytest.approx(0.25)


def test_one_class_tells_nothing_and_infinitely_fine_outputs_are_unbounded():
    assert label_bound([2.0, 1.0], 1).total == 3.0
    assert quantised_bound([2.0, 1.0], 3, math.inf).total == 0.0
    assert quantised_bound([2.0, 1.0], 0, math.inf).total == 3.0


@given(SPECTRA, st.floats(-40, 80), st.floats(0.1, 255))
def test_the_bits_for_a_psnr_buy_that_psnr_and_no_more(spectrum, psnr, value_range):
    need = bits_to_reach_psnr(spectrum, psnr, value_range)
    wanted = value_range**2 / 10 ** (psnr / 10)
    assert need.per_coordinate == pytest.approx(min(wanted, np.mean(spectrum)))
    assert need.bits == pytest.approx(rate(spectrum, need.total))
    if need.bits > 0:
        reached = distortion(spectrum, need.bits) / len(spectrum)
        assert 10 * math.log10(value_range**2 / reached) == pytest.approx(psnr, abs=1e-6)


def test_any_psnr_has_its_bits():
    assert bits_to_reach_psnr([1.0], math.inf, 1.0).bits == math.inf
    assert bits_to_reach_psnr([1.0], -math.inf, 1.0).bits == 0.0
    assert bits_to_reach_psnr([1.0], -1e9, 1.0).total == 1.0


@given(strategies.instances(), st.sampled_from([1e-6, 1e-2, 1.0, 50.0]))
def test_bits_are_half_the_logarithm_of_the_determinant(instance, variance):
    S, W = instance
    with mpmath.workdps(40):
        code = mpmath.matrix((W @ S @ W.T).tolist()) if len(W) else mpmath.matrix(1, 1)
        expected = mpmath.log(mpmath.det(mpmath.eye(code.rows) + code / variance), 2) / 2
    assert bits_released(S, W, noise=variance) == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


def test_noise_may_be_a_number_a_vector_a_matrix_an_operator_or_part_of_the_release():
    rng = np.random.default_rng(0)
    root, W = rng.standard_normal((5, 5)), rng.standard_normal((3, 5))
    S, n = root @ root.T, np.array([0.5, 2.0, 1.0])
    N = np.diag(n) + 0.3
    code = W @ S @ W.T
    for noise, matrix in [(0.5, 0.5 * np.eye(3)), (n, np.diag(n)), (N, N)]:
        expected = np.linalg.slogdet(np.eye(3) + np.linalg.solve(matrix, code))[1] / 2 / np.log(2)
        assert bits_released(S, W, noise=noise) == pytest.approx(expected, rel=1e-12)
        assert bits_released(S, Linear(W, noise=np.asarray(noise))) == pytest.approx(
            expected, rel=1e-12
        )
    assert bits_released(S, W, noise=DiagonalCovariance(n)) == bits_released(S, W, noise=n)


def test_a_noiseless_direction_tells_infinitely_much_only_if_the_input_reaches_it():
    S, W = np.diag([1.0, 2.0, 0.0]), np.eye(3)
    assert bits_released(S, W) == math.inf
    assert bits_released(S, W, noise=0.0) == math.inf
    assert bits_released(S, W, noise=[1.0, 0.0, 1.0]) == math.inf
    assert bits_released(S, W, noise=[1.0, 2.0, 0.0]) == pytest.approx(1.0)
    axis = np.array([[1.0, 1.0, 0.0]]).T / math.sqrt(2)  # N = axis axis^T: x_1 - x_2 is noiseless
    assert bits_released(S, W, noise=axis @ axis.T) == math.inf
    assert bits_released(S, axis.T @ W, noise=0.5) == pytest.approx(1.0)
    assert bits_released(S, W[2:]) == 0.0
    assert bits_released(S, np.zeros((0, 3))) == 0.0
    Q = strategies.orthogonal(30, np.random.default_rng(2))
    assert bits_released(Q[:, :10] @ Q[:, :10].T, Q[:, 10:].T) == 0.0


@given(strategies.instances(), strategies.seeds())
def test_more_noise_tells_less_and_a_further_row_tells_more(instance, seed):
    S, W = instance
    row = np.random.default_rng(seed).standard_normal((1, len(S)))
    told = bits_released(S, W, noise=0.1)
    assert bits_released(S, W, noise=0.2) <= told + 1e-12
    assert bits_released(S, np.vstack([W, row]), noise=0.1) >= told - 1e-9


@given(strategies.instances(), st.floats(0.1, 3.0))
def test_the_slope_of_the_information_is_half_the_mmse(instance, snr):
    S, W = instance

    def nats(ratio):
        return bits_released(S, W, noise=1 / ratio) * math.log(2)

    step = 1e-3 * snr
    slope = (8 * (nats(snr + step) - nats(snr - step)) - nats(snr + 2 * step)) / (12 * step)
    slope += nats(snr - 2 * step) / (12 * step)
    assert slope == pytest.approx(mmse(S, W, snr) / 2, rel=1e-6, abs=1e-8)


@given(strategies.instances(), st.floats(0, 10))
def test_the_mmse_is_the_trace_of_the_conditional_covariance_of_the_code(instance, snr):
    S, W = instance
    code = W @ S @ W.T
    gain = snr * code @ np.linalg.inv(np.eye(len(W)) + snr * code)
    expected = np.trace(code - gain @ code)
    assert mmse(S, W, snr) == pytest.approx(expected, rel=1e-9, abs=1e-9 * (1 + np.trace(code)))


def test_the_bound_by_bits_never_exceeds_the_error_that_so_many_bits_leave():
    # Noise that follows the water level makes the Gaussian channel meet D(R) with equality.
    spectrum, level = np.array([4.0, 2.0, 1.0, 0.25]), 0.5
    seen = spectrum > level
    noise = level * spectrum[seen] / (spectrum[seen] - level)
    told = bits_released(np.diag(spectrum), np.eye(4)[seen], noise=noise)
    error = np.sum(np.minimum(spectrum, level))
    assert quantised_bound(spectrum, 1, told).total == pytest.approx(error, rel=1e-12)
    # Other filters of the same information do no better, and a noiseless one is allowed anything.
    rng = np.random.default_rng(1)
    for _ in range(20):
        W = rng.standard_normal((2, 4))
        told = bits_released(np.diag(spectrum), W, noise=0.3)
        posterior = np.linalg.inv(np.diag(1 / spectrum) + W.T @ W / 0.3)
        assert quantised_bound(spectrum, 1, told).total <= np.trace(posterior) * (1 + 1e-12)
        assert np.trace(posterior) >= most_leaking(spectrum)[2]


def test_structured_priors_tell_as_many_bits_as_their_matrices():
    rng = np.random.default_rng(3)
    S = LowRankCovariance(rng.standard_normal((6, 2)), rng.uniform(0.1, 1, 6))
    W = rng.standard_normal((3, 6))
    expected = bits_released(S.dense(), W, noise=0.1)
    assert bits_released(S, W, noise=0.1) == pytest.approx(expected, rel=1e-12)
    assert mmse(S, W, 2.0) == pytest.approx(mmse(S.dense(), W, 2.0), rel=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: distortion([1.0, -1.0], 1.0), "`spectrum` must not be negative, got -1"),
        (lambda: distortion([], 1.0), "`spectrum` must hold at least one eigenvalue, got none"),
        (lambda: distortion([np.nan], 1.0), "`spectrum` must be finite, got NaN or infinity"),
        (lambda: distortion(np.eye(2), 1.0), r"`spectrum` must have 1 dimension\(s\)"),
        (lambda: distortion([1.0], -0.1), "`bits` must be at least 0, got -0.1"),
        (lambda: distortion([1.0], math.nan), "`bits` must be at least 0, got nan"),
        (lambda: rate([1.0], -1.0), "`distortion` must be at least 0, got -1.0"),
        (lambda: label_bound([1.0], 0), "`classes` must be an integer at least 1, got 0"),
        (lambda: quantised_bound([1.0], -1, 1), "`outputs` must be an integer at least 0, got -1"),
        (lambda: quantised_bound([1.0], 1, -1), "`bits` must be at least 0, got -1.0"),
        (lambda: bits_to_reach_psnr([1.0], math.nan, 1.0), "`psnr` must be a number of dB"),
        (lambda: bits_to_reach_psnr([1.0], 20.0, 0.0), "`value_range` must be positive"),
        (lambda: bits_released(np.eye(2), np.eye(3), noise=1.0), "`weight` must have 2 columns"),
        (lambda: bits_released(np.eye(2), np.eye(2), noise=-1.0), "`noise` must not be negative"),
        (lambda: bits_released(np.eye(2), np.eye(2), noise=[1.0]), "`noise` must be of the 2"),
        (lambda: bits_released(np.eye(2), Linear(np.eye(2)), noise=1.0), "`noise` must be left"),
        (lambda: mmse(np.eye(2), np.eye(2), -1.0), "`snr` must be at least 0 and finite, got -1"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
