"""Projections against a brute-force search for the nearest point of the set."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from loft_jax.attacks.parts.projections import Box, Free, L1Ball, L2Ball, Spread, unsquash
from loft_jax.attacks.parts.public import PublicFacts

RNG = np.random.default_rng(0)
ROWS, CENTRE = 2 * RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4))
PUBLIC = PublicFacts(
    jnp.asarray(RNG.normal(1.0, 2.0, size=(50, 4))), jnp.zeros(1), jnp.zeros((1, 1))
)


def nearest(row, constraints, start):
    found = optimize.minimize(
        lambda x: np.sum((x - row) ** 2), start, constraints=constraints, method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )  # fmt: skip
    return found.x


def in_l2(centre, radius):
    return {"type": "ineq", "fun": lambda x: radius**2 - np.sum((x - centre) ** 2)}


def in_l1(centre, radius):
    """|x - c|_1 <= r as its 16 linear faces."""
    signs = np.array(np.meshgrid(*[[-1, 1]] * 4)).reshape(4, -1).T
    return {"type": "ineq", "fun": lambda x: radius - signs @ (x - centre)}


def test_the_l2_ball_round_a_centre_gives_its_nearest_point():
    got = L2Ball(0.8)(jnp.asarray(ROWS), jnp.asarray(CENTRE), PUBLIC)
    expected = [nearest(r, in_l2(c, 0.8), c) for r, c in zip(ROWS, CENTRE, strict=True)]
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_the_l1_ball_round_a_centre_gives_its_nearest_point():
    # a reach of 0.3 a number is a radius of 1.2 in four dimensions
    got = L1Ball(0.3)(jnp.asarray(ROWS), jnp.asarray(CENTRE), PUBLIC)
    expected = [nearest(r, in_l1(c, 1.2), c) for r, c in zip(ROWS, CENTRE, strict=True)]
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_the_l1_ball_takes_hidden_pictures_row_by_row():
    rows = jnp.asarray(ROWS.reshape(3, 2, 2, 1))
    got = L1Ball(0.3)(rows, jnp.asarray(CENTRE.reshape(3, 2, 2, 1)), PUBLIC)
    flat = L1Ball(0.3)(jnp.asarray(ROWS), jnp.asarray(CENTRE), PUBLIC)
    np.testing.assert_allclose(got.reshape(3, 4), flat, rtol=1e-6)


def test_the_box_clips_on_both_sides():
    got = Box(-1.0, 0.5)(jnp.asarray(ROWS), jnp.asarray(CENTRE), PUBLIC)
    np.testing.assert_allclose(got, np.minimum(np.maximum(ROWS, -1), 0.5), rtol=1e-6)


def test_p_space_bounds_hold_on_both_sides():
    def to_p(w):
        return np.where(w < 0, 5 * w, w)

    mean, spread = to_p(PUBLIC.latents).mean(0), to_p(PUBLIC.latents).std(0)
    far = np.stack([np.full(4, 100.0), np.full(4, -100.0), np.zeros(4)])
    got = to_p(Spread(1.0, 5.0)(jnp.asarray(far), jnp.asarray(far), PUBLIC))
    np.testing.assert_allclose(got[0], mean + spread, rtol=1e-4)
    np.testing.assert_allclose(got[1], mean - spread, rtol=1e-4)
    np.testing.assert_allclose(got[2], np.clip(0, mean - spread, mean + spread), atol=1e-5)


def test_p_space_is_undone_by_the_inverse_slope():
    np.testing.assert_allclose(unsquash(unsquash(jnp.asarray(ROWS), 5.0), 0.2), ROWS, rtol=1e-5)


@pytest.mark.parametrize(
    "projection", [Free(), Box(-1.0, 0.5), L2Ball(0.8), L1Ball(0.3), Spread(1.0, 5.0)]
)
def test_projecting_twice_is_projecting_once(projection):
    once = projection(jnp.asarray(ROWS), jnp.asarray(CENTRE), PUBLIC)
    twice = projection(once, jnp.asarray(CENTRE), PUBLIC)
    np.testing.assert_allclose(twice, once, atol=1e-5)


def test_points_inside_stay_where_they_are():
    inside = jnp.asarray(CENTRE) + 0.01
    for projection in (L2Ball(0.8), L1Ball(0.3)):
        got = jax.jit(projection)(inside, jnp.asarray(CENTRE), PUBLIC)
        np.testing.assert_allclose(got, inside, rtol=1e-6)
