"""Formulas of the proofs equal brute force in exact fractions on instances."""

from fractions import Fraction
from itertools import combinations, product

import pytest
import sympy as sp

from proofs import extreme_filters, label_only, noisy_release, random_filter, theorem_1
from proofs.entries import numerator

S = [[4, 1, 0, 1], [1, 3, 1, 0], [0, 1, 2, 0], [1, 0, 0, 5]]
WEIGHTS = {
    "two rows": [[1, 2, 0, -1], [0, 1, 3, 1]],
    "a row twice": [[1, 2, 0, -1], [2, 4, 0, -2]],
    "a row of zeros": [[0, 0, 0, 0], [1, 0, 0, 1]],
    "more rows than rank": [[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0], [1, -1, 0, 0]],
}


def conditioned(S, W, noise):
    """Trace left after one row at a time, each with its own independent noise; in fractions."""
    C = [[Fraction(c) for c in line] for line in S]
    for row, t in zip(W, noise, strict=True):
        shared = [sum(c * w for c, w in zip(line, row, strict=True)) for line in C]
        variance = sum(w * s for w, s in zip(row, shared, strict=True)) + t
        if variance:
            C = [[C[i][j] - shared[i] * shared[j] / variance for j in range(4)] for i in range(4)]
    return sum(C[i][i] for i in range(4))


@pytest.mark.parametrize("W", WEIGHTS.values(), ids=WEIGHTS)
def test_theorem_1_equals_conditioning_in_fractions(W):
    expected = conditioned(S, W, [0] * len(W))
    assert theorem_1.inversion_error(sp.Matrix(S), sp.Matrix(W)) == sp.Rational(*ratio(expected))


@pytest.mark.parametrize("W", WEIGHTS.values(), ids=WEIGHTS)
def test_a_noisy_release_equals_conditioning_in_fractions(W):
    noise = [Fraction(1, 1 + i) for i in range(len(W))]
    diagonal = sp.diag(*(sp.Rational(*ratio(t)) for t in noise))
    found = noisy_release.inversion_error(sp.Matrix(S), sp.Matrix(W), diagonal)
    assert found == sp.Rational(*ratio(conditioned(S, W, noise)))


def ratio(value):
    return Fraction(value).as_integer_ratio()


def test_every_small_integer_filter_lies_between_the_extremes():
    values = [5, 3, 1]
    for r in (1, 2):
        for rows in combinations(product((-1, 0, 1, 2), repeat=3), r):
            W = sp.Matrix(rows)
            if W.rank() < r or (r == 2 and sum(map(sum, rows)) % 3):  # a third of the pairs
                continue
            error = theorem_1.conditioned_trace(sp.diag(*values), W)
            assert sum(values[r:]) <= error <= sum(values[: 3 - r])


def test_the_ky_fan_identity_holds_at_fractions_and_is_positive_there():
    left, right = extreme_filters.excess(4, 2, most=True)
    known = {"p_1": "3/4", "p_2": "1/2", "p_3": "1/2", "g_1": "1/7", "g_2": 2, "g_3": 0, "g_4": 1}
    point = {s: sp.Rational(known[s.name]) for s in left.free_symbols | right.free_symbols}
    # l = (22/7, 3, 1, 1): top two 43/7, seen 33/14 + 3/2 + 1/2 + 1/4.
    assert left.subs(point) == right.subs(point) == sp.Rational(43, 7) - sp.Rational(129, 28)


def test_total_variance_of_three_coins_in_fractions():
    # Class k has the values c_k - h_k and c_k + h_k with equal probability.
    weights, centres, spreads = (
        [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)],
        [0, 3, -1],
        [1, 2, 5],
    )
    values = [
        (w / 2, c + sign * h)
        for w, c, h in zip(weights, centres, spreads, strict=True)
        for sign in (1, -1)
    ]
    mean = sum(w * x for w, x in values)
    brute = sum(w * (x - mean) ** 2 for w, x in values)
    _, parts = label_only.spread(3)
    known = {"p_1": weights[0], "p_2": weights[1]}
    known |= {f"S_{k + 1}": spreads[k] ** 2 for k in range(3)}
    known |= {f"\\mu_{k + 1}": centres[k] for k in range(3)}
    known |= {f"\\mu_{k + 1}^T": centres[k] for k in range(3)}
    point = {s: sp.Rational(*ratio(known[s.name])) for s in parts.free_symbols}
    assert parts.subs(point) == sp.Rational(*ratio(brute))


@pytest.mark.parametrize("r", [1, 2])
def test_the_random_filter_lies_within_its_bounds_at_the_solved_root(r):
    values = [sp.Integer(5), sp.Integer(3), sp.Integer(1)]
    equation = numerator(sum(v / (v + random_filter.k) for v in values) - r)
    roots = [k for k in sp.Poly(equation, random_filter.k).nroots() if k.is_real and k > 0]
    assert len(roots) == 1
    assert sum(values[r:]) < r * roots[0] < (1 - sp.Rational(r, 3)) * sum(values)
