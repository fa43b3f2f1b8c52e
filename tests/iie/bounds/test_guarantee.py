"""The guarantee is never beaten by an ideal attacker, and unbounded codes have none."""

import numpy as np
import pytest
from grid_truth import error_and_bits, normal_grid

import iie

guarantee = iie.bounded_code_guarantee


def test_the_published_examples():
    for r, rms in ((16, 0.68), (64, 0.21)):
        made = guarantee(numbers=r, noise=0.01, latents=96)
        assert round(made.per_coordinate**0.5, 2) == rms
        assert made.total == 96 * made.per_coordinate
        assert made.relative == made.per_coordinate


@pytest.mark.parametrize(
    ("r", "k", "s2", "m"), [(1, 1, 1.0, 1), (3, 7, 0.2, 1), (2, 5, 0.5, 3), (0, 2, 1.0, 1)]
)
def test_the_formula_by_powers(r, k, s2, m):
    made = guarantee(numbers=r, noise=s2, latents=k, releases=m)
    expected = (1 + 1 / s2) ** (-r * m / k)
    assert made.per_coordinate == pytest.approx(expected, rel=1e-12)
    assert made.bits == pytest.approx(r * m * np.log2(1 + 1 / s2) / 2)
    assert (made.kind, made.confidence) == ("lower bound", 1.0)


def test_bits_instead_of_noise_and_both():
    counted = guarantee(numbers=4, bits=3, latents=8, releases=2)
    assert counted.per_coordinate == pytest.approx(2 ** (-2 * 4 * 3 * 2 / 8))
    noisy = guarantee(numbers=4, noise=0.1, latents=8, releases=2)
    both = guarantee(numbers=4, noise=0.1, bits=3, latents=8, releases=2)
    assert both.total == max(counted.total, noisy.total) == noisy.total
    assert (
        guarantee(numbers=4, noise=0.1, bits=1, latents=8).total
        == guarantee(numbers=4, bits=1, latents=8).total
    )


RNG = np.random.default_rng(1)
HIDDEN, OUT = RNG.standard_normal((2, 8)) * 2, RNG.standard_normal((8, 2))
BOUNDED = {
    "clipped": lambda u: np.clip(u[:, :1], -1, 1),
    "sign": lambda u: np.sign(u[:, :1]),
    "steep tanh": lambda u: np.tanh(4 * u[:, :1]),
    "zigzag": lambda u: np.arcsin(np.sin(3 * u[:, :1])) * 2 / np.pi,
    # Uniform on [-1, 1]: of all monotone codes the one that uses its range best.
    "normal distribution function": lambda u: np.vectorize(_erf)(u[:, :1] / np.sqrt(2)),
}


def _erf(x):
    from math import erf

    return erf(x)


@pytest.mark.parametrize("code", BOUNDED)
@pytest.mark.parametrize("noise", [0.01, 0.1, 1.0])
def test_no_ideal_attacker_on_one_number_beats_it(code, noise):
    points, weights = normal_grid(1, 4001)
    codes = BOUNDED[code](points)
    assert np.abs(codes).max() <= 1
    error, bits = error_and_bits(points, weights, codes, noise)
    made = guarantee(numbers=1, noise=noise, latents=1)
    assert error > made.total
    assert bits < made.bits
    # Two releases of the same number: the mean of both, with half the noise, tells all of it.
    twice, _ = error_and_bits(points, weights, codes, noise / 2)
    assert twice > guarantee(numbers=1, noise=noise, latents=1, releases=2).total


@pytest.mark.parametrize("r", [1, 2])
@pytest.mark.parametrize("noise", [0.05, 0.5])
def test_no_ideal_attacker_on_a_network_of_two_latents_beats_it(r, noise):
    points, weights = normal_grid(2, 141)
    for scale in (0.2, 1.0, 5.0):
        codes = np.tanh(scale * np.tanh(points @ HIDDEN) @ OUT[:, :r])
        error, bits = error_and_bits(points, weights, codes, noise)
        made = guarantee(numbers=r, noise=noise, latents=2)
        assert error > made.total
        assert bits < made.bits


@pytest.mark.parametrize(("bits", "known"), [(1, 0.3634), (2, 0.1175), (3, 0.03454)])
def test_the_best_scalar_quantiser_does_not_beat_the_bits(bits, known):
    """Errors of the optimal quantisers of N(0, 1), Max 1960; found again by Lloyd's iteration."""
    points, weights = normal_grid(1, 20_001)
    x = points[:, 0]
    levels = np.linspace(-2, 2, 2**bits)
    for _ in range(500):
        cells = np.argmin(np.abs(x[:, None] - levels), axis=1)
        mass = np.bincount(cells, weights)
        levels = np.bincount(cells, weights * x) / mass
    error = weights @ (x - levels[cells]) ** 2
    assert error == pytest.approx(known, rel=2e-3)
    assert error > guarantee(numbers=1, bits=bits, latents=1).total


def test_without_the_bound_on_the_code_there_is_none():
    # c = 30 u in the same noise: posterior variance 1 / (1 + 900 / s^2).
    points, weights = normal_grid(1, 20_001)
    error, _ = error_and_bits(points, weights, 30 * points, 1.0)
    assert error == pytest.approx(1 / 901, rel=1e-6)
    assert error < guarantee(numbers=1, noise=1.0, latents=1).total / 100


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"numbers": 1, "latents": 1}, "`noise` or `bits` must be given, got neither"),
        ({"numbers": 1, "latents": 1, "noise": 0.0}, "`noise` must be a positive variance, got 0"),
        ({"numbers": 1, "latents": 0, "noise": 1.0}, "`latents` must be an integer at least 1"),
        ({"numbers": -1, "latents": 1, "noise": 1.0}, "`numbers` must be an integer at least 0"),
        ({"numbers": 1, "latents": 1, "bits": -1.0}, "`bits` must be at least 0, got -1"),
        ({"numbers": 1, "latents": 1, "bits": np.inf}, "`bits` must be finite"),
        (
            {"numbers": 1, "latents": 1, "bits": 1.0, "releases": 0},
            "`releases` must be an integer at least 1",
        ),
    ],
)
def test_bad_input_is_one_sentence(flags, message):
    with pytest.raises(ValueError, match=message):
        guarantee(**flags)
