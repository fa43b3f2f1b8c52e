"""Priors have the mean and covariance they are named by, and draw from it."""

import numpy as np
import pytest
import scipy.stats
import strategies
from hypothesis import given

from iie.covariance import IsotropicCovariance
from iie.laws import Gaussian, GaussianMixture, StudentT, as_prior

S = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 0.5]])
MU = np.array([1.0, -2.0, 3.0])
MIXTURE = GaussianMixture([0.2, 0.8], [[0.0, 0, 0], [1, 2, 3]], [np.eye(3), S])
PRIORS = {"Gaussian": Gaussian(S, MU), "t": StudentT(S, 6, MU), "mixture": MIXTURE}


@pytest.mark.parametrize("name", PRIORS)
def test_draws_have_the_stated_mean_and_covariance(name):
    prior, n = PRIORS[name], 100_000
    x = prior.sample(n, np.random.default_rng(1)) - prior.mean
    assert np.all(np.abs(x.mean(axis=0)) <= 5 * x.std(axis=0) / n**0.5)
    products = x[:, :, None] * x[:, None, :]
    off = products.mean(axis=0) - prior.covariance.dense()
    assert np.all(np.abs(off) <= 5 * products.std(axis=0) / n**0.5)


def test_a_student_t_is_scipys_with_the_scale_matrix_of_that_covariance():
    draws = PRIORS["t"].sample(2000, np.random.default_rng(0))[:, 0]
    reference = scipy.stats.t(6, loc=1.0, scale=np.sqrt(2.0 * 4 / 6))
    assert scipy.stats.kstest(draws, reference.cdf).pvalue > 1e-6


@given(strategies.seeds())
def test_the_covariance_of_a_mixture_is_within_plus_between(seed):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(3))
    means, roots = rng.standard_normal((3, 4)), rng.standard_normal((3, 4, 2))
    parts = roots @ roots.transpose(0, 2, 1)
    total = GaussianMixture(p, means, list(parts)).covariance
    second = sum(w * (C + np.outer(m, m)) for w, m, C in zip(p, means, parts, strict=True))
    expected = second - np.outer(p @ means, p @ means)
    x = rng.standard_normal((4, 2))
    np.testing.assert_allclose(total.dense(), expected, atol=1e-12)
    np.testing.assert_allclose(total.root(total.root_adjoint(x)), expected @ x, atol=1e-12)
    assert total.trace() == pytest.approx(np.trace(expected))
    np.testing.assert_allclose(total.diagonal(), np.diag(expected), atol=1e-12)
    assert total.rank() == np.linalg.matrix_rank(expected)
    np.testing.assert_allclose(total.spectrum(), np.linalg.eigvalsh(expected)[::-1], atol=1e-12)
    np.testing.assert_allclose(total.apply(total.solve(x)), x, atol=1e-6)
    pairs = total.top(2)
    np.testing.assert_allclose(expected @ pairs.vectors, pairs.vectors * pairs.values, atol=1e-10)


def test_a_large_mixture_says_that_it_has_no_spectrum():
    big = IsotropicCovariance(1.0, dim=5000)
    total = GaussianMixture([1.0], np.zeros((1, 5000)), [big]).covariance
    assert total.trace() == pytest.approx(5000)
    with pytest.raises(ValueError, match="no spectrum or inverse above d = 4096, got d = 5000"):
        total.spectrum()


def test_a_covariance_stands_for_the_centred_gaussian():
    assert as_prior(MIXTURE) is MIXTURE
    np.testing.assert_array_equal(as_prior(S).mean, np.zeros(3))


@pytest.mark.parametrize("df", [2, 1.0, 0, -3])
def test_a_student_t_without_covariance_is_refused(df):
    with pytest.raises(ValueError, match=r"`df` must be above 2 .*there is no covariance"):
        StudentT(S, df)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Gaussian(S, [0.0]), "`mean` must have length 3"),
        (lambda: StudentT(S, np.nan), "`df` must be finite"),
        (lambda: GaussianMixture([0.5, 0.6], np.zeros((2, 1)), [[[1.0]]] * 2), "must sum to 1"),
        (lambda: GaussianMixture([1.5, -0.5], np.zeros((2, 1)), [[[1.0]]] * 2), "not be negative"),
        (lambda: GaussianMixture([1.0], np.zeros((2, 1)), [[[1.0]]] * 2), "one entry a component"),
        (lambda: GaussianMixture([1.0], np.zeros((1, 2)), [[[1.0]]]), "means' dimension 2, got"),
        (lambda: GaussianMixture([1.0], [[0.0]], [[[-1.0]]]), r"`covariances\[0\]` must be pos"),
    ],
)
def test_bad_input_is_refused_in_a_sentence_that_names_it(call, message):
    with pytest.raises(ValueError, match=message):
        call()
