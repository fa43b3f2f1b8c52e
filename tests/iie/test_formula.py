"""Theorem 1 as a function of arrays: the same numbers and gradients in every library."""

import subprocess
import sys

import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

import iie
from iie import formula

RNG = np.random.default_rng


def instance(seed, d=6, m=3):
    """S of full rank, W of full rank, N positive."""
    rng = RNG(seed)
    root, noise = rng.standard_normal((d, d)), rng.standard_normal((m, m))
    return root @ root.T + np.eye(d), rng.standard_normal((m, d)), noise @ noise.T + np.eye(m)


@given(strategies.instances())
def test_it_equals_the_rationals_where_w_has_full_rank(instance):
    S, W = instance
    expected = iie.rational_inversion_error(S, W)
    if expected.rank == len(W) > 0 and np.linalg.cond(W @ S @ W.T) < 1e6:
        value = formula.inversion_error(S, W)
        assert value == pytest.approx(float(expected.total), rel=1e-9, abs=1e-9 * np.trace(S))


@given(st.integers(0, 100))
def test_with_noise_it_is_the_trace_of_the_inverse_of_summed_precisions(seed):
    S, W, N = instance(seed)
    C = np.linalg.inv(np.linalg.inv(S) + W.T @ np.linalg.inv(N) @ W)
    assert formula.inversion_error(S, W, N) == pytest.approx(np.trace(C), rel=1e-9)
    np.testing.assert_allclose(formula.posterior_covariance(S, W, N), C, atol=1e-9)
    G = S @ W.T @ np.linalg.inv(W @ S @ W.T + N)
    np.testing.assert_allclose(formula.gain(S, W, N), G, atol=1e-9)


def test_batch_axes_broadcast():
    S, N = instance(0)[0], np.eye(3)
    W = RNG(1).standard_normal((4, 5, 3, 6))
    together = formula.inversion_error(S, W, N)
    stacked = formula.inversion_error(np.stack([S, 2 * S])[:, None, None], W[None])
    assert together.shape == (4, 5)
    assert stacked.shape == (2, 4, 5)
    for i, j in np.ndindex(4, 5):
        release = iie.Linear(W[i, j], noise=N)
        assert together[i, j] == pytest.approx(iie.ideal_inversion_error(S, release).total)
        assert stacked[1, i, j] == pytest.approx(iie.ideal_inversion_error(2 * S, W[i, j]).total)


def finite_differences(function, A, h=1e-5):
    """d function / d A, by central differences."""
    gradient = np.zeros_like(A)
    for place in np.ndindex(A.shape):
        step = np.zeros_like(A)
        step[place] = h
        gradient[place] = (function(A + step) - function(A - step)) / (2 * h)
    return gradient


def numerical_gradients(S, W, N):
    """With respect to S, W and N; N = None has none."""
    parts = [
        finite_differences(lambda A: formula.inversion_error(A, W, N), S),
        finite_differences(lambda A: formula.inversion_error(S, A, N), W),
    ]
    if N is not None:
        parts.append(finite_differences(lambda A: formula.inversion_error(S, W, A), N))
    return parts


@pytest.fixture
def double_jax():
    import jax

    with jax.enable_x64(True):
        yield jax


@pytest.mark.parametrize("noisy", [False, True])
def test_jax_compiles_vectorises_and_differentiates_it(noisy, double_jax):
    jax = double_jax
    S, W, N = instance(2)
    arrays = (S, W, N) if noisy else (S, W)
    value = jax.jit(formula.inversion_error)(*arrays)
    assert float(value) == pytest.approx(formula.inversion_error(*arrays), rel=1e-12)
    gradients = jax.jit(jax.grad(formula.inversion_error, argnums=tuple(range(len(arrays)))))
    expected = numerical_gradients(S, W, N if noisy else None)
    for ours, theirs in zip(gradients(*arrays), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    stack = np.stack([W, 2 * W, -W])
    mapped = jax.vmap(formula.inversion_error, in_axes=(None, 0))(S, stack)
    np.testing.assert_allclose(mapped, formula.inversion_error(S, stack), rtol=1e-12)
    moved = jax.vmap(jax.grad(formula.inversion_error, argnums=1), in_axes=(None, 0))(S, stack)
    # The error depends on the row space only: in a longer row the same step turns it less.
    np.testing.assert_allclose(moved[1], moved[0] / 2, atol=1e-12)


@pytest.mark.parametrize("noisy", [False, True])
def test_pytorch_differentiates_it(noisy):
    torch = pytest.importorskip("torch")
    S, W, N = instance(2)
    arrays = (S, W, N) if noisy else (S, W)
    tensors = [torch.tensor(A, requires_grad=True) for A in arrays]
    value = formula.inversion_error(*tensors)
    value.backward()
    assert float(value.detach()) == pytest.approx(formula.inversion_error(*arrays), rel=1e-12)
    expected = numerical_gradients(S, W, N if noisy else None)
    for tensor, theirs in zip(tensors, expected, strict=True):
        np.testing.assert_allclose(tensor.grad.numpy(), theirs, atol=1e-6)
    stack = torch.tensor(np.stack([W, 2 * W]))
    errors = torch.vmap(lambda A: formula.inversion_error(tensors[0].detach(), A))(stack)
    np.testing.assert_allclose(errors, formula.inversion_error(S, stack.numpy()), rtol=1e-12)


def test_descending_the_gradient_finds_the_most_leaking_filter(double_jax):
    jax = double_jax
    S, W, _ = instance(3)
    step = jax.jit(jax.grad(formula.inversion_error, argnums=1))
    for _ in range(3000):
        W = np.asarray(W - 0.05 * step(S, W))
    eigenvalues = np.linalg.eigvalsh(S)
    assert formula.inversion_error(S, W) == pytest.approx(eigenvalues[:3].sum(), rel=1e-3)


def test_the_theory_loads_neither_jax_nor_pytorch():
    code = "import sys, iie; iie.inversion_errors([[1.0]], [[[1.0]]]);"
    code += "sys.exit(bool({'jax', 'torch', 'scipy.stats', 'sklearn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
