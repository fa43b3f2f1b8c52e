"""Weiss-Weinstein by directions: sums, chosen directions, singular priors, far steps."""

import numpy as np
import pytest
from grid_truth import weiss_weinstein

import iie

RNG = np.random.default_rng(5)
U = RNG.standard_normal((8000, 2))
SURE = 0.9999


def sine(u):
    return np.sin(3 * u[:, :1])


def test_a_direction_that_is_not_released_counts_in_full():
    bound = iie.weiss_weinstein_bound(np.eye(2), sine, 0.04, samples=U)
    one = weiss_weinstein(lambda x: np.sin(3 * x), 0.2)
    assert bound.total == pytest.approx(1 + one, rel=0.01)
    assert bound.per_coordinate == bound.total / 2


def test_directions_are_chosen_and_rotate_with_the_release():
    c, s = np.cos(0.7), np.sin(0.7)
    V = np.array([[c, s], [-s, c]])
    turned = iie.weiss_weinstein_bound(
        np.eye(2), lambda u: sine(u @ V.T), 0.04, samples=U, directions=V
    )
    straight = iie.weiss_weinstein_bound(np.eye(2), sine, 0.04, samples=U @ V.T)
    assert turned.total == pytest.approx(straight.total, rel=0.01)
    half = iie.weiss_weinstein_bound(
        np.eye(2), lambda u: sine(u @ V.T), 0.04, samples=U, directions=V[1:]
    )
    assert half.total == pytest.approx(1.0, abs=1e-6)


def test_units_of_the_prior_scale_the_bound():
    S = np.diag([4.0, 0.25])
    x = U * [2.0, 0.5]
    bound = iie.weiss_weinstein_bound(S, lambda x: sine(x / [2.0, 0.5]), 0.04, samples=x)
    one = weiss_weinstein(lambda x: np.sin(3 * x), 0.2)
    assert bound.total == pytest.approx(4 * one + 0.25, rel=0.01)
    assert bound.relative == bound.total / 4.25
    oblique = np.array([[0.6, 0.8]])
    # Nothing is released: the error along v given nothing, but by steps it is 1 / (v^T S^-1 v).
    nothing = iie.weiss_weinstein_bound(
        S, lambda x: np.zeros((len(x), 1)), 1.0, samples=x, directions=oblique
    )
    assert nothing.total == pytest.approx(1 / (0.36 / 4 + 0.64 / 0.25), rel=1e-2)
    assert nothing.total < 0.36 * 4 + 0.64 * 0.25


def test_a_singular_prior_leaves_its_flat_directions_out():
    x = np.concatenate([U[:, :1], np.zeros((len(U), 1))], axis=1)
    bound = iie.weiss_weinstein_bound(np.diag([1.0, 0.0]), sine, 0.04, samples=x)
    assert bound.total == pytest.approx(weiss_weinstein(lambda x: np.sin(3 * x), 0.2), rel=0.01)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"prior": iie.StudentT(np.eye(2), 5)}, "`prior` must be Gaussian for this bound"),
        ({"directions": [[1.0, 1.0]]}, "`directions` must be orthonormal rows of length 2"),
        ({"directions": [[1.0]]}, "`directions` must be orthonormal rows of length 2"),
        ({"samples": U[:30]}, "`samples` must be at least 40"),
        ({"samples": 3 * U}, "`samples` must be draws of `prior`"),
        ({"samples": U + 1}, "`samples` must be draws of `prior`"),
        # The right mean square, but not about the mean.
        ({"samples": (U + 1) * 0.5**0.5}, "`samples` must be draws of `prior`"),
        ({"release": lambda u: u[:1]}, "`releases` must have one row for each"),
        ({"release": lambda u: u * np.nan}, "`releases` must be finite"),
    ],
)
def test_bad_input_is_one_sentence(flags, message):
    given = {"prior": np.eye(2), "release": sine, "noise": 0.1, "samples": U, **flags}
    prior, release, noise = (given.pop(name) for name in ("prior", "release", "noise"))
    with pytest.raises(ValueError, match=message):
        iie.weiss_weinstein_bound(prior, release, noise, **given)
