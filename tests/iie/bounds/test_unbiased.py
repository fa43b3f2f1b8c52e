"""Bounds on unbiased attackers: their textbook values, and two attackers whom they do not bind."""

import numpy as np
import pytest
from grid_truth import error_and_bits, normal_grid

import iie


def test_a_linear_release_of_little_signal():
    points, weights = normal_grid(1, 2001)
    ideal, _ = error_and_bits(points, weights, 0.1 * points, 1.0)
    assert ideal == pytest.approx(0.990, abs=1e-3)
    hcr = iie.unbiased_attacker_hcr(lambda x: 0.1 * x, 1.0, [[0.3]], [[1e-3], [1.0]])
    dfil = iie.unbiased_attacker_dfil([[[0.1]]], 1.0)
    assert hcr[0] == pytest.approx(100, rel=1e-4)
    assert dfil[0] == pytest.approx(100)
    assert min(hcr[0], dfil[0]) > 100 * ideal


def test_a_wave_that_comes_back():
    points, weights = normal_grid(1, 2001)
    ideal, _ = error_and_bits(points, weights, np.sin(3 * points), 0.04)
    assert ideal == pytest.approx(0.998, abs=1e-3)
    shifts = np.linspace(0.01, 3, 300)[:, None]
    hcr = iie.unbiased_attacker_hcr(lambda x: np.sin(3 * x), 0.04, points, shifts)
    assert weights @ hcr > 1000 * ideal
    dfil = iie.unbiased_attacker_dfil((3 * np.cos(3 * points))[:, :, None], 0.04)
    # At a crest nothing of x is seen to first order, and the mean over x diverges.
    assert dfil.max() > 1000 * ideal


def test_neither_is_ever_a_lower_bound():
    x = np.random.default_rng(0).standard_normal((200, 1))
    J = np.full((200, 1, 1), 0.1)
    table = iie.lower_bound(
        [[1.0]], samples=x, releases=lambda x: 0.1 * x, noise=1.0, jacobian=J, bits=9
    )
    assert {bound.name for bound in table.table} == {
        "information",
        "van Trees",
        "Weiss-Weinstein",
        "bits",
    }
    assert table.best.total <= 1 / 1.01 + 1e-12


def test_several_coordinates_and_correlated_noise():
    W = np.array([[1.0, 2.0], [0.5, -1.0], [0.0, 1.0]])
    A = np.array([[1.0, 0, 0], [0.4, 0.8, 0], [0.1, -0.3, 0.5]])
    noise = A @ A.T
    F = W.T @ np.linalg.inv(noise) @ W
    dfil = iie.unbiased_attacker_dfil(np.stack([W, 2 * W]), noise)
    np.testing.assert_allclose(dfil, [2 / np.trace(F), 2 / np.trace(4 * F)])
    h = np.array([[0.3, -0.2], [0.1, 0.1]])
    hcr = iie.unbiased_attacker_hcr(lambda x: x @ W.T, noise, [[0.0, 1.0]], h)
    expected = max(v @ v / np.expm1(v @ F @ v) for v in h)
    assert hcr[0] == pytest.approx(expected)
    assert iie.unbiased_attacker_hcr(lambda x: 0 * x, 1.0, [[1.0]], [[1.0]])[0] == np.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f: iie.unbiased_attacker_hcr(f, 1.0, [[1.0]], [[0.0]]), "`shifts` must not be"),
        (lambda f: iie.unbiased_attacker_hcr(f, 1.0, [[1.0]], [[1.0, 2.0]]), "`shifts` must"),
        (lambda f: iie.unbiased_attacker_dfil([[1.0]], 1.0), "`jacobian` must have 3 dimension"),
        (lambda f: iie.unbiased_attacker_dfil([[[1.0]]], -1.0), "`noise` must not be negative"),
    ],
)
def test_bad_input_is_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.tanh)
