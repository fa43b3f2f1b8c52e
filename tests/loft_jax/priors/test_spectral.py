"""Spectral normalisation against NumPy's singular values."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from loft_jax.priors.spectral import Convolution, Weight, power_iteration


def converged(weight, updates=200):
    for _ in range(updates):
        weight(True)
    return weight


def test_after_many_updates_the_largest_singular_value_is_one():
    weight = converged(Weight(3, 3, 2, 5, spectral=True, rngs=nnx.Rngs(0)))
    singular = np.linalg.svd(np.asarray(weight(False)).reshape(18, 5), compute_uv=False)
    assert singular[0] == pytest.approx(1, rel=1e-5)
    raw = np.linalg.svd(np.asarray(weight.value[...]).reshape(18, 5), compute_uv=False)
    np.testing.assert_allclose(singular, raw / raw[0], rtol=1e-4)


def test_the_estimate_never_exceeds_the_largest_singular_value_and_only_grows():
    rng = np.random.default_rng(0)
    matrix, vector = rng.normal(size=(6, 4)).astype(np.float32), np.ones(4, np.float32) / 2
    largest = np.linalg.svd(matrix, compute_uv=False)[0]
    sigmas = []
    for _ in range(30):
        sigma, vector = power_iteration(jnp.asarray(matrix), jnp.asarray(vector))
        sigmas.append(float(sigma))
    assert sigmas[0] < largest * 0.999, "the start was already converged: nothing is tested"
    assert max(sigmas) <= largest * (1 + 1e-6)
    assert all(b >= a - 1e-6 for a, b in pairwise(sigmas))
    assert sigmas[-1] == pytest.approx(largest, rel=1e-3)


def test_the_gradient_of_the_largest_singular_value_is_the_product_of_its_vectors():
    matrix = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    left, _, right = np.linalg.svd(matrix)
    gradient = jax.grad(lambda w: power_iteration(w, jnp.asarray(right[0]))[0])(jnp.asarray(matrix))
    np.testing.assert_allclose(gradient, np.outer(left[:, 0], right[0]), atol=1e-5)


def test_evaluation_leaves_the_singular_vector_as_it_is():
    weight = Weight(4, 3, spectral=True, rngs=nnx.Rngs(0))
    before = np.asarray(weight.vector[...])
    weight(False)
    np.testing.assert_array_equal(weight.vector[...], before)
    weight(True)
    assert not np.array_equal(weight.vector[...], before)


def test_without_spectral_normalisation_the_weight_is_itself():
    weight = Weight(4, 3, spectral=False, rngs=nnx.Rngs(0))
    np.testing.assert_array_equal(weight(True), weight.value[...])


@pytest.mark.parametrize(("size", "stride"), [(1, 1), (3, 1), (4, 2)])
def test_convolution_is_the_sum_over_its_window(size, stride):
    x = np.random.default_rng(0).normal(size=(1, 6, 6, 2)).astype(np.float32)
    layer = Convolution(2, 3, size, stride=stride, spectral=False, rngs=nnx.Rngs(0))
    kernel, pad = np.asarray(layer.weight.value[...]), (size - 1) // 2
    padded = np.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
    side = 6 // stride
    expected = np.zeros((1, side, side, 3))
    for i in range(side):
        for j in range(side):
            window = padded[0, i * stride : i * stride + size, j * stride : j * stride + size]
            expected[0, i, j] = np.tensordot(window, kernel, 3)
    np.testing.assert_allclose(layer(jnp.asarray(x), False), expected, atol=1e-5)
