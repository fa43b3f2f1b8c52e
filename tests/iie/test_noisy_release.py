"""Noise on the release: the exact error by other routes, and what more noise does."""

import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

import iie
from iie.error.closed_form import ideal_inversion_error
from iie.laws import Gaussian, StudentT
from iie.releases import Linear


def error(S, W, noise):
    return ideal_inversion_error(S, Linear(W, noise=noise)).total


def fraction_conditioning(S, W, variances):
    """tr Cov(x | y) by conditioning on one noisy row after another, in exact fractions."""
    C = strategies.fractions(S)
    for row, noise in zip(strategies.fractions(W), variances, strict=True):
        shared = [sum(c * w for c, w in zip(line, row, strict=True)) for line in C]
        variance = sum(w * s for w, s in zip(row, shared, strict=True)) + noise
        if variance:
            C = [
                [c - a * b / variance for c, b in zip(line, shared, strict=True)]
                for line, a in zip(C, shared, strict=True)
            ]
    return float(sum(C[i][i] for i in range(len(C))))


@given(strategies.instances(), st.data())
def test_the_noisy_iie_equals_exact_fractions_also_where_some_outputs_have_no_noise(instance, data):
    S, W = instance
    size = len(W)
    quarters = data.draw(st.lists(st.sampled_from([0, 1, 4]), min_size=size, max_size=size))
    noise = np.array(quarters) / 4
    expected = fraction_conditioning(S, W, strategies.fractions(noise[None])[0])
    assert error(S, W, noise) == pytest.approx(expected, rel=1e-10, abs=1e-10 * np.trace(S))


def test_the_noisy_iie_is_the_trace_of_the_inverse_of_summed_precisions():
    rng = np.random.default_rng(0)
    root, noise_root, W = (rng.standard_normal(s) for s in ((5, 5), (3, 3), (3, 5)))
    S, N = root @ root.T, noise_root @ noise_root.T
    expected = np.trace(np.linalg.inv(np.linalg.inv(S) + W.T @ np.linalg.inv(N) @ W))
    assert error(S, W, N) == pytest.approx(expected, rel=1e-10)


def test_isotropic_noise_adds_to_each_singular_value_what_the_theory_says():
    s2, t2, w = 3.0, 0.5, np.array([2.0, 1.0, 0.1])
    rng = np.random.default_rng(1)
    Q, P = strategies.orthogonal(6, rng), strategies.orthogonal(3, rng)
    W = P * w @ Q[:, :3].T
    expected = s2 * 3 + np.sum(s2 * t2 / (s2 * w**2 + t2))
    assert error(s2 * np.eye(6), W, t2) == pytest.approx(expected, rel=1e-13)


def test_one_number_in_noise_by_hand():
    # x ~ N(0, 4), y = x + e, e ~ N(0, 4): half the variance is left.
    result = ideal_inversion_error([[4.0]], Linear([[1.0]], noise=4))
    assert result.total == pytest.approx(2.0, rel=1e-14)
    assert (result.rank, result.kind) == (1, "exact")
    assert "e ~ N(0, N)" in result.assumptions[1]
    assert result.formula.endswith("(W S W^T + N)^{-1} W S)")


@given(strategies.instances(), strategies.seeds())
def test_more_noise_never_lowers_the_error(instance, seed):
    S, W = instance
    rng = np.random.default_rng(seed)
    roots = rng.standard_normal((2, len(W), len(W)))
    little, more = roots[0] @ roots[0].T, roots[0] @ roots[0].T + roots[1] @ roots[1].T
    errors = [error(S, W, N) for N in (0.0, little, more)]
    slack = 1e-9 * np.trace(S)
    assert errors[0] <= errors[1] + slack
    assert errors[1] <= errors[2] + slack
    assert errors[2] <= np.trace(S) + slack


@pytest.mark.parametrize("noise", [1e-12, 1e-6, 1.0, 1e6, 1e12])
def test_noise_of_any_size_keeps_all_digits(noise):
    # One direction: s^2 t^2 / (s^2 + t^2) exactly, whether noise or signal is the small one.
    assert error(np.eye(1), np.eye(1), noise) == pytest.approx(noise / (1 + noise), rel=1e-14)


@given(strategies.instances(), strategies.seeds())
def test_the_ideal_attacker_of_a_noisy_release_leaves_uncorrelated_residuals(instance, seed):
    S, W = instance
    rng = np.random.default_rng(seed)
    N = np.diag(rng.uniform(0.1, 1, len(W)))
    release = Linear(W, noise=N)
    gain = iie.ideal_attacker(S, release).gain
    residual = np.eye(len(S)) - gain @ W
    slack = 1e-9 * (1 + np.trace(S))
    np.testing.assert_allclose(residual @ S @ W.T - gain @ N, 0, atol=slack)
    C = residual @ S @ residual.T + gain @ N @ gain.T
    np.testing.assert_allclose(iie.posterior_covariance(S, release), C, atol=slack)
    assert error(S, W, N) == pytest.approx(np.trace(C), abs=slack)


def test_a_student_t_without_noise_has_the_gaussians_error_exactly():
    S, W = np.diag([3.0, 2.0, 1.0]), np.array([[1.0, 1.0, 0.0]])
    result = ideal_inversion_error(StudentT(S, 3), W)
    assert result.kind == "exact"
    assert result.total == ideal_inversion_error(S, W).total
    assert "Student-t, df = 3" in result.assumptions[0]


def test_a_student_t_in_noise_lies_in_its_interval():
    # One number: posterior moments by quadrature over x and y on a grid.
    df, noise = 3.0, 1.0
    x = np.linspace(-200, 200, 20_001)
    scale = (df - 2) / df
    density = (1 + x**2 / (df * scale)) ** (-(df + 1) / 2)
    density /= density.sum()
    iie_sum, step = 0.0, 0.25
    for y in np.arange(-50, 50, step):
        joint = density * np.exp(-((y - x) ** 2) / (2 * noise)) / np.sqrt(2 * np.pi * noise)
        mass = joint.sum()
        mean = (joint * x).sum() / mass
        iie_sum += step * (joint * (x - mean) ** 2).sum()
    result = ideal_inversion_error(StudentT([[1.0]], df), Linear([[1.0]], noise=noise))
    assert result.kind == "upper bound"
    assert result.interval == (0.0, result.total)
    assert result.total == pytest.approx(0.5)
    assert 0.1 < iie_sum < result.total


def test_the_error_law_of_a_noisy_release_is_that_of_its_simulation():
    S, W = np.diag([3.0, 2.0, 1.0]), np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    release = Linear(W, bias=[1.0, -1.0], noise=[0.5, 0.0])
    prior = Gaussian(S, [1.0, 2.0, 3.0])
    law = iie.ideal_error_law(prior, release)
    rng = np.random.default_rng(0)
    run = iie.attack_error(
        iie.ideal_attacker(prior, release), prior, release, samples=20_000, rng=rng
    )
    assert law.mean == pytest.approx(ideal_inversion_error(prior, release).total)
    assert abs(run.mean - law.mean) <= 5 * run.sem
    variance_of_variance = (law.fourth_moment - law.variance**2) / run.n
    assert abs(run.spread**2 - law.variance) <= 5 * np.sqrt(variance_of_variance)
