"""Theorem 1's closed form against exact arithmetic, and its consequences as properties."""

import numpy as np
import pytest
import strategies
import sympy as sp
from hypothesis import assume, given
from hypothesis import strategies as st

import iie
from proofs import theorem_1


def total(S, W, **options):
    return iie.ideal_inversion_error(S, W, **options).total


def close(value, expected, S):
    """Equal up to 1e-10 of the prior's total variance."""
    return value == pytest.approx(expected, rel=1e-10, abs=1e-10 * np.trace(S))


def exact(matrix):
    rows = strategies.fractions(matrix)
    entries = [sp.Rational(q.numerator, q.denominator) for row in rows for q in row]
    return sp.Matrix(*matrix.shape, entries)


def fraction_conditioning(S, W):
    """(tr Cov(x | y), rank) by conditioning on one row after another, in exact fractions."""
    C, rank = strategies.fractions(S), 0
    for row in strategies.fractions(W):
        shared = [sum(c * w for c, w in zip(line, row, strict=True)) for line in C]
        variance = sum(w * s for w, s in zip(row, shared, strict=True))
        if variance:
            rank += 1
            C = [
                [c - a * b / variance for c, b in zip(line, shared, strict=True)]
                for line, a in zip(C, shared, strict=True)
            ]
    return sum(C[i][i] for i in range(len(C))), rank


@given(strategies.instances())
def test_iie_and_rank_equal_exact_fractions_for_every_rank_of_prior_and_weight(instance):
    S, W = instance
    error, rank = fraction_conditioning(S, W)
    result = iie.ideal_inversion_error(S, W)
    assert result.rank == rank
    assert close(result.total, float(error), S)


@pytest.mark.parametrize("seed", range(4))
def test_iie_equals_the_symbolic_theorem(seed):
    rng = np.random.default_rng(seed)
    root = rng.integers(-4, 5, (4, 1 + seed)) / 4
    S, W = root @ root.T, rng.integers(-4, 5, (2, 4)) / 4
    expected = theorem_1.inversion_error(exact(S), exact(W))
    assert close(total(S, W), float(expected), S)


@pytest.mark.parametrize("condition", [1e0, 1e2, 1e4, 1e6, 1e9, 1e12])
@pytest.mark.parametrize("rank", range(1, 6))
def test_iie_is_accurate_up_to_the_condition_number_of_the_prior(condition, rank):
    rng = np.random.default_rng(rank)
    Q = strategies.orthogonal(6, rng)
    S = Q * np.geomspace(1, 1 / condition, 6) @ Q.T
    S = (S + S.T) / 2
    # The weight sees the leading axes best, so that the error left is small: no forgiving scale.
    W = rng.standard_normal((rank, rank)) @ Q[:, :rank].T + 0.1 * rng.standard_normal((rank, 6))
    expected = float(fraction_conditioning(S, W)[0])
    # The factorisation of S alone is off by a few eps |S|, so by eps * condition of the error; and
    # what W sees is as uncertain as its own condition number says.
    tolerance = 10 * np.finfo(float).eps * (condition + np.linalg.cond(W))
    assert total(S, W) == pytest.approx(expected, rel=tolerance, abs=0)


def test_iie_does_not_square_the_condition_number_of_the_weight():
    # The rows' singular values span 1e6: W S W^T has condition number 1e12 at S = I, and a
    # pseudo-inverse of it loses digits that the projector on the row space does not depend on.
    rng = np.random.default_rng(0)
    Q = strategies.orthogonal(6, rng)
    W = strategies.orthogonal(4, rng) * np.geomspace(1, 1e-6, 4) @ Q[:, :4].T
    assert total(np.eye(6), W) == pytest.approx(2.0, rel=1e-14)


@given(strategies.instances())
def test_iie_lies_between_zero_and_the_total_variance(instance):
    S, W = instance
    result = iie.ideal_inversion_error(S, W)
    assert 0 <= result.total <= np.trace(S) * (1 + 1e-12)
    assert 0 <= result.relative <= 1


@given(st.integers(1, 8), st.data())
def test_isotropic_iie_is_variance_times_unseen_dimensions(d, data):
    r = data.draw(st.integers(0, d))
    s = data.draw(st.floats(1e-3, 1e3))
    rng = np.random.default_rng(data.draw(strategies.seeds()))
    W = rng.standard_normal((r, d))
    result = iie.ideal_inversion_error(s**2 * np.eye(d), W)
    assert result.rank == r
    assert result.total == pytest.approx(s**2 * (d - r), rel=1e-12, abs=0)
    assert result.relative == pytest.approx((d - r) / d, rel=1e-12)


@given(strategies.instances(), st.data())
def test_only_the_row_space_of_the_weight_matters(instance, data):
    S, W = instance
    assume(len(W) > 0)
    A = data.draw(strategies.well_conditioned(len(W)))
    assert close(total(S, A @ W), total(S, W), S)


@given(strategies.instances(), st.data())
def test_another_row_never_raises_the_iie(instance, data):
    S, W = instance
    row = data.draw(strategies.matrices(1, len(S)))
    before, after = (iie.ideal_inversion_error(S, V) for V in (W, np.vstack([W, row])))
    assert after.rank - before.rank in (0, 1)
    if after.rank == before.rank:
        assert close(after.total, before.total, S)
    else:
        assert after.total < before.total


@given(strategies.instances(), st.integers(-20, 20))
def test_iie_scales_with_the_square_of_the_unit(instance, exponent):
    S, W = instance
    c = 2.0**exponent
    assert total(c**2 * S, W) == pytest.approx(c**2 * total(S, W), rel=1e-12, abs=0)


@given(strategies.instances(), strategies.seeds())
def test_rotating_inputs_and_weight_together_changes_nothing(instance, seed):
    S, W = instance
    Q = strategies.orthogonal(len(S), np.random.default_rng(seed))
    assert close(total(Q @ S @ Q.T, W @ Q.T), total(S, W), S)


def test_the_most_leaking_filter_leaves_the_smallest_eigenvalues():
    rng = np.random.default_rng(1)
    Q, eigenvalues = strategies.orthogonal(7, rng), np.array([9.0, 5, 4, 3, 2, 1, 0.5])
    S = Q * eigenvalues @ Q.T
    for r in range(8):
        assert total(S, Q[:, :r].T) == pytest.approx(eigenvalues[r:].sum(), abs=1e-12)
        assert total(S, Q[:, 7 - r :].T) == pytest.approx(eigenvalues[: 7 - r].sum(), abs=1e-12)


@pytest.mark.parametrize(
    ("S", "W", "expected", "rank"),
    [
        (np.zeros((3, 3)), np.eye(3), 0.0, 0),
        (np.diag([1.0, 0.0]), np.array([[0.0, 1.0]]), 1.0, 0),
        (np.ones((2, 2)), np.array([[1.0, -1.0]]), 2.0, 0),
        (np.ones((2, 2)), np.array([[1.0, 0.0]]), 0.0, 1),
        (np.eye(3), np.zeros((0, 3)), 3.0, 0),
        (np.eye(3), np.zeros((5, 3)), 3.0, 0),
        (np.eye(3), np.ones((4, 3)), 2.0, 1),
        (np.eye(3), np.eye(3)[[0, 0, 1]], 1.0, 2),
        (np.array([[4.0]]), np.array([[1e-9]]), 0.0, 1),
        (np.array([[4.0]]), np.array([[0.0]]), 4.0, 0),
    ],
)
def test_degenerate_priors_and_weights_have_their_known_error_and_rank(S, W, expected, rank):
    result = iie.ideal_inversion_error(S, W)
    assert result.rank == rank
    assert result.total == pytest.approx(expected, abs=1e-14)


def test_a_weight_that_sees_only_the_null_space_of_a_rotated_prior_learns_nothing():
    # In floating point W S^{1/2} is then rounding noise, which must not count as rank.
    Q = strategies.orthogonal(30, np.random.default_rng(2))
    S = Q[:, :10] @ Q[:, :10].T
    result = iie.ideal_inversion_error(S, Q[:, 10:].T)
    assert result.rank == 0
    assert result.relative == 1.0


@pytest.mark.parametrize("convert", [np.asarray, np.float32, np.int64, np.ndarray.tolist])
def test_integers_float32_and_lists_give_the_same_error(convert):
    S, W = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([[1.0, 1.0]])
    # By hand: tr S - |S w|^2 / w S w = 5 - (9 + 16) / 7.
    result = iie.ideal_inversion_error(convert(S), convert(W))
    assert result.total == pytest.approx(10 / 7, rel=1e-14)


def test_float32_rounding_does_not_count_as_rank():
    rng = np.random.default_rng(3)
    W = (rng.standard_normal((6, 2)) @ rng.standard_normal((2, 8))).astype(np.float32)
    assert iie.ideal_inversion_error(np.eye(8, dtype=np.float32), W).rank == 2
    assert iie.ideal_inversion_error(np.eye(8), W).rank == 2
    assert iie.ideal_inversion_error(np.eye(8), W.astype(float), cutoff=1e-12).rank == 6


def test_the_cutoff_decides_the_rank_and_is_reported():
    W = np.diag([1.0, 1e-3])
    assert iie.ideal_inversion_error(np.eye(2), W, cutoff=1e-2).rank == 1
    assert iie.ideal_inversion_error(np.eye(2), W, cutoff=1e-4).rank == 2
    assert iie.ideal_inversion_error(np.eye(2), W, cutoff=1e-4).cutoff == 1e-4
    assert iie.ideal_inversion_error(np.eye(2), W).cutoff == 20 * 2.0**-52


def test_the_three_ways_to_report_one_error_agree_and_name_their_assumptions():
    result = iie.ideal_inversion_error(4 * np.eye(5), np.eye(5)[:2])
    assert result.total == pytest.approx(12)
    assert result.per_coordinate == pytest.approx(12 / 5)
    assert result.relative == pytest.approx(3 / 5)
    assert (result.kind, result.standard_error) == ("exact", None)
    assert [line[:2] for line in result.assumptions] == ["A1", "A2", "A3"]
    assert "2410.05814" in result.source
    assert "proof text was not available" in result.source


@given(strategies.instances())
def test_the_error_law_follows_from_powers_of_the_posterior_covariance(instance):
    S, W = instance
    # C by its definition, with NumPy's pseudo-inverse; entries are moderate, so it is accurate.
    C = S - S @ W.T @ np.linalg.pinv(W @ S @ W.T, rcond=1e-9, hermitian=True) @ W @ S
    law, scale = iie.ideal_error_law(S, W), np.trace(S)
    square = C @ C
    assert law.mean == pytest.approx(np.trace(C), abs=1e-6 * scale)
    assert law.variance == pytest.approx(2 * np.trace(square), abs=1e-6 * scale**2)
    fourth = 48 * np.trace(square @ square) + 12 * np.trace(square) ** 2
    assert law.fourth_moment == pytest.approx(fourth, abs=1e-6 * scale**4)


@pytest.mark.parametrize(
    ("S", "W", "message"),
    [
        (np.ones((2, 3)), np.eye(2), r"`covariance` must be a square matrix, got shape \(2, 3\)"),
        (np.zeros((0, 0)), np.zeros((1, 0)), "`covariance` must be a square matrix"),
        (np.ones(3), np.eye(3), r"`covariance` must have 2 dimension\(s\), got shape \(3,\)"),
        ([[1.0, 0.5], [0.0, 1.0]], np.eye(2), "`covariance` must be symmetric, .* differ by 0.5"),
        (np.diag([1.0, -1.0]), np.eye(2), "`covariance` must be positive semidefinite, .* of -1 "),
        (-np.eye(2), np.eye(2), "`covariance` must be positive semidefinite"),
        (np.diag([1.0, np.nan]), np.eye(2), "`covariance` must be finite, got NaN or infinity"),
        (np.eye(2) * 1j, np.eye(2), "`covariance` must hold real numbers, got dtype complex128"),
        ([["a"]], np.eye(1), "`covariance` must hold real numbers, got dtype <U1"),
        (np.eye(2), [[np.inf, 0.0]], "`weight` must be finite, got NaN or infinity"),
        (np.eye(2), np.eye(3), r"`weight` must have 2 columns .* got shape \(3, 3\)"),
        (np.eye(2), np.ones(2), r"`weight` must have 2 dimension\(s\), got shape \(2,\)"),
        (np.eye(2), [[1.0, 2.0], [3.0]], "`weight` must be a rectangular array of numbers"),
    ],
)
def test_bad_input_is_refused_in_a_sentence_that_names_it(S, W, message):
    with pytest.raises(ValueError, match=message):
        iie.ideal_inversion_error(S, W)


@pytest.mark.parametrize("cutoff", [-1e-3, 1.0, float("nan")])
def test_a_cutoff_outside_the_unit_interval_is_refused(cutoff):
    with pytest.raises(ValueError, match=r"`cutoff` must be in \[0, 1\), got"):
        iie.ideal_inversion_error(np.eye(2), np.eye(2), cutoff=cutoff)
