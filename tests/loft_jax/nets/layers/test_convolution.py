"""Our convolution and its derivatives are the convolution's, by its defining sum in float64."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.nets.layers.convolution import PATCHES_FROM, convolve, convolve_on_cpu, patch_product

NHWC = jax.lax.conv_dimension_numbers((1, 1, 1, 1), (1, 1, 1, 1), ("NHWC", "HWIO", "NHWC"))
# (batch, height, width, inputs, outputs, stride): odd sides, a prime batch, several portions.
SHAPES = [
    (5, 6, 6, 2, 3, 1),
    (3, 7, 5, 3, 2, 1),
    (3, 7, 6, 3, 2, 2),
    (2, 8, 8, 1, 4, 2),
    (4, 40, 36, 2, 2, 1),
]


def problem(shape):
    batch, height, width, inputs, outputs, stride = shape
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, height, width, inputs))
    kernel = rng.standard_normal((3, 3, inputs, outputs))
    y = definition(x, kernel, stride)
    return x, kernel, rng.standard_normal(y.shape), y, stride


def definition(x, kernel, stride):
    size = kernel.shape[0]
    padded = np.pad(x, ((0, 0), (size // 2,) * 2, (size // 2,) * 2, (0, 0)))
    y = np.zeros((len(x), -(-x.shape[1] // stride), -(-x.shape[2] // stride), kernel.shape[-1]))
    for i, j in np.ndindex(y.shape[1:3]):
        window = padded[:, i * stride : i * stride + size, j * stride : j * stride + size]
        y[:, i, j] = np.einsum("bhwi,hwio->bo", window, kernel)
    return y


def gradients(x, kernel, cotangent, stride):
    """Both gradients of <y, cotangent>, from the definition's bilinearity, window by window."""
    dx = np.zeros((len(x), x.shape[1] + 2, x.shape[2] + 2, x.shape[3]))
    padded, dkernel = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), np.zeros(kernel.shape)
    for i, j in np.ndindex(cotangent.shape[1:3]):
        rows, columns = slice(i * stride, i * stride + 3), slice(j * stride, j * stride + 3)
        dx[:, rows, columns] += np.einsum("bo,hwio->bhwi", cotangent[:, i, j], kernel)
        dkernel += np.einsum("bhwi,bo->hwio", padded[:, rows, columns], cotangent[:, i, j])
    return dx[:, 1:-1, 1:-1], dkernel


def close(actual, expected, terms):
    """Float32 sums of `terms` products of standard normals: error about sqrt(terms) roundings."""
    tolerance = 8 * np.finfo(np.float32).eps * np.sqrt(terms) * np.abs(expected).max()
    np.testing.assert_allclose(np.asarray(actual), expected, rtol=0, atol=tolerance)


def on_cpu(x, kernel, stride):
    return convolve_on_cpu(x, kernel, stride, 1)


def single(*arrays):
    return [jnp.asarray(a, jnp.float32) for a in arrays]


@pytest.mark.parametrize("route", [on_cpu, patch_product])
@pytest.mark.parametrize("shape", SHAPES)
def test_value_and_both_gradients_are_those_of_the_defining_sum(route, shape):
    x, kernel, cotangent, y, stride = problem(shape)
    a, k, c = single(x, kernel, cotangent)
    value, pullback = jax.vjp(lambda a, k: route(a, k, stride), a, k)
    dx, dkernel = pullback(c)
    expected_dx, expected_dkernel = gradients(x, kernel, cotangent, stride)
    close(value, y, 9 * shape[3])
    close(dx, expected_dx, 9 * shape[4])
    close(dkernel, expected_dkernel, y.size // shape[4])


@pytest.mark.parametrize("shape", SHAPES[:3])
def test_the_tangent_is_the_bilinear_one(shape):
    x, kernel, _, _, stride = problem(shape)
    rng = np.random.default_rng(1)
    dx, dkernel = rng.standard_normal(x.shape), rng.standard_normal(kernel.shape)
    primals, tangents = single(x, kernel), single(dx, dkernel)
    f = lambda a, k: on_cpu(a, k, stride)  # noqa: E731
    _, tangent = jax.jvp(f, tuple(primals), tuple(tangents))
    expected = definition(dx, kernel, stride) + definition(x, dkernel, stride)
    close(tangent, expected, 18 * shape[3])


def test_derivatives_of_second_order_exist_in_mixed_modes():
    x, kernel, _, _, _ = problem(SHAPES[0])
    (a, k), (da,) = single(x, kernel), single(np.ones_like(x))

    def energy(a):
        return (on_cpu(a, k, 1) ** 2).sum() / 2

    _, product = jax.jvp(jax.grad(energy), (a,), (da,))
    # The Hessian of |Kx|^2 / 2 is K'K, so the product is K'K 1.
    expected, _ = gradients(x, kernel, definition(np.ones_like(x), kernel, 1), 1)
    close(product, expected, 81 * 6)


def test_vmap_over_kernels_convolves_with_each():
    x, kernel, _, y, _ = problem(SHAPES[0])
    a, k = single(x, np.stack([kernel, -2 * kernel]))
    both = jax.vmap(lambda k: on_cpu(a, k, 1))(k)
    close(both, np.stack([y, -2 * y]), 18)


def test_the_gradient_by_the_image_alone_makes_no_patches():
    side = int(PATCHES_FROM**0.5)
    a, k = single(np.zeros((1, side, side, 2)), np.zeros((3, 3, 2, 2)))
    by_image = jax.make_jaxpr(jax.grad(lambda a: on_cpu(a, k, 1).sum()))(a)
    by_kernel = jax.make_jaxpr(jax.grad(lambda k: on_cpu(a, k, 1).sum()))(k)
    assert "scan" not in str(by_image)
    assert "scan" in str(by_kernel)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("size", "edge"), [(3, 1), (3, 0), (4, 1), (7, 3)])
def test_inside_a_loop_both_gradients_are_those_outside(size, edge, stride):
    rng = np.random.default_rng(3)
    x, kernel = single(
        rng.standard_normal((2, 9, 9, 3)), rng.standard_normal((size, size, 3, 4)) / size**2
    )

    def energy(route, x, kernel):
        return (jnp.sin(route(x, kernel))).sum()

    def ours(x, kernel):
        return convolve_on_cpu(x, kernel, stride, edge)

    def plain(x, kernel):
        padding = ((edge, edge), (edge, edge))
        return jax.lax.conv_general_dilated(
            x, kernel, (stride, stride), padding, dimension_numbers=NHWC
        )

    def step(state, _):
        return jax.grad(partial(energy, ours), (0, 1))(*state), None

    found, _ = jax.lax.scan(step, (x, kernel), length=1)
    expected = jax.grad(partial(energy, plain), (0, 1))(x, kernel)
    for left, right in zip(found, expected, strict=True):
        close(left, right, 200)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("size", "side"), [(1, 6), (3, 6), (3, 33), (7, 9)])
def test_every_route_of_a_layer_is_the_same_convolution(size, side, stride):
    rng = np.random.default_rng(2)
    x, kernel = rng.standard_normal((2, side, side, 3)), rng.standard_normal((size, size, 3, 4))
    half = size // 2
    y = convolve(
        *single(x, kernel), (stride, stride), ((half, half), (half, half)), dimension_numbers=NHWC
    )
    close(y, definition(x, kernel, stride), size**2 * 3)


def test_small_images_take_the_route_without_patches():
    def route(side):
        a, k = single(np.zeros((1, side, side, 2)), np.zeros((3, 3, 2, 2)))
        layer = lambda k: convolve(a, k, (1, 1), ((1, 1), (1, 1)), dimension_numbers=NHWC)  # noqa: E731
        return str(jax.make_jaxpr(jax.grad(lambda k: layer(k).sum()))(k))

    side = int(PATCHES_FROM**0.5)
    assert "scan" in route(side)
    assert "scan" not in route(side - 1)
