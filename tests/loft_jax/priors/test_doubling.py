"""The 2 x 2 form of doubling and convolving against the plain one, by SciPy and by lax."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from scipy.signal import correlate

from loft_jax.priors.doubling import doubled_convolution


def drawn(side, inputs, outputs):
    rng = np.random.default_rng(side)
    x = rng.normal(size=(2, side, side + 1, inputs)).astype(np.float32)
    return x, rng.normal(size=(3, 3, inputs, outputs)).astype(np.float32)


@pytest.mark.parametrize(("side", "inputs", "outputs"), [(1, 2, 3), (4, 3, 2), (9, 1, 1)])
def test_it_is_the_convolution_of_repeated_pixels(side, inputs, outputs):
    x, kernel = drawn(side, inputs, outputs)
    large = np.pad(x.astype(float).repeat(2, 1).repeat(2, 2), [(0, 0), (1, 1), (1, 1), (0, 0)])
    expected = np.stack(
        [
            np.stack(
                [correlate(picture, kernel[..., o], "valid")[..., 0] for o in range(outputs)], -1
            )
            for picture in large
        ]
    )
    found = doubled_convolution(jnp.asarray(x), jnp.asarray(kernel))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("side", [4, 9])
def test_its_derivatives_are_those_of_the_plain_way(side):
    def plain(x, kernel):
        large = x.repeat(2, 1).repeat(2, 2)
        layout = ("NHWC", "HWIO", "NHWC")
        edges = [(1, 1), (1, 1)]
        return jax.lax.conv_general_dilated(large, kernel, (1, 1), edges, dimension_numbers=layout)

    x, kernel = map(jnp.asarray, drawn(side, 3, 2))
    y, pull = jax.vjp(plain, x, kernel)
    towards = jnp.cos(jnp.arange(y.size, dtype=jnp.float32)).reshape(y.shape)
    found = jax.vjp(doubled_convolution, x, kernel)[1](towards)
    for expected, gradient in zip(pull(towards), found, strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-4)


def test_forward_reverse_and_second_derivatives_agree_with_finite_differences():
    x, kernel = map(jnp.asarray, drawn(3, 2, 2))
    check_grads(jax.jit(doubled_convolution), (x, kernel), order=2, modes=("fwd", "rev"), rtol=1e-2)
