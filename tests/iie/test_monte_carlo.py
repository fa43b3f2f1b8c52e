"""Simulated attacks agree with theory within standard errors, and their errors are honest."""

import statistics

import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

import iie
from iie.attackers.affine import linear_attacker
from iie.attackers.simulation import CHUNK, CHUNK_NUMBERS, Welford
from iie.covariance import IsotropicCovariance
from iie.laws import Gaussian, GaussianMixture, StudentT
from iie.releases import LabelOnly, Linear

SEM = 5  # allowed standard errors: a chance of 6e-7 each, and the seeds are fixed


def rotated(eigenvalues, seed):
    Q = strategies.orthogonal(len(eigenvalues), np.random.default_rng(seed))
    return Q * np.asarray(eigenvalues) @ Q.T


PRIORS = {
    "isotropic": 4 * np.eye(8),
    "power law": rotated(np.arange(1, 9) ** -1.2, 1),
    "singular": rotated([3, 2, 1, 0.5, 0, 0, 0, 0], 2),
    "condition 1e6": rotated(np.geomspace(1, 1e-6, 8), 3),
}


@pytest.mark.parametrize("rank", [0, 1, 3, 7])
@pytest.mark.parametrize("prior", PRIORS)
def test_the_simulated_ideal_attacker_has_the_mean_and_spread_of_the_theory(prior, rank):
    S, rng = PRIORS[prior], np.random.default_rng(rank)
    W = rng.standard_normal((9, rank)) @ rng.standard_normal((rank, 8))
    mu = rng.standard_normal(8)
    law = iie.ideal_error_law(S, W)
    attacker = iie.ideal_attacker(S, W, mu)
    run = iie.attack_error(attacker, S, W, samples=20_000, rng=rng, mean=mu)
    rounding = 1e-14 * np.trace(S)
    assert abs(run.mean - law.mean) <= SEM * run.sem + rounding
    # Its standard error is known in closed form: sqrt(2 tr C^2 / n), up to its own sampling error.
    kurtosis = law.fourth_moment / law.variance**2 if law.variance > 1e-20 else 0
    of_spread = np.sqrt(law.variance * max(kurtosis - 1, 0) / run.n) / 2
    assert abs(run.spread - np.sqrt(law.variance)) <= SEM * of_spread + rounding


def test_a_wrong_closed_form_would_be_noticed():
    # The power of the test above: an error of 5 % in the theory is more than five standard errors.
    S, W = PRIORS["power law"], np.eye(8)[:3]
    rng = np.random.default_rng(0)
    run = iie.attack_error(iie.ideal_attacker(S, W), S, W, samples=20_000, rng=rng)
    assert 0.05 * run.mean > SEM * run.sem


def test_the_pinv_attacker_is_worse_than_the_ideal_one_by_simulation_too():
    S, W = PRIORS["power law"], np.random.default_rng(5).standard_normal((3, 8))
    pinv, ideal = (
        iie.attack_error(attacker, S, W, samples=20_000, rng=np.random.default_rng(6))
        for attacker in (iie.pinv_attacker(W), iie.ideal_attacker(S, W))
    )
    assert pinv.mean - ideal.mean > SEM * np.hypot(pinv.sem, ideal.sem)


def test_an_attacker_who_draws_from_the_posterior_errs_twice_as_much():
    S, W = PRIORS["isotropic"], np.random.default_rng(7).standard_normal((3, 8))
    ideal, rng = iie.ideal_attacker(S, W), np.random.default_rng(8)
    C = iie.posterior_covariance(S, W)

    def sampler(y):
        return ideal(y) + rng.multivariate_normal(np.zeros(8), C, size=len(y))

    run = iie.attack_error(sampler, S, W, samples=20_000, rng=np.random.default_rng(9))
    assert abs(run.mean - 2 * iie.ideal_inversion_error(S, W).total) <= SEM * run.sem


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), strategies.seeds())
def test_streaming_in_chunks_equals_the_two_pass_formulas(sizes, seed):
    rng = np.random.default_rng(seed)
    chunks = [1e3 + rng.standard_normal(size) for size in [*sizes, 2]]
    stream = Welford()
    for chunk in chunks:
        stream.add(chunk)
    values = np.concatenate(chunks).tolist()
    estimate = stream.estimate()
    assert estimate.n == len(values)
    assert estimate.mean == pytest.approx(statistics.fmean(values), rel=1e-13)
    assert estimate.spread == pytest.approx(statistics.stdev(values), rel=1e-9)
    assert estimate.sem == pytest.approx(statistics.stdev(values) / len(values) ** 0.5, rel=1e-9)


def test_the_stream_keeps_its_digits_far_from_zero():
    # sum x^2 - n mean^2 would lose every digit here.
    stream = Welford()
    for chunk in np.split(1e9 + np.array([4.0, 7, 13, 16]), 2):
        stream.add(chunk)
    assert stream.estimate().spread ** 2 == pytest.approx(30.0, rel=1e-12)


@pytest.mark.parametrize("samples", [2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 3])
def test_every_sample_is_counted_once_and_memory_holds_one_chunk(samples):
    sizes = []

    def attacker(y):
        sizes.append(len(y))
        return y

    run = iie.attack_error(
        attacker, np.eye(1), np.eye(1), samples=samples, rng=np.random.default_rng(0)
    )
    assert run.n == sum(sizes) == samples
    assert max(sizes) <= CHUNK
    assert (run.mean, run.sem) == (0.0, 0.0)


def test_a_chunk_holds_fewer_inputs_where_they_are_large():
    sizes, progress = [], []

    def attacker(y):
        sizes.append(len(y))
        return np.zeros((len(y), 100_000))

    run = iie.attack_error(
        attacker,
        IsotropicCovariance(1.0, dim=100_000),
        np.zeros((1, 100_000)),
        samples=25,
        rng=np.random.default_rng(0),
        progress=lambda done, total: progress.append((done, total)),
    )
    assert max(sizes) * 100_000 <= CHUNK_NUMBERS
    assert progress == [(done, 25) for done in np.cumsum(sizes).tolist()]
    assert abs(run.mean - 100_000) <= SEM * run.sem


def test_antithetic_pairs_cancel_an_error_that_is_odd():
    # x ~ N(0, 1), guess 10: (x - 10)^2 = x^2 - 20 x + 100; in a pair -20 x is gone.
    def attacker(y):
        return np.full((len(y), 1), 10.0)

    plain, pairs = (
        iie.attack_error(
            attacker,
            np.eye(1),
            np.eye(1),
            samples=20_000,
            rng=np.random.default_rng(0),
            antithetic=antithetic,
        )
        for antithetic in (False, True)
    )
    assert (plain.n, pairs.n) == (20_000, 10_000)
    assert abs(pairs.mean - 101) <= SEM * pairs.sem
    # Spread of x^2 alone is sqrt 2, of one input sqrt(2 + 400).
    assert pairs.spread == pytest.approx(np.sqrt(2), rel=0.1)
    assert plain.spread == pytest.approx(np.sqrt(402), rel=0.1)


@pytest.mark.parametrize("kind", ["gaussian", "t", "mixture"])
def test_antithetic_pairs_have_no_bias_and_honest_standard_errors(kind):
    S = PRIORS["power law"]
    prior = {
        "gaussian": Gaussian(S, np.ones(8)),
        "t": StudentT(S, 9, np.ones(8)),
        "mixture": GaussianMixture([0.5, 0.5], np.eye(2, 8), [S, np.eye(8)]),
    }[kind]
    release = Linear(np.eye(8)[:3], bias=np.ones(3), noise=0.3)
    attacker = iie.pinv_attacker(release)
    run = iie.attack_error(
        attacker,
        prior,
        release,
        samples=40_000,
        rng=np.random.default_rng(1),
        antithetic=True,
    )
    # By definition: outside the first three coordinates everything, inside only the noise.
    second_moment = np.diagonal(prior.covariance.dense()) + prior.mean**2
    assert abs(run.mean - (3 * 0.3 + second_moment[3:].sum())) <= SEM * run.sem


def test_the_best_linear_attacker_errs_by_the_formula_whatever_the_prior():
    S = PRIORS["power law"]
    prior = GaussianMixture([0.5, 0.5], 3 * np.eye(2, 8), [S, np.eye(8)])
    release = Linear(np.random.default_rng(3).standard_normal((3, 8)), noise=0.1)
    run = iie.attack_error(
        linear_attacker(prior, release),
        prior,
        release,
        samples=20_000,
        rng=np.random.default_rng(4),
    )
    expected = iie.ideal_inversion_error(prior.covariance, release).total
    assert abs(run.mean - expected) <= SEM * run.sem


def test_the_same_generator_gives_the_same_estimate_and_another_one_another():
    S, W = PRIORS["isotropic"], np.eye(8)[:2]
    ideal = iie.ideal_attacker(S, W)
    runs = [
        iie.attack_error(ideal, S, W, samples=50, rng=np.random.default_rng(s)) for s in (0, 0, 1)
    ]
    assert runs[0] == runs[1] != runs[2]


def test_bad_input_is_refused_in_a_sentence_that_names_it():
    attacker, rng = iie.pinv_attacker(np.eye(2)), np.random.default_rng(0)
    with pytest.raises(ValueError, match="`samples` must be at least 2, got 1"):
        iie.attack_error(attacker, np.eye(2), np.eye(2), samples=1, rng=rng)
    with pytest.raises(ValueError, match="`weight` must have 2 columns"):
        iie.attack_error(attacker, np.eye(2), np.eye(3), samples=2, rng=rng)
    with pytest.raises(ValueError, match="`samples` must be even for antithetic pairs, got 5"):
        iie.attack_error(attacker, np.eye(2), np.eye(2), samples=5, rng=rng, antithetic=True)
    with pytest.raises(ValueError, match="`release` must be Linear, got LabelOnly"):
        iie.attack_error(attacker, np.eye(2), LabelOnly(2), samples=2, rng=rng)
