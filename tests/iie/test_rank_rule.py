"""Whose rounding decides a rank: W's own decides that of its rows, and nothing decides S's."""

import ml_dtypes
import mpmath
import numpy as np
import pytest
import strategies

import iie

UNITS = [(1.0, 1e20), (1.0, 1e-20), (1e20, 1.0), (1e-20, 1.0), (1e100, 1e200), (1e-100, 1e-200)]


def instance():
    """A prior of rank 7 on 9 coordinates, and five outputs of rank 3 up to rounding."""
    rng = np.random.default_rng(0)
    Q = strategies.orthogonal(9, rng)[:, :7]
    S = Q * np.geomspace(4, 0.5, 7) @ Q.T
    W = rng.standard_normal((5, 3)) @ rng.standard_normal((3, 9))
    return (S + S.T) / 2, W


@pytest.mark.parametrize(("unit_of_x", "unit_of_y"), UNITS)
def test_no_rank_depends_on_the_units_of_inputs_and_outputs(unit_of_x, unit_of_y):
    S, W = instance()
    expected = iie.ideal_inversion_error(S, W).total
    S, W = unit_of_x**2 * S, unit_of_y / unit_of_x * W
    for result in (iie.ideal_inversion_error(S, W), iie.position(S, W)):
        assert result.rank == 3
        assert result.total == pytest.approx(unit_of_x**2 * expected, rel=1e-12)
    assert iie.truncated(S, W)[3:] == pytest.approx(unit_of_x**2 * expected, rel=1e-12)


@pytest.mark.parametrize(("unit_of_x", "unit_of_y"), UNITS[:4])
def test_correlated_noise_counts_in_every_unit(unit_of_x, unit_of_y):
    S, W = instance()
    N = np.eye(5) + 0.3
    expected = iie.ideal_inversion_error(S, iie.Linear(W, noise=N)).total
    scaled = iie.Linear(unit_of_y / unit_of_x * W, noise=unit_of_y**2 * N)
    result = iie.ideal_inversion_error(unit_of_x**2 * S, scaled)
    assert result.rank == 3
    assert result.total == pytest.approx(unit_of_x**2 * expected, rel=1e-12)


def test_each_coordinate_and_each_output_has_a_unit_of_its_own():
    # Exact arithmetic knows no unit; a rule relative to the largest number would.
    rng = np.random.default_rng(1)
    root, W = rng.integers(-3, 4, (4, 4)), rng.integers(-3, 4, (2, 4))
    of_x, of_y = 2.0 ** np.array([-60, 0, 40, -10]), 2.0 ** np.array([-70, 50])
    S = (root @ root.T) * np.outer(of_x, of_x)
    W = W * np.outer(of_y, 1 / of_x)
    expected = iie.rational_inversion_error(S, W)
    for result in (iie.ideal_inversion_error(S, W), iie.position(S, W)):
        assert result.rank == expected.rank
        assert result.total == pytest.approx(float(expected.total), rel=1e-10)


@pytest.mark.parametrize(
    ("S", "W"),
    [
        (np.diag([1.0, 1e-20]), [[0.0, 1.0]]),
        (np.diag([1.0, 1e-20]), [[1e-10, 1.0]]),
        (np.diag([1.0, 0.0]), [[1e-10, 1.0]]),
        (np.eye(2), [[1.0, 0.0], [0.0, 1e-30]]),
        (np.diag([1.0, 1e-17]), np.eye(2)),
    ],
)
def test_small_is_not_zero(S, W):
    expected = iie.rational_inversion_error(S, W)
    result = iie.ideal_inversion_error(S, W)
    assert result.rank == expected.rank
    assert result.total == pytest.approx(float(expected.total), rel=1e-12)


@pytest.mark.parametrize("kind", [np.float16, ml_dtypes.bfloat16, np.float32, np.longdouble])
def test_the_type_of_w_deletes_no_eigenvalue_of_s(kind):
    d = 512
    variances = np.arange(1, d + 1.0) ** -2
    expected = float(mpmath.nsum(lambda i: i**-2, [101, d]))
    for S in (np.diag(variances), iie.DiagonalCovariance(variances)):
        result = iie.ideal_inversion_error(S, np.eye(100, d).astype(kind))
        assert (result.rank, result.total) == (100, pytest.approx(expected, rel=1e-12))


def test_a_covariance_in_float32_keeps_its_small_eigenvalues():
    # Found in float32: an eighth of the variance was gone, and most of the rank.
    d, rng = 300, np.random.default_rng(0)
    Q = strategies.orthogonal(d, rng)
    S = (Q * np.arange(1, d + 1.0) ** -1.2 @ Q.T).astype(np.float32)
    W = np.eye(d)[:200].astype(np.float32)
    wide = S.astype(float)
    # By hand: the Schur complement of the first 200 coordinates.
    C = wide[200:, 200:] - wide[200:, :200] @ np.linalg.solve(wide[:200, :200], wide[:200, 200:])
    for result in (iie.ideal_inversion_error(S, W), iie.position(S, W)):
        assert (result.rank, result.total) == (200, pytest.approx(np.trace(C), rel=1e-9))
    draws = iie.DenseCovariance(S).sample(4000, np.random.default_rng(1))
    squares = np.sum(draws**2, axis=1)
    assert abs(squares.mean() - np.trace(wide)) <= 5 * squares.std() / len(squares) ** 0.5


@pytest.mark.parametrize(
    ("kind", "rank"), [(ml_dtypes.bfloat16, 2), (np.float16, 2), (np.float32, 2), (np.float64, 2)]
)
def test_what_rounding_to_its_type_can_do_to_w_is_not_rank(kind, rank):
    rng = np.random.default_rng(3)
    W = (rng.standard_normal((6, 2)) @ rng.standard_normal((2, 50))).astype(kind)
    assert iie.ideal_inversion_error(np.eye(50), W).rank == rank
    assert iie.position(np.eye(50), W).rank == rank
    assert iie.filter_report(rng.standard_normal((200, 50)), W).rank == rank
    if kind is not np.float64:
        assert iie.ideal_inversion_error(np.eye(50), W.astype(float)).rank == 6


def test_longdouble_is_float64():
    # Found: eps 1e-19 was claimed, so rank 4 for a W of rank 2, and gains of 1e15.
    rng = np.random.default_rng(0)
    W = rng.standard_normal((4, 2)) @ rng.standard_normal((2, 6))
    S = np.eye(6)
    assert iie.ideal_inversion_error(S, W.astype(np.longdouble)).rank == 2
    long = iie.ideal_attacker(S, W.astype(np.longdouble)).gain
    np.testing.assert_allclose(long, iie.ideal_attacker(S, W).gain, atol=1e-12)
    assert np.abs(long).max() < 10


def test_a_callers_cutoff_takes_w_and_s_as_they_are():
    W = np.diag([1.0, 1e-2, 1e-3]) @ np.eye(3, 5)
    assert [iie.ideal_inversion_error(np.eye(5), W, cutoff=c).rank for c in (0.011, 1e-4)] == [1, 3]
    assert iie.ideal_inversion_error(np.eye(5), W, cutoff=0.011).total == pytest.approx(4)
    assert np.count_nonzero(iie.ideal_attacker(np.eye(5), W, cutoff=0.011).gain) == 1
    S = np.diag([4.0, 4e-4, 4e-8])  # standard deviations 1, 1e-2, 1e-4 of the largest
    for c, rank in ((0.011, 1), (0.009, 2), (1e-5, 3)):
        assert iie.ideal_inversion_error(S, np.eye(3), cutoff=c).rank == rank
        assert iie.ideal_inversion_error(S, np.eye(3), cutoff=c).cutoff == c


def test_what_no_row_can_see_stays_in_the_error():
    # Rotated, so that S has a null space only up to rounding, in which all rows of W lie.
    Q = strategies.orthogonal(600, np.random.default_rng(2))
    S = Q[:, :10] @ Q[:, :10].T
    W = Q[:, 100:140].T
    result = iie.ideal_inversion_error(S, W)
    assert (result.rank, result.relative) == (0, 1.0)
    assert iie.position(S, W).total == pytest.approx(10, rel=1e-12)
    assert iie.bits_released(S, W) == 0


def test_what_is_above_the_rounding_of_its_type_is_rank():
    # Two rows 2^-15 apart, exact in float32, whose rounding is 2^-24 of a row.
    W = np.zeros((2, 50), np.float32)
    W[:, 0], W[1, 1] = 1, 2.0**-15
    for kind in (np.float32, np.float64):
        result = iie.ideal_inversion_error(np.eye(50), W.astype(kind))
        assert (result.rank, result.total) == (2, pytest.approx(48, rel=1e-12))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_what_of_s_is_seen_is_decided_alike_for_every_type_of_w(dtype):
    # x = F z with F = [[1, 0], [1, 1e-9]], which has an inverse; W = I has no rounding in any type.
    S = iie.LowRankCovariance([[1.0, 0.0], [1.0, 1e-9]], [0.0, 0.0])
    assert iie.ideal_inversion_error(S, np.eye(2, dtype=dtype)).rank == 2
