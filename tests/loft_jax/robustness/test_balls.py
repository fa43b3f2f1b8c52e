"""Pictures near a picture: constrained optimisation by SciPy, and by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

from loft_jax.robustness.balls import anywhere, projected, steepest


def pictures(seed, n=4, shape=(2, 2, 1)):
    """Some numbers at the edges of [0, 1], as faces have them."""
    drawn = np.random.default_rng(seed).random((n, *shape)) * 1.6 - 0.3
    return np.clip(drawn, 0, 1).astype(np.float32)


@pytest.mark.parametrize("strength", [0.05, 0.3, 5.0])
def test_l2_projection_is_the_nearest_allowed_picture(strength):
    centre = pictures(0)
    moved = centre + np.random.default_rng(1).normal(size=centre.shape).astype(np.float32)
    found = projected("l2", jnp.asarray(moved), jnp.asarray(centre), strength)
    for got, point, middle in zip(np.asarray(found), moved, centre, strict=True):
        middle = middle.ravel().astype(np.float64)
        near = {"type": "ineq", "fun": lambda x, m=middle: strength**2 - np.sum((x - m) ** 2)}
        best = minimize(
            lambda x, p=point: np.sum((x - p.ravel()) ** 2), middle, bounds=[(0, 1)] * 4,
            constraints=[near], method="SLSQP", options={"ftol": 1e-12},
        )  # fmt: skip
        assert best.success
        np.testing.assert_allclose(got.ravel(), best.x, atol=2e-4)


def test_linf_projection_moves_each_number_to_its_own_interval():
    centre, moved = np.array([0.0, 0.5, 0.95]), np.array([-1.0, 0.9, 1.2])
    found = projected("linf", *(jnp.asarray(x.reshape(1, 1, 3, 1)) for x in (moved, centre)), 0.1)
    np.testing.assert_allclose(np.asarray(found).ravel(), [0, 0.6, 1.0], rtol=1e-6)


@pytest.mark.parametrize(("norm", "order"), [("linf", 1), ("l2", 2)])
def test_the_steepest_change_gains_the_dual_norm(norm, order):
    slope = np.random.default_rng(2).normal(size=(3, 2, 2, 1)).astype(np.float32)
    gained = np.sum(slope * np.asarray(steepest(norm, jnp.asarray(slope))), axis=(1, 2, 3))
    np.testing.assert_allclose(
        gained, [np.linalg.norm(one.ravel(), order) for one in slope], rtol=1e-5
    )
    assert not np.asarray(steepest(norm, jnp.zeros((1, 2, 2, 1)))).any()


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_starts_are_allowed_apart_and_as_far_as_they_may_be(norm):
    centre = jnp.full((200, 4, 4, 1), 0.5)
    keys = jax.random.split(jax.random.key(0), 200)
    away = np.asarray(anywhere(norm, keys, centre, 0.2) - centre).reshape(200, -1)
    assert len(np.unique(away[:, 0])) == 200
    if norm == "l2":
        np.testing.assert_allclose(np.linalg.norm(away, axis=1), 0.2, rtol=1e-5)
    else:  # uniform in [-0.2, 0.2]: variance 0.04 / 3, kurtosis 1.8, so its standard error is
        error = 0.04 / 3 * np.sqrt(0.8 / away.size)
        assert np.abs(away).max() <= 0.2 + 1e-7
        assert np.mean(away**2) == pytest.approx(0.04 / 3, abs=4 * error)
    edge = np.asarray(anywhere(norm, keys, jnp.zeros((200, 4, 4, 1)), 0.2))
    assert edge.min() == 0
