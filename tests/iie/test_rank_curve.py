"""Rank curves against brute force: subsets of eigenvectors, bisected roots, simulated filters."""

import itertools

import mpmath
import numpy as np
import pytest
import scipy.sparse
import strategies
from hypothesis import given
from hypothesis import strategies as st

from iie.covariance import IsotropicCovariance, StationaryCovariance
from iie.filters.curves import (
    least_leaking,
    most_leaking,
    position,
    random_filter,
    rank_curve,
    truncated,
)
from iie.filters.random_simulation import simulated_random_filters
from iie.releases import Linear

SPECTRA = st.lists(st.integers(0, 32).map(lambda k: k / 4), min_size=1, max_size=6)


def error(S, W):
    """Theorem 1 from its formula, with a pseudo-inverse; entries are moderate."""
    return np.trace(S - S @ W.T @ np.linalg.pinv(W @ S @ W.T, rcond=1e-9, hermitian=True) @ W @ S)


def bisected_root(spectrum, r):
    """k with sum l / (l + k) = r, to 40 digits."""
    with mpmath.workdps(40):
        values = [mpmath.mpf(float(value)) for value in spectrum if value > 0]
        low, high = min(values) / (2 * len(values)), sum(values)
        for _ in range(160):
            k = mpmath.sqrt(low * high)
            above = sum(value / (value + k) for value in values) > r
            low, high = (k, high) if above else (low, k)
        return float(k)


@given(SPECTRA)
def test_the_extreme_filters_are_the_extremes_over_all_sets_of_eigenvectors(spectrum):
    most, least = most_leaking(spectrum), least_leaking(spectrum)
    for r in range(len(spectrum) + 1):
        kept = [sum(spectrum) - sum(chosen) for chosen in itertools.combinations(spectrum, r)]
        assert most[r] == pytest.approx(min(kept), abs=1e-12)
        assert least[r] == pytest.approx(max(kept), abs=1e-12)


@given(strategies.instances())
def test_every_filter_lies_between_the_most_and_the_least_leaking_of_its_rank(instance):
    S, W = instance
    place = position(S, W)
    slack = 1e-8 * (1 + np.trace(S))
    assert place.rank == np.linalg.matrix_rank(W @ S @ W.T, tol=1e-9)
    assert place.total == pytest.approx(error(S, W), abs=slack)
    assert place.most_leaking - slack <= place.total <= place.least_leaking + slack
    assert place.most_leaking - slack <= place.random <= place.least_leaking + slack


def test_top_eigenvectors_leak_most_and_bottom_ones_least():
    Q = strategies.orthogonal(7, np.random.default_rng(0))
    spectrum = np.array([9.0, 5, 4, 3, 2, 1, 0.5])
    S = Q * spectrum @ Q.T
    for r in range(1, 7):
        top, bottom = position(S, Q[:, :r].T), position(S, Q[:, -r:].T)
        assert top.position == pytest.approx(0, abs=1e-12)
        assert bottom.position == pytest.approx(1, abs=1e-12)
        assert top.total == pytest.approx(spectrum[r:].sum())
        assert bottom.total == pytest.approx(spectrum[:-r].sum())
        assert 0 < top.random_position < 1


def test_under_a_singular_prior_the_place_is_among_filters_that_see_something():
    S = np.diag([4.0, 2.0, 1.0, 0.0])
    place = position(S, np.eye(4)[[2, 3]])
    assert (place.rank, place.total, place.position) == (1, pytest.approx(6.0), pytest.approx(1.0))
    full = position(S, np.eye(4)[:3])
    assert (full.rank, full.total, full.position) == (3, pytest.approx(0.0), None)


@given(st.integers(1, 8), st.floats(1e-3, 1e3))
def test_all_curves_coincide_for_an_isotropic_prior(d, variance):
    curve = rank_curve(IsotropicCovariance(variance, d), weight=np.eye(d))
    expected = variance * (d - np.arange(d + 1))
    for values in (curve.most_leaking, curve.least_leaking, curve.random, curve.truncated):
        np.testing.assert_allclose(values, expected, rtol=1e-11, atol=1e-12 * d * variance)
    assert position(IsotropicCovariance(variance, d), np.eye(d)[:1]).position is None


@given(SPECTRA)
def test_curves_fall_from_the_total_variance_to_zero(spectrum):
    curve = rank_curve(np.diag(spectrum))
    slack = 1e-10 * (1 + sum(spectrum))
    for values in (curve.most_leaking, curve.least_leaking, curve.random):
        assert values[0] == pytest.approx(sum(spectrum))
        assert values[-1] == pytest.approx(0, abs=slack)
        assert np.all(np.diff(values) <= slack)
    assert np.all(curve.most_leaking <= curve.random + slack)
    assert np.all(curve.random <= curve.least_leaking + slack)
    assert np.all(np.diff(curve.most_leaking, 2) >= -slack)
    assert np.all(np.diff(curve.least_leaking, 2) <= slack)


@pytest.mark.parametrize(
    "spectrum",
    [
        np.arange(1, 61) ** -1.2,
        np.geomspace(1, 1e-12, 40),
        np.array([1e8, 3.0, 2.0, 0.0, 1e-3]),
        np.repeat([5.0, 1.0], [3, 4]),
        np.exp(-np.linspace(0, 2, 600)),  # long enough to be compressed
    ],
)
def test_the_random_filter_solves_its_equation(spectrum):
    positive = int(np.sum(spectrum > 0))
    inner = [r for r in (1, 2, positive // 2, positive - 1) if 0 < r < positive]
    expected = [r * bisected_root(spectrum, r) for r in inner]
    computed = random_filter(spectrum, inner)
    np.testing.assert_allclose(computed, expected, rtol=1e-11)
    np.testing.assert_allclose(random_filter(spectrum)[inner], computed, rtol=1e-11)
    assert random_filter(spectrum, [0, positive]).tolist() == [pytest.approx(spectrum.sum()), 0.0]


def test_far_clusters_of_eigenvalues_do_not_break_the_random_filter():
    values = random_filter([1.0, 1.0, 1e-250, 1e-250], [1, 2, 3])
    assert values[0] == pytest.approx(1.0)  # k = 1: 2 / (1 + 1) = 1
    assert 0 <= values[1] < 1e-12
    assert values[2] == pytest.approx(3e-250)


@pytest.mark.parametrize(("r", "predicted"), [(10, 1.588), (30, 0.633)])
def test_simulated_random_filters_lie_just_above_the_deterministic_equivalent(r, predicted):
    spectrum = np.arange(1, 61) ** -1.2
    assert random_filter(spectrum, [r])[0] == pytest.approx(predicted, abs=5e-4)
    rng = np.random.default_rng(r)
    errors = []
    for _ in range(1500):
        # The projector on the row space of W S^{1/2}, not the code under test.
        Q = np.linalg.qr((rng.standard_normal((r, 60)) * np.sqrt(spectrum)).T).Q
        errors.append(spectrum.sum() - np.sum(spectrum @ Q**2))
    mean, sem = np.mean(errors), np.std(errors, ddof=1) / np.sqrt(len(errors))
    assert sem < 0.01 * predicted
    # An approximation: measured 1.5 % low at r = 10 and 1.3 % at r = 30.
    assert abs(mean - predicted) <= 0.025 * predicted + 5 * sem
    assert mean > predicted - 5 * sem


def test_random_filters_of_an_isotropic_prior_meet_the_equivalent_exactly():
    rng = np.random.default_rng(0)
    total = position(2 * np.eye(9), rng.standard_normal((4, 9))).total
    assert random_filter([2.0] * 9, [4])[0] == pytest.approx(total, rel=1e-12)


@given(strategies.instances())
def test_truncation_equals_theorem_1_for_each_leading_set_of_singular_vectors(instance):
    S, W = instance
    curve = truncated(S, W)
    V = np.linalg.svd(W, full_matrices=False).Vh
    assert len(curve) == np.linalg.matrix_rank(W, tol=1e-9) + 1 if W.size else len(curve) == 1
    for r, value in enumerate(curve):
        assert value == pytest.approx(error(S, V[:r]), abs=1e-8 * (1 + np.trace(S)))
    assert np.all(np.diff(curve) <= 0)


def test_dependent_directions_of_a_singular_prior_take_nothing_from_later_ones():
    # x_1 = x_2 always: the second direction adds nothing and the third must still count in full.
    S = np.array([[1.0, 1.0, 0.5], [1.0, 1.0, 0.5], [0.5, 0.5, 1.0]])
    curve = truncated(S, np.diag([3.0, 2.0, 1.0]))
    np.testing.assert_allclose(curve, [3.0, 0.75, 0.75, 0.0], atol=1e-14)
    assert position(S, np.diag([3.0, 2.0, 1.0])).rank == 2


def test_truncation_does_not_square_the_condition_number_of_the_prior():
    rng = np.random.default_rng(5)
    S = np.geomspace(1, 1e-12, 6)
    V = strategies.orthogonal(6, rng)
    W = np.arange(6, 0, -1)[:, None] * V
    curve = truncated(np.diag(S), W)
    for r in range(1, 6):
        with mpmath.workdps(60):
            rows, prior = mpmath.matrix(V[:r].tolist()), mpmath.diag(S.tolist())
            gain = prior * rows.T * mpmath.inverse(rows * prior * rows.T) * rows * prior
            expected = sum(prior[i, i] - gain[i, i] for i in range(6))
        assert curve[r] == pytest.approx(float(expected), abs=1e-13)


def test_a_sparse_a_float32_and_a_wrapped_weight_have_the_same_place():
    S = np.diag([4.0, 2.0, 1.0])
    W = np.array([[1.0, 0.0, 1.0]])
    expected = position(S, W)
    for weight in (
        scipy.sparse.csr_array(W),
        W.astype(np.float32),
        Linear(W, bias=[1.0]),
        [[1, 0, 1]],
    ):
        assert position(S, weight).total == pytest.approx(expected.total, rel=1e-12)


def test_the_curve_of_a_filter_is_constant_from_its_rank_on():
    curve = rank_curve(np.diag([4.0, 2.0, 1.0]), np.eye(3)[:2], ranks=[3, 0, 2, 1])
    assert curve.ranks.tolist() == [3, 0, 2, 1]
    assert curve.truncated[[0, 2]].tolist() == [1.0, 1.0]
    assert curve.truncated[1] == 7.0
    content = curve.to_dict()
    assert content["ranks"] == [3, 0, 2, 1]
    assert (content["variance"], content["dim"]) == (7.0, 3)
    assert rank_curve(np.eye(2)).to_dict()["truncated"] is None


def test_all_ranks_of_an_image_prior_are_solved_at_once():
    prior = StationaryCovariance.natural_images((224, 224, 3))
    ranks = [0, 1, 2, 64, 512, 4096, 100_000, 150_527, 150_528]
    curve = rank_curve(prior, ranks=ranks)
    spectrum = prior.spectrum()
    for r, value in zip(ranks[1:-1], curve.random[1:-1], strict=True):
        k = value / r
        # Backward error: by how much log k is off, from the uncompressed sum.
        excess = np.sum(spectrum / (spectrum + k)) - r
        assert abs(excess / np.sum(spectrum * k / (spectrum + k) ** 2)) < 1e-9
    assert np.all(curve.most_leaking <= curve.random * (1 + 1e-12))
    assert np.all(curve.random <= curve.least_leaking * (1 + 1e-12))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: most_leaking([-1.0, 2.0]), "`spectrum` must not be negative, got -1"),
        (lambda: least_leaking([]), "`spectrum` must hold at least one eigenvalue"),
        (lambda: random_filter([1.0], ranks=[2]), "`ranks` must lie between 0 and d = 1, got 2"),
        (lambda: random_filter([1.0], ranks=[-1]), "`ranks` must lie between 0 and d = 1, got -1"),
        (lambda: random_filter([1.0], ranks=[0.5]), r"`ranks` must be a list of integers, got"),
        (lambda: truncated(np.eye(2), np.eye(3)), "`weight` must have 2 columns"),
        (lambda: truncated(np.eye(2), np.eye(2), cutoff=1.0), r"`cutoff` must be in \[0, 1\)"),
        (
            lambda: position(np.eye(2), Linear(np.eye(2), noise=np.ones(2))),
            "`weight` must be a release",
        ),
        (lambda: rank_curve(-np.eye(2)), "`covariance` must be positive semidefinite"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("small", [0.5, 1e-2, 1e-4])
@pytest.mark.parametrize("unit", [1.0, 2.0**-660])
def test_drawn_filters_err_as_the_integral_over_the_circle_says(small, unit):
    # By hand: W = (cos t, sin t) leaves s / (cos^2 t + s sin^2 t), whose mean over t is sqrt(s).
    run = simulated_random_filters([unit, unit * small], [1], draws=4000, rng=1)
    mean, error = run.mean[0] / unit, run.standard_error[0] / unit
    assert error > 0
    assert abs(mean - small**0.5) <= 5 * error
