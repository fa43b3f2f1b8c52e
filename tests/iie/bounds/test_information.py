"""Information from above, entropies and counts, each against another route."""

import math

import mpmath
import numpy as np
import pytest
from scipy import stats

import iie
from iie.bounds.densities import Kernels, Mixture, fit_mixture
from iie.bounds.output_law import LEADING, fits

RNG = np.random.default_rng(6)
SURE = 0.9999


@pytest.mark.parametrize(("d", "m"), [(3, 2), (2, 5), (34, 36)])
def test_a_gaussian_release_is_met_by_a_gaussian(d, m):
    W = RNG.standard_normal((m, d)) / d**0.5
    A = RNG.standard_normal((m, m + 2)) / m**0.5
    noise = A @ A.T + 0.1 * np.eye(m)
    true = np.linalg.slogdet(np.eye(m) + np.linalg.solve(noise, W @ W.T))[1] / 2 / np.log(2)
    x = RNG.standard_normal((6_000, d))
    limit = iie.information_upper_bound(x @ W.T, noise, confidence=SURE)
    assert true < limit.bits < 1.03 * true + 0.15
    assert limit.estimate < limit.bits
    assert limit.estimate > true - 5 * limit.standard_error


def test_clusters_are_met_by_a_mixture():
    # 8 points far apart in 6 dimensions, and a little spread: 3 bits and that of the spread.
    centres = RNG.standard_normal((8, 6)) * 20
    spread = 0.5
    f = centres[RNG.integers(8, size=12_000)] + spread * RNG.standard_normal((12_000, 6))
    limit = iie.information_upper_bound(f, 1.0, confidence=SURE)
    true = 3 + 6 / 2 * np.log2(1 + spread**2)
    assert limit.law.startswith("a mixture of")
    assert true < limit.bits < true + 0.3
    one = iie.information_upper_bound(f[:, :1] * 0, 1.0)
    assert one.bits == pytest.approx(0, abs=1e-9)


def test_more_outputs_than_samples_and_than_leading_axes():
    f = RNG.standard_normal((60, 100)) * 0.1
    true = 50 * np.log2(1.01)
    assert iie.information_upper_bound(f, 1.0).bits > true
    wide = RNG.standard_normal((1000, LEADING + 10)) * 0.5
    bits = iie.information_upper_bound(wide, 1.0, confidence=SURE).bits
    assert bits > (LEADING + 10) / 2 * np.log2(1.25)


def test_every_law_is_a_density_and_its_divergence_that_of_brute_force():
    """One dimension: q integrates to 1, and the divergence is the integral of p log p / q."""
    f = np.concatenate([RNG.normal(-3, 0.5, 300), RNG.normal(2, 1.0, 300)])[:, None]
    y = np.linspace(-20, 20, 8001)
    for fit in fits(600, 1):
        law = fit(f, np.random.default_rng(0))

        def density(y, law=law):
            z = (y[:, None] - law.mean) @ law.axes
            if law.lead is None:
                v = law.variances[0]
                return np.exp(-(z[:, 0] ** 2) / 2 / v) / np.sqrt(2 * np.pi * v)
            return np.exp(law.lead.log_density(z)) / np.sqrt(2 * np.pi)

        q = density(y)
        assert np.trapezoid(q, y) == pytest.approx(1, abs=1e-6)
        here = np.array([[0.7]])
        p = stats.norm.pdf(y, 0.7)
        true = np.trapezoid(p * (stats.norm.logpdf(y, 0.7) - np.log(q)), y)
        draws = law.divergences(np.repeat(here, 40_000, axis=0), np.random.default_rng(1))
        sem = max(draws.std() / 200, 1e-6)
        assert draws.mean() == pytest.approx(true, abs=5 * sem), law.name


def test_mixtures_are_scipys_densities():
    root = np.linalg.cholesky(np.array([[2.0, 0.5], [0.5, 1.0]]))
    law = Mixture(np.array([0.3, 0.7]), np.array([[0.0, 1], [2, -1]]), np.stack([root, np.eye(2)]))
    y = RNG.standard_normal((5, 2))
    one = stats.multivariate_normal([0, 1], root @ root.T).pdf(y)
    other = stats.multivariate_normal([2, -1]).pdf(y)
    expected = np.log(0.3 * one + 0.7 * other) + np.log(2 * np.pi)
    np.testing.assert_allclose(law.log_density(y), expected)
    kernels = Kernels(law.means).log_density(y)
    two = stats.multivariate_normal([0, 1]).pdf(y)
    np.testing.assert_allclose(kernels, np.log(two / 2 + other / 2) + np.log(2 * np.pi))


def test_expectation_and_maximisation_find_two_clusters():
    f = np.concatenate([RNG.normal(-30, 2, (500, 1)), RNG.normal(30, 1, (1500, 1))])
    law = fit_mixture(f, 2, np.random.default_rng(3))
    order = np.argsort(law.means[:, 0])
    np.testing.assert_allclose(law.weights[order], [0.25, 0.75], atol=1e-6)
    np.testing.assert_allclose(law.means[order, 0], [f[:500].mean(), f[500:].mean()], atol=1e-6)
    spread = np.sqrt([f[:500].var() + 1, f[500:].var() + 1])
    np.testing.assert_allclose(law.roots[order, 0, 0], spread, rtol=1e-6)


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


def test_counts_of_answers():
    assert iie.answer_bits(530) == math.log2(530)
    assert iie.answer_bits(10, top=3) == pytest.approx(math.log2(120))
    assert iie.answer_bits(10, top=3, ordered=True) == pytest.approx(math.log2(720))
    assert iie.answer_bits(10, top=10) == 0
    assert iie.answer_bits(10, top=2, score_bits=8, queries=5) == pytest.approx(
        5 * (math.log2(45) + 16)
    )
    long = iie.answer_bits(100_000, top=2000, ordered=True)
    assert long == pytest.approx(sum(math.log2(100_000 - i) for i in range(2000)))
    unordered = long - sum(math.log2(i) for i in range(1, 2001))
    assert iie.answer_bits(100_000, top=2000) == pytest.approx(unordered)
    assert iie.code_bits(50, 4, queries=2) == 400


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: iie.answer_bits(0), "`classes` must be an integer at least 1"),
        (lambda: iie.answer_bits(3, top=4), r"`top` must be an integer in 1\.\.3"),
        (lambda: iie.answer_bits(3, score_bits=-1), "`score_bits` must be at least 0"),
        (lambda: iie.code_bits(3, -1), "`bits` must be at least 0"),
        (lambda: iie.code_bits(3, 1, queries=0), "`queries` must be an integer at least 1"),
        (lambda: iie.bits_bound([[1.0]], -1.0), "`bits` must be at least 0, got -1"),
        (
            lambda: iie.bits_bound([[1.0]], 1.0, entropy=9.0),
            "`entropy` must be at most 2.04.* bits, that of a Gaussian, got 9",
        ),
        (lambda: iie.information_upper_bound([1.0] * 50, 1.0), "`releases` must hold one sample"),
        (lambda: iie.information_upper_bound(np.ones((39, 1)), 1.0), "at least 40, to fit and to"),
        (lambda: iie.information_upper_bound(np.ones((50, 1)), 0.0), "`noise` must be positive"),
        (lambda: iie.lower_bound([[1.0]]), "`noise` must be given with `releases` or `jacobian`"),
        (
            lambda: iie.lower_bound([[1.0]], releases=np.tanh, noise=1.0),
            "`samples` must be given where `releases` is a function",
        ),
        (
            lambda: iie.lower_bound([[1.0]], samples=RNG.standard_normal((50, 1)) + 9, bits=1),
            "`samples` must be draws of `prior`",
        ),
    ],
)
def test_bad_input_is_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
