"""Experts learn what a known law of scores is, and their climb ends where its best point is."""

import jax
import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.special import log_softmax

from loft_jax.attacks.parts.experts import Teaching, surest, taught

Z, C, N = 6, 4, 1024
W = np.random.default_rng(1).normal(size=(Z, C))


def said(points):
    return log_softmax(points @ W, axis=1)


@pytest.fixture(scope="module")
def experts():
    points = np.random.default_rng(2).normal(size=(N, Z)).astype(np.float32)
    teaching = Teaching(experts=2, epochs=30, learning_rate=1e-2)
    return taught(points, said(points).astype(np.float32), jax.random.key(0), teaching)


def climbed(experts, label, law=0.0, reach=1.5):
    starts = np.random.default_rng(3).normal(size=(4, Z)).astype(np.float32).clip(-reach, reach)
    return np.asarray(
        surest(
            experts.graph, experts.params, starts, label, steps=100, rate=0.1, reach=reach, law=law
        )
    )


def margin(points, label):
    logs = said(points)
    return logs[:, label] - np.delete(logs, label, 1).max(1)


def test_their_climb_gains_nearly_all_that_the_target_itself_can_give(experts):
    for label in range(2):
        # The largest t with t <= (w_label - w_j) x for all others, |x| <= 1.5: a linear program.
        ahead = (W[:, [label]] - np.delete(W, label, 1)).T
        box = [(-1.5, 1.5)] * Z + [(None, None)]
        upper = np.hstack([-ahead, np.ones((C - 1, 1))])
        most = -linprog([*[0] * Z, -1], upper, np.zeros(C - 1), bounds=box).fun
        assert margin(climbed(experts, label), label).min() > 0.9 * most
        assert np.abs(climbed(experts, label)).max() <= 1.5


def test_a_law_keeps_points_likely(experts):
    free, kept = (climbed(experts, 0, law=law, reach=9.0) for law in (0.0, 1.0))
    assert np.linalg.norm(kept, axis=1).max() < 0.5 * np.linalg.norm(free, axis=1).min()


def test_experts_differ_and_the_same_key_gives_the_same(experts):
    kernels = experts.params["line"]["kernel"][...]
    assert kernels.shape == (2, Z, C)
    assert np.abs(kernels[0] - kernels[1]).max() > 1e-3
    points = np.random.default_rng(2).normal(size=(N, Z)).astype(np.float32)
    teaching = Teaching(experts=2, epochs=30, learning_rate=1e-2)
    again = taught(points, said(points).astype(np.float32), jax.random.key(0), teaching)
    np.testing.assert_array_equal(again.params["line"]["kernel"][...], kernels)
