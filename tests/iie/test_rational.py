"""Theorem 1 without rounding: by hand, by another algorithm, in float64, by simulation."""

from fractions import Fraction as F

import numpy as np
import pytest
import strategies
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import iie


def one_row_after_another(S, W):
    """(tr Cov(x | y), rank): condition on each row of W in turn, as Gram and Schmidt would."""
    C, rank = strategies.fractions(S), 0
    for row in strategies.fractions(W):
        gain = [sum(c * w for c, w in zip(line, row, strict=True)) for line in C]
        variance = sum(w * g for w, g in zip(row, gain, strict=True))
        if variance:
            rank += 1
            pairs = zip(C, gain, strict=True)
            C = [
                [c - a * b / variance for c, b in zip(line, gain, strict=True)] for line, a in pairs
            ]
    return sum((C[i][i] for i in range(len(C))), F(0)), rank


@st.composite
def whole_instances(draw, max_d=6):
    """(S, W): S = A A^T and W with small whole entries, of every rank."""
    d, m = draw(st.integers(1, max_d)), draw(st.integers(0, max_d))
    rng = np.random.default_rng(draw(strategies.seeds()))

    def whole(rows, columns):
        return rng.integers(-3, 4, (rows, columns)).astype(float)

    A, rank = whole(d, draw(st.integers(0, d))), draw(st.integers(0, min(m, d)))
    return A @ A.T, whole(m, rank) @ whole(rank, d)


@pytest.mark.parametrize(
    ("S", "W", "expected", "rank"),
    [
        ([[1, 0], [0, 1]], [[3, 4]], F(1), 1),
        ([[2, 1], [1, 2]], [[1, 1]], F(1), 1),  # tr S - |(3, 3)|^2 / 6
        ([[2, 1], [1, 3]], [[1, 1]], F(10, 7), 1),  # 5 - (9 + 16) / 7
        ([[F(1, 3), 0], [0, F(1, 7)]], [[0, 5]], F(1, 3), 1),
        ([[1, 1], [1, 1]], [[1, -1]], F(2), 0),  # sees the null space only
        ([[1, 1], [1, 1]], [[1, 0]], F(0), 1),
        ([[0, 0], [0, 0]], [[1, 0]], F(0), 0),
        ([[2, 1], [1, 2]], [[1, 0], [2, 0], [3, 0]], F(3, 2), 1),
        ([[2, 1], [1, 2]], [[1, 2], [3, 4]], F(0), 2),
        ([[2, 1], [1, 2]], np.zeros((0, 2)), F(4), 0),
        ([[5]], [[0]], F(5), 0),
    ],
)
def test_fractions_worked_by_hand(S, W, expected, rank):
    found = iie.rational_inversion_error(S, W)
    assert (found.total, found.rank) == (expected, rank)


@given(whole_instances())
def test_another_exact_algorithm_finds_the_same_fraction(instance):
    found = iie.rational_inversion_error(*instance)
    assert (found.total, found.rank) == one_row_after_another(*instance)


@given(whole_instances())
def test_float64_equals_the_rationals_to_1e_10_up_to_condition_1e6(instance):
    S, W = instance
    for matrix in (S, W):
        values = np.linalg.svd(matrix, compute_uv=False)
        positive = values[values > 1e-10 * values.max(initial=0)]
        assume(not positive.size or positive[0] < 1e6 * positive[-1])
    expected = iie.rational_inversion_error(S, W)
    result = iie.ideal_inversion_error(S, W)
    assert result.rank == expected.rank
    # Relative, and where nothing is left to know, relative to tr S.
    assert result.total == pytest.approx(float(expected.total), rel=1e-10, abs=1e-13 * np.trace(S))


@settings(max_examples=15)
@given(whole_instances(), strategies.seeds())
def test_simulation_equals_the_rationals_within_5_standard_errors(instance, seed):
    S, W = instance
    run = iie.attack_error(
        iie.ideal_attacker(S, W), S, W, samples=4000, rng=np.random.default_rng(seed)
    )
    expected = float(iie.rational_inversion_error(S, W).total)
    rounding = 1e-12 * np.trace(S)
    assert abs(run.mean - expected) <= 5 * run.sem + rounding
    # C by its definition in fractions would be long; its trace of squares by NumPy's pinv.
    K = W @ S @ W.T
    C = S - S @ W.T @ np.linalg.pinv(K, rcond=1e-9, hermitian=True) @ W @ S
    spread = np.sqrt(2 * np.sum(C**2))
    values = np.linalg.eigvalsh(C)
    fourth = 48 * np.sum(values**4) + 12 * np.sum(values**2) ** 2
    off = np.sqrt(max(fourth - spread**4, 0) / run.n) / (2 * spread) if spread > rounding else 0
    assert abs(run.spread - spread) <= 5 * off + 1e-6 * np.trace(S)


@pytest.mark.parametrize(
    ("S", "W", "message"),
    [
        ([[1, 2], [3, 4]], [[1, 0]], "`covariance` must be exactly symmetric"),
        ([[1, 2]], [[1, 0]], "`covariance` must be a square matrix"),
        ([[1]], [[1, 0]], "`weight` must have 1 columns"),
        ([[1, 2], [3]], [[1]], "`covariance` must be a rectangular array"),
        ([[1]], [[float("nan")]], "`weight` must be a rectangular matrix of finite real numbers"),
        ([[1]], [1], "`weight` must be a rectangular matrix"),
    ],
)
def test_bad_input_is_refused_by_name(S, W, message):
    with pytest.raises(ValueError, match=message):
        iie.rational_inversion_error(S, W)


def test_a_variance_of_zero_with_a_covariance_is_refused():
    with pytest.raises(ValueError, match="`covariance` must be positive semidefinite"):
        iie.rational_inversion_error([[0, 1], [1, 1]], [[1, 0]])
