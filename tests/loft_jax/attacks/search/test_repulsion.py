"""Boundary repulsion against what geometry says of a ball in four dimensions."""

import numpy as np
import pytest
from scipy import integrate, special

from loft_jax.attacks.search.repulsion import (
    Balls,
    Repulsion,
    beginning,
    directions,
    repelled,
    settled,
)

DIMENSION, BALL = 4, 1.5
MANY = 4096


def density(cosine):
    """Of one coordinate of a uniform unit vector."""
    d = DIMENSION
    return (1 - cosine**2) ** ((d - 3) / 2) / special.beta((d - 1) / 2, 0.5)


def beyond(distance, radius, power):
    """E[cos^power; outside] by quadrature: a point R d of z is outside from this cosine on."""
    least = (BALL**2 - distance**2 - radius**2) / (2 * distance * radius)
    least = np.clip(least, -1, 1)
    return integrate.quad(lambda c: c**power * density(c), least, 1)[0]


def inside(points):
    return np.linalg.norm(points, axis=-1) < BALL


def step(rule, rng, balls):
    towards = directions(rng, len(balls.radii), rule.points, DIMENSION)
    named = inside(balls.centres[:, None] + balls.radii[:, None, None] * towards)
    moved = repelled(rule, balls, towards, named)
    return settled(rule, balls, moved, named, inside(moved)), moved


def test_directions_are_uniform_unit_vectors():
    drawn = directions(np.random.default_rng(0), 1, MANY, DIMENSION)[0]
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=1), 1)
    for power in (1, 2, 4):
        exact = integrate.quad(lambda c, p=power: c**p * density(c), -1, 1)[0]
        found = drawn[:, 0] ** power
        assert found.mean() == pytest.approx(exact, abs=5 * found.std() / np.sqrt(MANY))


@pytest.mark.parametrize(("distance", "radius"), [(1.2, 2.0), (0.7, 1.0), (0.3, 1.4)])
def test_a_move_is_the_part_of_the_sphere_outside_the_class(distance, radius):
    rule = Repulsion(points=MANY, radius=radius, box=9.0)
    centre = distance * np.eye(DIMENSION)[:1]
    _, moved = step(rule, np.random.default_rng(1), beginning(rule, centre))
    gone = distance - moved[0, 0]
    exact = radius / 3 * beyond(distance, radius, 1)
    error = radius / 3 * np.sqrt(beyond(distance, radius, 2) / MANY)
    assert gone == pytest.approx(exact, abs=5 * error)
    assert exact > 10 * error  # so that the test can fail


def test_the_middle_of_the_class_is_found_at_the_rate_that_geometry_says():
    rule = Repulsion(points=MANY, radius=1.0, box=9.0)
    rng, distance, radius, variance = np.random.default_rng(2), 1.4, 1.0, 0.0
    balls = beginning(rule, distance * np.eye(DIMENSION)[:1])
    for _ in range(25):
        share = 1 - beyond(distance, radius, 0)
        variance += (radius / 3) ** 2 * beyond(distance, radius, 2) / MANY
        distance -= radius / 3 * beyond(distance, radius, 1)
        radius *= rule.growth if 2 * share - 1 > rule.agreement else 1
        balls, _ = step(rule, rng, balls)
        error = np.sqrt(variance)  # of all steps so far, at most
        assert np.linalg.norm(balls.centres[0]) == pytest.approx(distance, abs=5 * error)
        assert balls.radii[0] == pytest.approx(radius)
    assert distance < 0.2  # near the middle, from near the boundary
    assert error < 0.02


def test_few_points_find_it_too_and_a_box_holds_them():
    rule = Repulsion(radius=1.0)
    rng = np.random.default_rng(3)
    starts = 1.3 * directions(rng, 1, 64, DIMENSION)[0]
    balls = beginning(rule, starts)
    for _ in range(60):
        balls, _ = step(rule, rng, balls)
    assert np.all(inside(balls.centres))
    assert np.linalg.norm(balls.centres, axis=1).mean() < 0.5
    _, moved = step(Repulsion(box=0.1), rng, balls)
    assert np.abs(moved).max() <= 0.1


def test_who_left_the_class_is_put_back_and_growth_is_of_more_than_seven_of_eight():
    rule = Repulsion(points=32)
    balls = Balls(np.zeros((3, 2)), np.full(3, 2.0), np.array([4, 4, 4]))
    named = np.arange(32)[None] < np.array([[28], [29], [0]])
    after = settled(rule, balls, np.ones((3, 2)), named, np.array([True, True, False]))
    np.testing.assert_array_equal(after.centres, [[1, 1], [1, 1], [0, 0]])
    np.testing.assert_allclose(after.radii, [2.0, 2.6, 2.0])
    np.testing.assert_array_equal(after.idle, [5, 0, 5])


def test_the_longest_move_is_three():
    rule = Repulsion(points=1, radius=100.0, box=99.0)
    towards = np.array([[[1.0, 0.0]]])
    moved = repelled(rule, beginning(rule, np.zeros((1, 2))), towards, np.array([[False]]))
    np.testing.assert_allclose(moved, [[-3.0, 0.0]])
