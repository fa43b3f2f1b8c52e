"""What is known of labels, bits, post-processing and mixtures is said with its kind."""

import math

import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

import iie
from iie.attackers.sampling import posterior_sampler
from iie.covariance import DiagonalCovariance
from iie.error.closed_form import ideal_inversion_error
from iie.error.mixture import mixture_posterior
from iie.laws import Gaussian, GaussianMixture, StudentT
from iie.releases import LabelOnly, Linear, PostProcessed, Quantised

S = np.diag([4.0, 1.0])
W = np.array([[1.0, 1.0]])
MIXTURE = GaussianMixture([0.3, 0.7], [[-2.0, 0.0], [1.0, 1.0]], [np.eye(2), S])


def test_a_bit_buys_one_bit_of_the_rate_distortion_function():
    # By hand: one bit halves the standard deviation of the larger variance, 4 -> 1.
    result = ideal_inversion_error(S, LabelOnly(2))
    assert (result.total, result.kind, result.rank) == (pytest.approx(2.0), "lower bound", None)
    assert "2^1 values" in result.assumptions[1]


def test_quantising_takes_the_larger_of_both_lower_bounds():
    inner = ideal_inversion_error(S, W).total
    coarse = ideal_inversion_error(S, Quantised(Linear(W), 0.5))
    fine = ideal_inversion_error(S, Quantised(Linear(W), 32))
    assert coarse.total > inner
    assert fine.total == inner
    assert coarse.kind == fine.kind == "lower bound"
    assert "data processing" in fine.source
    assert "rate-distortion" in coarse.source


@given(st.floats(0, 30), st.floats(0, 30))
def test_more_bits_never_raise_the_bound(b, c):
    few, many = (
        ideal_inversion_error(S, Quantised(Linear(np.eye(2)), bits)).total
        for bits in sorted((b, c))
    )
    assert many <= few
    assert few <= 5.0


@given(strategies.instances())
def test_data_processing_never_lowers_the_error(instance):
    S, W = instance
    release = Linear(W)
    plain = ideal_inversion_error(S, release)
    tanh = ideal_inversion_error(S, PostProcessed(release, "tanh", injective=True))
    relu = ideal_inversion_error(S, PostProcessed(release, "ReLU", injective=False))
    assert (tanh.total, tanh.kind) == (plain.total, "exact")
    assert "tanh is injective" in tanh.assumptions[-1]
    assert (relu.total, relu.kind) == (plain.total, "lower bound")
    # A linear g that drops an output is post-processing whose error is known exactly.
    assert ideal_inversion_error(S, W[1:]).total >= plain.total - 1e-9 * np.trace(S)


def test_without_a_gaussian_prior_bits_bound_nothing_here():
    t = StudentT(S, 5)
    with pytest.raises(ValueError, match="bound from bits needs a Gaussian"):
        ideal_inversion_error(t, LabelOnly(2))
    result = ideal_inversion_error(t, Quantised(Linear(W), 0.5))
    assert (result.kind, result.total) == ("lower bound", ideal_inversion_error(t, W).total)
    assert "was not used" in result.assumptions[-1]


def test_an_upper_bound_is_not_handed_on_as_a_lower_one():
    noisy = Linear(W, noise=1.0)
    result = ideal_inversion_error(StudentT(S, 5), PostProcessed(noisy, "ReLU", injective=False))
    assert result.kind == "lower bound"
    assert result.total == ideal_inversion_error(StudentT(S, 5), W).total


def test_a_label_that_is_the_component_leaves_what_varies_within():
    result = ideal_inversion_error(MIXTURE, LabelOnly(2))
    assert (result.kind, result.total) == ("exact", pytest.approx(0.3 * 2 + 0.7 * 5))
    rng = np.random.default_rng(0)
    x, labels = MIXTURE.labelled(50_000, rng)
    errors = np.sum((x - MIXTURE.means[labels]) ** 2, axis=1)
    assert abs(errors.mean() - result.total) <= 5 * errors.std() / len(errors) ** 0.5
    with pytest.raises(ValueError, match="a label for each component"):
        ideal_inversion_error(MIXTURE, LabelOnly(3))


@pytest.mark.parametrize("noise", [None, 0.5])
def test_a_mixtures_error_is_the_simulated_error_of_its_posterior_mean(noise):
    release = Linear(W, bias=[5.0], noise=noise)
    result = ideal_inversion_error(MIXTURE, release, samples=40_000)
    run = iie.attack_error(
        iie.ideal_attacker(MIXTURE, release),
        MIXTURE,
        release,
        samples=40_000,
        rng=np.random.default_rng(1),
    )
    assert result.kind == "estimate"
    assert abs(result.total - run.mean) <= 5 * np.hypot(result.standard_error, run.sem)
    # The exact part is not simulated: the same draws buy a smaller standard error.
    assert result.standard_error < run.sem


def test_a_one_dimensional_mixture_equals_quadrature():
    prior = GaussianMixture([0.4, 0.6], [[-1.0], [2.0]], [[[1.0]], [[0.25]]])
    y = np.linspace(-12, 12, 200_001)
    noise = 1.0
    parts = []
    for p, m, v in ((0.4, -1.0, 1.0), (0.6, 2.0, 0.25)):
        joint = p * np.exp(-((y - m) ** 2) / (2 * (v + noise))) / np.sqrt(2 * np.pi * (v + noise))
        parts.append((joint, m + v / (v + noise) * (y - m), v * noise / (v + noise)))
    density = sum(joint for joint, *_ in parts)
    mean = sum(joint * m for joint, m, _ in parts) / density
    total = sum(np.trapezoid(j * (v + (m - mean) ** 2), y) for j, m, v in parts)
    result = ideal_inversion_error(prior, Linear([[1.0]], noise=noise))
    assert abs(result.total - total) <= 5 * result.standard_error
    guess = mixture_posterior(prior, Linear([[1.0]], noise=noise))(y[::20_000, None])[:, 0]
    np.testing.assert_allclose(guess, mean[::20_000], rtol=1e-8)


@given(strategies.seeds())
def test_the_mixture_bracket_holds(seed):
    rng = np.random.default_rng(seed)
    roots = rng.standard_normal((3, 4, 4))
    prior = GaussianMixture(
        rng.dirichlet(np.ones(3)), 2 * rng.standard_normal((3, 4)), list(roots @ roots.mT)
    )
    result = ideal_inversion_error(prior, rng.standard_normal((2, 4)), samples=2000)
    low, high = result.interval
    assert low <= result.total
    assert result.total <= high + 5 * result.standard_error
    assert result.relative <= 1


def test_equal_components_are_one_gaussian():
    prior = GaussianMixture([0.5, 0.5], np.ones((2, 2)), [S, S])
    result = ideal_inversion_error(prior, W, samples=10)
    assert result.total == pytest.approx(ideal_inversion_error(S, W).total, rel=1e-12)
    assert (result.kind, result.standard_error, result.interval) == ("exact", None, None)


def test_a_mixture_handles_a_redundant_row_and_refuses_a_flat_component():
    twice = np.repeat(W, 2, axis=0)
    once, redundant = (
        ideal_inversion_error(MIXTURE, weight, samples=2000) for weight in (W, twice)
    )
    sem = np.hypot(redundant.standard_error, once.standard_error)
    assert abs(redundant.total - once.total) <= 5 * sem
    flat = GaussianMixture([0.5, 0.5], np.zeros((2, 2)), [np.zeros((2, 2)), S])
    with pytest.raises(ValueError, match="`covariances` must all be positive in every direction"):
        ideal_inversion_error(flat, W)


PRIORS = {
    "Gaussian": Gaussian(S, [1.0, -1.0]),
    "singular": Gaussian(np.ones((2, 2))),
    "t": StudentT(S, 9, [1.0, -1.0]),
    "mixture": MIXTURE,
}


# A Student-t with noise is left out: its posterior has no closed form, and the sampler refuses it.
@pytest.mark.parametrize(
    ("name", "noise"), [(n, e) for n in PRIORS for e in (None, 0.5) if (n, e) != ("t", 0.5)]
)
def test_a_draw_from_the_posterior_errs_exactly_twice_the_iie(name, noise):
    prior, release = PRIORS[name], Linear(W, bias=[3.0], noise=noise)
    rng, sampler = np.random.default_rng(2), posterior_sampler(prior, release)
    run = iie.attack_error(
        lambda y: sampler(y, rng), prior, release, samples=40_000, rng=np.random.default_rng(3)
    )
    error = ideal_inversion_error(prior, release, samples=40_000)
    slack = 5 * np.hypot(run.sem, 2 * (error.standard_error or 0)) + 1e-12
    assert abs(run.mean - 2 * error.total) <= slack


def test_the_posterior_of_a_student_t_widens_with_the_surprise():
    # Conditional law by hand: x2 | x1 has variance (df + x1^2 / s) / (df + 1 - 2) of its scale.
    df, n = 5.0, 200_000
    prior = StudentT(np.eye(2), df)
    sampler = posterior_sampler(prior, [[1.0, 0.0]])
    for y in (0.0, 3.0):
        x = sampler(np.full((n, 1), y), np.random.default_rng(4))
        scale = (df - 2) / df
        expected = (df + y**2 / scale) / (df + 1 - 2) * scale
        squares = x[:, 1] ** 2
        assert abs(squares.mean() - expected) <= 5 * squares.std() / n**0.5


def test_the_ideal_attacker_of_a_student_t_in_noise_is_not_claimed():
    with pytest.raises(ValueError, match="`linear_attacker` gives the best affine one"):
        iie.ideal_attacker(StudentT(S, 5), Linear(W, noise=1.0))


def test_psnr_is_that_of_the_mean_squared_error():
    result = ideal_inversion_error(0.01 * np.eye(4), np.zeros((1, 4)))
    assert result.psnr(1) == pytest.approx(20.0)
    assert result.psnr(255) == pytest.approx(20 + 20 * math.log10(255))
    assert ideal_inversion_error(np.eye(2), np.eye(2)).psnr(1) == math.inf
    with pytest.raises(ValueError, match="`value_range` must be positive"):
        result.psnr(0)


def test_an_overflow_is_refused_rather_than_returned():
    huge = DiagonalCovariance([1.5e308, 1.5e308])
    with (
        np.errstate(over="ignore"),
        pytest.raises(ValueError, match="float64 can hold, got an overflow"),
    ):
        ideal_inversion_error(huge, np.zeros((1, 2)))
