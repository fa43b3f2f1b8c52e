"""The ideal attacker is the posterior mean, and no other attacker does better."""

import numpy as np
import pytest
import strategies
from hypothesis import given

import iie
from iie.attackers.affine import ridge_attacker
from iie.covariance import DiagonalCovariance
from iie.laws import Gaussian, StudentT
from iie.releases import LabelOnly, Linear

RNG = np.random.default_rng


def linear_error(gain, offset, S, W, mu):
    """E ||x - offset - G W x||^2 for x ~ N(mu, S), from its definition."""
    residual = np.eye(len(S)) - gain @ W
    return np.trace(residual @ S @ residual.T) + np.sum((residual @ mu - offset) ** 2)


@given(strategies.instances(), strategies.seeds())
def test_the_ideal_attackers_error_is_the_iie_at_every_mean(instance, seed):
    S, W = instance
    mu = RNG(seed).standard_normal(len(S))
    attacker = iie.ideal_attacker(S, W, mu)
    expected = iie.ideal_inversion_error(S, W).total
    error = linear_error(attacker.gain, attacker.offset, S, W, mu)
    assert error == pytest.approx(expected, abs=1e-9 * (1 + np.trace(S)))


@given(strategies.instances(), strategies.seeds())
def test_no_affine_attacker_does_better(instance, seed):
    S, W = instance
    rng = RNG(seed)
    attacker = iie.ideal_attacker(S, W)
    expected = iie.ideal_inversion_error(S, W).total
    for step in (1e-3, 1.0):
        gain = attacker.gain + step * rng.standard_normal(attacker.gain.shape)
        offset = step * rng.standard_normal(len(S))
        error = linear_error(gain, offset, S, W, np.zeros(len(S)))
        assert error >= expected - 1e-9 * (1 + np.trace(S))


@given(strategies.instances(), strategies.seeds())
def test_the_residual_is_uncorrelated_with_the_release(instance, seed):
    S, W = instance
    residual = np.eye(len(S)) - iie.ideal_attacker(S, W).gain @ W
    np.testing.assert_allclose(residual @ S @ W.T, 0, atol=1e-9 * (1 + np.trace(S)))


def test_the_ideal_attacker_is_the_textbook_conditional_mean():
    # Bivariate normal, first coordinate seen: E[x2 | x1] = m2 + rho s2/s1 (x1 - m1).
    s1, s2, rho, mu = 2.0, 3.0, 0.6, np.array([1.0, -1.0])
    S = np.array([[s1**2, rho * s1 * s2], [rho * s1 * s2, s2**2]])
    guess = iie.ideal_attacker(S, [[1.0, 0.0]], mu)(np.array([[5.0], [1.0]]))
    expected = [[5.0, -1 + rho * s2 / s1 * 4], [1.0, -1.0]]
    np.testing.assert_allclose(guess, expected, rtol=1e-14)
    posterior = iie.posterior_covariance(S, [[1.0, 0.0]])
    np.testing.assert_allclose(posterior, [[0, 0], [0, s2**2 * (1 - rho**2)]], atol=1e-14)


def test_the_ideal_gain_equals_the_pseudo_inverse_formula_for_a_rank_deficient_weight():
    rng = RNG(0)
    root = rng.standard_normal((6, 4))
    S, W = root @ root.T, rng.standard_normal((5, 2)) @ rng.standard_normal((2, 6))
    expected = S @ W.T @ np.linalg.pinv(W @ S @ W.T, rcond=1e-10)
    np.testing.assert_allclose(iie.ideal_attacker(S, W).gain, expected, atol=1e-12)


@given(strategies.instances())
def test_the_posterior_covariance_has_the_iie_as_its_trace_and_lies_below_the_prior(instance):
    S, W = instance
    C = iie.posterior_covariance(S, W)
    slack = 1e-10 * (1 + np.trace(S))
    assert np.trace(C) == pytest.approx(iie.ideal_inversion_error(S, W).total, abs=slack)
    np.testing.assert_allclose(W @ C, 0, atol=slack)
    assert np.linalg.eigvalsh(S - C).min() >= -slack
    assert np.linalg.eigvalsh(C).min() >= -slack


@given(strategies.instances(), strategies.seeds())
def test_the_pinv_attackers_error_is_the_prior_outside_the_row_space(instance, seed):
    S, W = instance
    mu = RNG(seed).standard_normal(len(S))
    attacker = iie.pinv_attacker(W)
    error = linear_error(attacker.gain, attacker.offset, S, W, mu)
    # The projector on W's null space from an SVD of W, not from its pseudo-inverse.
    rows = np.linalg.svd(np.vstack([W, np.zeros((1, len(S)))]))
    null = rows.Vh[np.linalg.matrix_rank(W) if W.size else 0 :]
    expected = np.trace(null @ S @ null.T) + np.sum((null @ mu) ** 2)
    assert error == pytest.approx(expected, abs=1e-9 * (1 + np.trace(S)))
    assert error >= iie.ideal_inversion_error(S, W).total - 1e-9 * (1 + np.trace(S))


def test_the_pinv_attacker_is_ideal_for_an_isotropic_prior_and_strictly_worse_in_general():
    W, zero = np.array([[1.0, 1.0]]), np.zeros(2)
    pinv = iie.pinv_attacker(W)
    isotropic, general = np.eye(2), np.diag([4.0, 1.0])
    assert linear_error(pinv.gain, pinv.offset, isotropic, W, zero) == pytest.approx(1.0)
    # By hand: pinv tr((I-P) S) = 5/2; ideal 5 - (16 + 1)/5.
    assert linear_error(pinv.gain, pinv.offset, general, W, zero) == pytest.approx(2.5)
    assert iie.ideal_inversion_error(general, W).total == pytest.approx(1.6)


@pytest.mark.parametrize("penalty", [1e-3, 1.0, 50])
def test_the_ridge_attacker_is_ideal_for_white_noise_and_an_isotropic_prior(penalty):
    rng = RNG(1)
    W = rng.standard_normal((3, 3))[:, :2] @ rng.standard_normal((2, 5))
    release = Linear(W, bias=[1.0, 2.0, 3.0], noise=4.0 * penalty)
    ridge, ideal = ridge_attacker(release, penalty), iie.ideal_attacker(4 * np.eye(5), release)
    np.testing.assert_allclose(ridge.gain, ideal.gain, atol=1e-12)
    np.testing.assert_allclose(ridge.offset, ideal.offset, atol=1e-12)


def test_the_ideal_gain_under_correlated_noise_is_the_textbook_formula():
    rng = RNG(4)
    root, noise_root, W = (rng.standard_normal(size) for size in ((5, 5), (3, 3), (3, 5)))
    S, N = root @ root.T, noise_root @ noise_root.T  # the axes of N are no symmetric matrix
    expected = S @ W.T @ np.linalg.inv(W @ S @ W.T + N)
    gain = iie.ideal_attacker(S, Linear(W, noise=N)).gain
    np.testing.assert_allclose(gain, expected, atol=1e-10)


def test_the_pinv_attacker_is_the_limit_of_ridge():
    W = RNG(2).standard_normal((2, 4))
    np.testing.assert_allclose(ridge_attacker(W, 1e-12).gain, iie.pinv_attacker(W).gain, atol=1e-9)


def test_above_the_accurate_dimension_the_gain_comes_from_cholesky_and_is_the_same():
    rng = RNG(3)
    variances = rng.uniform(0.5, 2, 600)
    W, mu = rng.standard_normal((3, 600)), rng.standard_normal(600)
    release = Linear(W, bias=[1.0, 2.0, 3.0], noise=[0.1, 0.2, 0.3])
    prior = Gaussian(DiagonalCovariance(variances), mu)
    K = W * variances @ W.T + np.diag([0.1, 0.2, 0.3])
    attacker = iie.ideal_attacker(prior, release)
    np.testing.assert_allclose(attacker.gain, (variances[:, None] * W.T) @ np.linalg.inv(K))
    # The mean release is answered with the mean input.
    np.testing.assert_allclose(attacker((W @ mu + [1.0, 2.0, 3.0])[None])[0], mu)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: iie.ideal_attacker(np.eye(2), np.eye(2), [0.0]), r"`mean` must have length 2"),
        (lambda: iie.ideal_attacker(np.eye(2), np.eye(2), [[0.0]]), r"`mean` must have 1 dim"),
        (lambda: iie.ideal_attacker(np.eye(2), np.eye(3)), "`weight` must have 2 columns"),
        (lambda: iie.posterior_covariance(-np.eye(2), np.eye(2)), "`covariance` must be positive"),
        (lambda: iie.pinv_attacker([[np.nan]]), "`weight` must be finite"),
        (lambda: ridge_attacker(np.eye(2), 0.0), "`penalty` must be positive"),
        (lambda: iie.ideal_attacker(np.eye(2), LabelOnly(2)), "`release` must be Linear"),
        (
            lambda: iie.ideal_attacker(Gaussian(np.eye(2)), np.eye(2), [0.0, 0.0]),
            "`mean` must be part of the prior",
        ),
        (
            lambda: iie.posterior_covariance(StudentT(np.eye(2), 5), np.eye(2)),
            "`prior` must be Gaussian and `release` Linear, got StudentT",
        ),
        (lambda: iie.pinv_attacker(np.eye(2), cutoff=2.0), "`cutoff` must be in"),
    ],
)
def test_bad_input_is_refused_in_a_sentence_that_names_it(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_posterior_covariance_keeps_what_is_too_small_for_a_root():
    e = 2.0**-50  # of the eigenvalues 2 - e and e of S, the second is below the rank's cut-off
    S = np.array([[1.0, 1 - e], [1 - e, 1.0]])
    C = iie.posterior_covariance(S, np.zeros((1, 2)))
    assert C[0, 0] - C[0, 1] == pytest.approx(e, rel=0.6, abs=0)
