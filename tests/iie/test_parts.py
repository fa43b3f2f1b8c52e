"""Parts of a filter against all angles, ties against rotations, random filters against draws."""

import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

import iie

STEEP = np.arange(1, 61) ** -4.0
ANGLES = np.linspace(0, np.pi, 2001)


def covariance(seed, d):
    root = np.random.default_rng(seed).standard_normal((d, d))
    return root @ root.T


def errors(S, filters):
    """Theorem 1 for filters of one row each, from its definition."""
    seen = filters @ S
    return np.trace(S) - np.sum(seen**2, axis=1) / np.sum(seen * filters, axis=1)


@given(strategies.seeds(), st.integers(2, 6))
def test_the_envelope_is_met_by_the_best_and_worst_of_all_angles_between_two_outputs(seed, d):
    S, W = covariance(seed, d), np.random.default_rng(seed + 1).standard_normal((2, d))
    parts = iie.part_errors(S, W)
    all_angles = errors(S, np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1) @ W)
    slack = 1e-4 * np.trace(S)
    # A grid of angles in the metric of W is coarse where the one in S is fine: one side only.
    assert parts.most_leaking[1] <= all_angles.min() + 1e-9
    assert parts.least_leaking[1] >= all_angles.max() - 1e-9
    R = np.linalg.qr(np.linalg.cholesky(S).T @ W.T).R
    even = errors(S, np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1) @ np.linalg.inv(R).T @ W)
    assert parts.most_leaking[1] == pytest.approx(even.min(), abs=slack)
    assert parts.least_leaking[1] == pytest.approx(even.max(), abs=slack)
    whole = iie.ideal_inversion_error(S, W).total
    for ends in (parts.most_leaking, parts.least_leaking):
        assert ends[[0, 2]] == pytest.approx([np.trace(S), whole], abs=1e-9 * np.trace(S))
    assert not parts.tied


@given(strategies.seeds())
def test_every_truncation_lies_in_the_envelope(seed):
    S, W = covariance(seed, 6), np.random.default_rng(seed).standard_normal((4, 6))
    parts, own = iie.part_errors(S, W), iie.truncated(S, W)
    assert np.all(own >= parts.most_leaking - 1e-9 * np.trace(S))
    assert np.all(own <= parts.least_leaking + 1e-9 * np.trace(S))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(3))
def test_principal_components_in_any_rotation_are_truncated_as_the_most_leaking_filter(seed, dtype):
    # All their singular values are 1: their order in an SVD would be rounding's.
    S = covariance(seed, 8)
    top = np.linalg.eigh(S)[1][:, :2:-1].T
    W = (strategies.orthogonal(5, np.random.default_rng(seed)) @ top).astype(dtype)
    rounding = 1e-5 if dtype == np.float32 else 1e-10
    expected = iie.most_leaking(np.linalg.eigvalsh(S))[:6]
    assert iie.truncated(S, W) == pytest.approx(expected, abs=rounding * np.trace(S))
    parts = iie.part_errors(S, W)
    assert parts.tied
    assert parts.most_leaking == pytest.approx(expected, abs=rounding * np.trace(S))


def test_ties_after_a_larger_singular_value_are_ordered_among_themselves_only():
    # diag(1, 9, 4) seen by rows of norms 2, 1, 1: the first is x_1, then x_2 before x_3.
    S, W = np.diag([1.0, 9.0, 4.0]), np.diag([2.0, 1.0, 1.0])
    assert iie.truncated(S, W) == pytest.approx([14.0, 13.0, 4.0, 0.0])
    assert iie.truncated(S, W[[2, 1, 0]]) == pytest.approx([14.0, 13.0, 4.0, 0.0])


@pytest.mark.parametrize(("one", "other"), [(1.0, 1.0), (4.0, 1.0), (1.0, 1e-4)])
def test_a_random_direction_in_the_plane_leaves_the_geometric_mean(one, other):
    # By hand: the mean over angles of l_1 l_2 / (l_1 cos^2 + l_2 sin^2).
    true = np.sqrt(one * other)
    found = iie.simulated_random_filters([one, other], [0, 1, 2], draws=4000, rng=3)
    assert found.mean[[0, 2]] == pytest.approx([one + other, 0], abs=1e-12)
    assert abs(found.mean[1] - true) <= 5 * found.standard_error[1] + 1e-12
    assert true <= iie.random_filter_bound([one, other], [1])[0] + 1e-12


def test_the_standard_error_is_that_of_the_mean():
    # One direction g of the plane sees (S g)^2 / g' S g of S = diag(4, 1), by quadrature.
    angle = (np.arange(10_000) + 0.5) * np.pi / 10_000
    seen = (16 * np.cos(angle) ** 2 + np.sin(angle) ** 2) / (
        4 * np.cos(angle) ** 2 + np.sin(angle) ** 2
    )
    found = iie.simulated_random_filters([4.0, 1.0], [1], draws=2500, rng=3)
    assert found.standard_error[0] == pytest.approx(np.std(seen) / 50, rel=0.1)


@pytest.mark.slow
def test_95_percent_intervals_of_a_random_filters_error_hold_that_often():
    runs = [
        iie.simulated_random_filters([4.0, 1.0], [1], draws=200, rng=seed) for seed in range(200)
    ]
    held = [abs(run.mean[0] - 2) <= 1.96 * run.standard_error[0] for run in runs]
    assert 0.92 <= np.mean(held) <= 0.98


def test_drawn_filters_have_the_error_of_theorem_1_on_whole_filters():
    rng = np.random.default_rng(5)
    spectrum = np.array([5.0, 1.0, 0.3, 0.1, 0.0])
    found = iie.simulated_random_filters(spectrum, [2, 4, 5], draws=2000, rng=1)
    S = np.diag(spectrum)
    own = [iie.ideal_inversion_error(S, rng.standard_normal((2, 5))).total for _ in range(2000)]
    sem = np.hypot(found.standard_error[0], np.std(own) / 2000**0.5)
    assert abs(found.mean[0] - np.mean(own)) <= 5 * sem
    assert found.mean[1:] == pytest.approx([0, 0], abs=1e-12)
    assert found.draws == 2000


def test_the_equivalent_is_far_too_low_for_a_steep_spectrum_and_says_so():
    found = iie.simulated_random_filters(STEEP, [2, 39], draws=1000)
    low = 1 - iie.random_filter(STEEP, [2, 39]) / found.mean
    assert 0.15 < low[0] < 0.4
    assert 0 < low[1] < 0.05
    assert "27 | 32" in iie.random_filter.__doc__


@pytest.mark.parametrize("power", [0.0, 1.2, 2.0, 4.0])
def test_the_expected_error_of_a_random_filter_lies_within_its_bounds(power):
    spectrum, ranks = np.arange(1, 61) ** -power, [0, 1, 2, 3, 5, 10, 39, 60]
    found = iie.simulated_random_filters(spectrum, ranks, draws=500)
    curve = iie.rank_curve(iie.DiagonalCovariance(spectrum), ranks=ranks)
    slack = 5 * found.standard_error + 1e-9
    assert np.all(found.mean <= curve.random_at_most + slack)
    assert np.all(found.mean >= curve.most_leaking - slack)
    assert np.all(curve.random_at_most <= curve.least_leaking + 1e-9)
    # (r - 1) / (r - k - 1) sum_{i > k} l_i at the best k is at most a third below what is given.
    best = [min((r - 1) / (r - k - 1) * spectrum[k:].sum() for k in range(r - 1)) for r in (5, 10)]
    assert np.all(curve.random_at_most[4:6] <= np.minimum(1.35 * np.array(best), spectrum.sum()))
    assert np.all(curve.random_at_most[4:6] >= np.minimum(best, curve.least_leaking[4:6]) - 1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: iie.simulated_random_filters([1.0], [2]), "`ranks` must lie between 0 and d = 1"),
        (lambda: iie.simulated_random_filters([1.0], [1], draws=1), "`draws` must be an integer"),
        (lambda: iie.simulated_random_filters([1.0], [1], rng="x"), "`rng` must be a numpy"),
        (lambda: iie.random_filter_bound([-1.0], [1]), "`spectrum` must not be negative"),
        (lambda: iie.part_errors(np.eye(2), np.eye(3)), "`weight` must have 2 columns"),
        (lambda: iie.part_errors(iie.StudentT(np.eye(2), 5), np.eye(2)), "got a StudentT"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
