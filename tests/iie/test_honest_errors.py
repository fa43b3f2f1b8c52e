"""Standard errors that hold: 95 % intervals of 200 repeats, truth by quadrature or by hand."""

import numpy as np
import pytest
import scipy.stats

import iie
from iie.error.confusion import Confusion
from iie.error.rivals import Rivals, bridges
from iie.filters.discriminant import bayes_accuracy, lda_model

REPEATS = 200
Y = np.linspace(-60, 60, 600_001)

# (weights, means, standard deviations of x_1, shifts of x_2), x_2 unseen with variance 1e-4.
MIXTURES = {
    "overlapping": ([0.5, 0.5], [-1.0, 1.0], [1.0, 1.0], [-3.0, 3.0]),
    "separated": ([0.5, 0.5], [-4.5, 4.5], [1.0, 1.0], [-100.0, 100.0]),
    "far apart": ([0.3, 0.7], [-8.0, 8.0], [1.0, 0.5], [-1e6, 1e6]),
    "rare and separated": ([1 - 1e-5, 1e-5], [0.0, 6.0], [1.0, 1.0], [0.0, 50.0]),
    "rare and inside": ([1 - 1e-6, 1e-6], [0.0, 0.5], [1.0, 0.3], [0.0, 50.0]),
    "three of different widths": ([0.6, 0.3, 0.1], [-3.0, 0.0, 9.0], [0.5, 2.0, 1.0], [-9, 0, 40]),
}


def law(name):
    weights, means, widths, shifts = MIXTURES[name]
    parts = [np.diag([s**2, 1e-4]) for s in widths]
    return iie.GaussianMixture(weights, np.stack([means, shifts], axis=1), parts)


def truth(name):
    """The IIE of y = x_1 by the trapezoidal rule over y."""
    weights, means, widths, shifts = (np.asarray(part, float) for part in MIXTURES[name])
    logs = np.log(weights)[:, None] + scipy.stats.norm.logpdf(Y, means[:, None], widths[:, None])
    joint = np.exp(logs)
    shares = scipy.special.softmax(logs, axis=0)
    mean = np.sum(shares * shifts[:, None], axis=0)
    spread = np.sum(shares * (shifts[:, None] - mean) ** 2, axis=0)
    return 1e-4 + np.trapezoid(joint.sum(axis=0) * spread, Y)


def covered(values, errors, true):
    return np.mean(np.abs(values - true) <= 1.96 * errors)


@pytest.mark.parametrize("name", MIXTURES)
def test_a_mixtures_error_lies_within_its_standard_error_and_its_bracket(name):
    result, true = iie.ideal_inversion_error(law(name), [[1.0, 0.0]], rng=1), truth(name)
    assert abs(result.total - true) <= 4 * result.standard_error
    low, high = result.interval
    assert low <= true <= high


@pytest.mark.parametrize("name", MIXTURES)
def test_the_bound_on_confusion_is_the_integral_under_the_bridges(name):
    weights, means, widths, shifts = (np.asarray(part, float) for part in MIXTURES[name])
    rivals = Rivals(np.log(weights), means[:, None], (1 / widths)[:, None, None])
    slopes = np.arange(len(weights), dtype=float)
    gains = np.stack([slopes, 0 * slopes], axis=1)[:, :, None]
    found = Confusion(rivals, np.stack([shifts, shifts], axis=1), gains)
    logs = np.log(weights)[:, None] + scipy.stats.norm.logpdf(Y, means[:, None], widths[:, None])
    total = 0.0
    for (j, k), t in zip(found.bridges.pairs, found.bridges.t, strict=True):
        along = shifts[j] - shifts[k] + (slopes[j] - slopes[k]) * Y
        apart = along**2 + (shifts[j] - shifts[k]) ** 2
        total += np.trapezoid(np.exp(t * logs[j] + (1 - t) * logs[k]) * apart, Y)
    assert found.bound == pytest.approx(total, rel=1e-6)


@pytest.mark.parametrize("name", MIXTURES)
def test_the_bridges_are_chernoffs(name):
    # The smallest of int a_j^t a_k^(1 - t) over a grid of t.
    weights, means, widths, _ = (np.asarray(part, float) for part in MIXTURES[name])
    found = bridges(Rivals(np.log(weights), means[:, None], (1 / widths)[:, None, None]))
    logs = np.log(weights)[:, None] + scipy.stats.norm.logpdf(Y, means[:, None], widths[:, None])
    y = Y[::20]
    for (j, k), log_bound in zip(found.pairs, found.logs, strict=True):
        one, other = logs[j, ::20], logs[k, ::20]
        masses = [
            np.trapezoid(np.exp(t * one + (1 - t) * other), y) for t in np.linspace(0, 1, 201)
        ]
        assert np.exp(log_bound) == pytest.approx(min(masses), rel=1e-3)


def test_a_second_output_that_differs_by_a_constant_tells_nothing_more():
    prior = law("overlapping")
    one = iie.ideal_inversion_error(prior, [[1.0, 0.0]])
    both = iie.ideal_inversion_error(prior, iie.Linear([[1.0, 0.0]] * 2, bias=[0.0, 5.0]))
    assert abs(one.total - both.total) <= 5 * np.hypot(one.standard_error, both.standard_error)


def test_components_that_differ_in_several_dimensions_have_the_simulated_attackers_error():
    roots = np.random.default_rng(2).standard_normal((3, 4, 4))
    means = 2 * np.random.default_rng(3).standard_normal((3, 4))
    prior = iie.GaussianMixture([0.5, 0.3, 0.2], means, list(roots @ roots.mT + 0.1 * np.eye(4)))
    W = np.random.default_rng(4).standard_normal((3, 4))
    release = iie.Linear(W, noise=0.2)
    result = iie.ideal_inversion_error(prior, release, samples=40_000)
    attacker = iie.ideal_attacker(prior, release)
    run = iie.attack_error(attacker, prior, release, samples=200_000, rng=1)
    assert abs(result.total - run.mean) <= 5 * np.hypot(result.standard_error, run.sem)
    assert run.sem < 0.01 * run.mean


def test_an_accuracy_of_almost_one_is_known_to_a_tenth_of_what_it_lacks():
    # Rare classes too: the share of mistakes by hand, between each pair of far neighbours.
    priors = np.array([1 - 2e-4, 1e-4, 1e-4])
    centres = np.array([[0.0, 0.0], [12.0, 0.0], [0.0, 12.0]])
    at = 6 + np.log(priors[0] / priors[1]) / 12  # where two densities are equal
    tails = scipy.stats.norm.sf([at, 12 - at])
    wrong = 2 * (priors[0] * tails[0] + priors[1] * tails[1])
    result = bayes_accuracy(lda_model(centres, np.eye(2), priors), np.eye(2))
    assert result.kind == "estimate"
    assert 0 < result.standard_error < 0.1 * wrong
    assert abs(1 - result.value - wrong) <= 5 * result.standard_error + 1e-15


@pytest.mark.slow
@pytest.mark.parametrize("name", MIXTURES)
def test_95_percent_intervals_of_a_mixtures_error_hold_that_often(name):
    prior, true = law(name), truth(name)
    runs = [
        iie.ideal_inversion_error(prior, [[1.0, 0.0]], samples=2000, rng=seed)
        for seed in range(REPEATS)
    ]
    values, errors = np.array([(run.total, run.standard_error) for run in runs]).T
    assert 0.92 <= covered(values, errors, true) <= 0.98
    # Unbiased, and not honest by being useless.
    assert abs(values.mean() - true) <= 4 * values.std(ddof=1) / REPEATS**0.5
    assert np.median(errors) < 0.1 * true


@pytest.mark.slow
@pytest.mark.parametrize("apart", [1.0, 2.5, 4.0, 6.0])
def test_95_percent_intervals_of_an_accuracy_hold_that_often(apart):
    # Four classes at the corners of a square: a mistake is one in either coordinate.
    model = lda_model(apart * np.array([[1, 1], [1, -1], [-1, 1], [-1, -1.0]]), np.eye(2))
    wrong = 2 * scipy.stats.norm.sf(apart) - scipy.stats.norm.sf(apart) ** 2
    runs = [bayes_accuracy(model, np.eye(2), rng=seed, samples=2000) for seed in range(REPEATS)]
    values, errors = np.array([(1 - run.value, run.standard_error) for run in runs]).T
    assert 0.92 <= covered(values, errors, wrong) <= 0.98
    assert np.median(errors) < 0.1 * wrong
