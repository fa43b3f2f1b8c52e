"""Entropies against integrals, and the error that so many bits allow."""

import math

import mpmath
import numpy as np
import pytest
from scipy import stats

import iie


def test_entropy_of_a_gaussian_and_of_a_singular_one():
    S = np.array([[2.0, 0.3], [0.3, 0.5]])
    expected = stats.multivariate_normal(cov=S).entropy() / np.log(2)
    assert iie.differential_entropy(S) == pytest.approx(expected)
    assert iie.differential_entropy(np.diag([1.0, 0.0])) == -math.inf


@pytest.mark.parametrize("df", [3.0, 7.5])
def test_entropy_of_a_student_t_is_the_integral(df):
    scale = mpmath.sqrt((df - 2) / df * 2)
    constant = mpmath.gamma((df + 1) / 2) / mpmath.gamma(df / 2) / mpmath.sqrt(mpmath.pi * df)

    def density(x):
        return constant / scale * (1 + (x / scale) ** 2 / df) ** (-(df + 1) / 2)

    h = -2 * mpmath.quad(lambda x: density(x) * mpmath.log(density(x), 2), [0, 1, 10, mpmath.inf])
    assert iie.differential_entropy(iie.StudentT([[2.0]], df)) == pytest.approx(float(h), rel=1e-8)
    S = np.array([[2.0, 0.3], [0.3, 0.5]])
    expected = stats.multivariate_t(shape=(df - 2) / df * S, df=df).entropy() / np.log(2)
    assert iie.differential_entropy(iie.StudentT(S, df)) == pytest.approx(float(expected))


@pytest.mark.parametrize("apart", [0.0, 1.0, 2.5, 40.0])
def test_entropy_of_a_mixture_is_bounded_below_and_exact_at_both_ends(apart):
    prior = iie.GaussianMixture([0.2, 0.8], [[0.0], [apart]], [[[1.0]], [[1.0]]])
    x = np.linspace(-12, apart + 12, 40_001)
    p = 0.2 * stats.norm.pdf(x) + 0.8 * stats.norm.pdf(x, apart)
    true = -np.trapezoid(p * np.log2(p, where=p > 0, out=np.zeros_like(p)), x)
    found = iie.differential_entropy(prior)
    assert found <= true + 1e-9
    if apart in (0.0, 40.0):
        assert found == pytest.approx(true, abs=1e-6)
    assert found > 0.2 * iie.differential_entropy([[1.0]])
    uneven = iie.GaussianMixture([0.5, 0.5], [[0.0], [0.0]], [[[1.0]], [[9.0]]])
    p = 0.5 * stats.norm.pdf(x) + 0.5 * stats.norm.pdf(x, scale=3)
    true = -np.trapezoid(p * np.log2(p, where=p > 0, out=np.zeros_like(p)), x)
    gaussians = (stats.norm.entropy() + stats.norm(scale=3).entropy()) / 2 / np.log(2)
    assert gaussians < iie.differential_entropy(uneven) < true


def test_entropy_of_a_mixture_with_a_flat_component_is_minus_infinity():
    prior = iie.GaussianMixture([0.5, 0.5], [[0.0], [1.0]], [[[1.0]], [[0.0]]])
    assert iie.differential_entropy(prior) == -math.inf


def test_bits_of_a_gaussian_are_reverse_water_filling():
    # 4 and 1: one bit brings the water to 1, the next two to 1/2 on both.
    assert iie.bits_bound(np.diag([4.0, 1.0]), 1.0).total == pytest.approx(2)
    assert iie.bits_bound(np.diag([4.0, 1.0]), 2.0).total == pytest.approx(1)
    assert iie.bits_bound(np.diag([4.0, 1.0]), math.inf).total == 0


def test_bits_of_other_laws_are_shannons():
    prior = iie.StudentT(np.diag([2.0, 0.5]), df=4)
    h = iie.differential_entropy(prior)
    bound = iie.bits_bound(prior, 3.0)
    assert bound.total == pytest.approx(2 / (2 * np.pi * np.e) * 2 ** (2 * (h - 3) / 2))
    assert "entropy" in bound.assumptions[0]
    # At a Gaussian's entropy it is the Gaussian's bound, if all eigenvalues are above the water.
    same = iie.bits_bound(np.eye(2), 3.0, entropy=np.log2(2 * np.pi * np.e))
    assert same.total == pytest.approx(iie.bits_bound(np.eye(2), 3.0).total)
    assert iie.bits_bound(np.diag([1.0, 0.0]), 1.0, entropy=-9.0).total >= 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: iie.bits_bound([[1.0]], -1.0), "`bits` must be at least 0, got -1"),
        (
            lambda: iie.bits_bound([[1.0]], 1.0, entropy=9.0),
            "`entropy` must be at most 2.04.* bits, that of a Gaussian, got 9",
        ),
    ],
)
def test_bad_input_is_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
